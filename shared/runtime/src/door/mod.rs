//! The common work of all doors: in the script, at an aggregate's object, in a session.
//!
//! | file | what it does |
//! |---|---|
//! | `allowance` | the limits of callers, as the deployment has set them |
//! | [`auth`] | the caller, as the token names it |
//! | `counter` | the count of its requests |
//! | [`admit`] | a message is admitted, and addressed to its instance |
//! | [`gateway`] | resolvers send commands and read models |

pub(crate) mod allowance;
pub mod auth;
pub(crate) mod counter;
pub mod admit;
pub mod gateway;
