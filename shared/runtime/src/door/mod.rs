//! What every door does, wherever it stands: in the script, at an aggregate's object, in a session.
//!
//! | file | what it does |
//! |---|---|
//! | `allowance` | how much callers are allowed, as it is set |
//! | [`auth`] | who calls, as the token says |
//! | `counter` | how often |
//! | [`admit`] | a message is admitted, and addressed to its instance |
//! | [`gateway`] | resolvers send commands and read models |

pub(crate) mod allowance;
pub mod auth;
pub(crate) mod counter;
pub mod admit;
pub mod gateway;
