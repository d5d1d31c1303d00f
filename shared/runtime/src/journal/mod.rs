//! The journal and the read models, in D1.
//!
//! | file | what it does |
//! |---|---|
//! | `category` | the followers and new events of a category are read |
//! | [`correlation`] | the events and commands that a command caused are read |

#[allow(dead_code, reason = "it goes with the subscriptions to categories")]
pub(crate) mod category;
pub mod correlation;
