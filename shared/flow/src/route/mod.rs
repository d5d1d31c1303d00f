//! Step 5, **route**: which destination gets an event.
//!
//! | file | what it says |
//! |---|---|
//! | [`catalogue`] | every aggregate type that is deployed, with its delivery rules |
//! | `admit` | a message from outside is looked up in it |

pub mod catalogue;
mod admit;

pub use admit::check_path;
pub use catalogue::{Catalogue, Entry};
