//! Values that are checked when they are read, and are valid from then on.

mod id;
mod date;
mod timestamp;
mod amount;
mod balance;
mod text;
mod code;
mod currency;

pub use amount::Amount;
pub use balance::Balance;
pub use code::Code;
pub use currency::Currency;
pub use date::Date;
pub use id::Id;
pub use text::Text;
pub use timestamp::Timestamp;
