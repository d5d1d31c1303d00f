//! The bus: the queue hands letters to its consumer.
//!
//! | file | what happens |
//! |---|---|
//! | `parked` | what cannot be delivered is kept in D1 |
//! | `deliver` | what letters hold reaches its destination |
//! | `redrive` | what is parked is delivered once more |
//! | `consume` | a batch of letters is served |

pub(crate) mod parked;
pub(crate) mod deliver;
pub(crate) mod redrive;
mod consume;

pub use consume::consume;
