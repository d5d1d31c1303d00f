//! Step 5, **route**: which destination gets a letter.
//!
//! | file | what it says |
//! |---|---|
//! | [`catalogue`] | every aggregate type that is deployed, with its delivery rules |
//! | `admit` | a message from outside is looked up in it |
//! | [`park`] | a letter is sorted into sequences, and those that cannot be delivered wait |

pub mod catalogue;
mod admit;
pub mod park;

pub use catalogue::{Catalogue, Entry};
