//! Who may call, from where, how often and with how much. What a deployment has set enters as variables.
//!
//! | file | what it says |
//! |---|---|
//! | [`environment`] | where the script runs, and what its variables set |
//! | [`document`] | what a GraphQL document may cost |
//! | [`allowance`] | how much a caller may send at once |
//! | [`origin`] | from which pages a browser may call |
//! | [`rate`] | how often somebody may call |
//! | [`token`] | what a bearer token says, once its signature holds |
//! | [`keys`] | with which key a token must be signed |
//! | [`asker`] | on whose behalf an object is asked |

pub mod environment;
pub mod document;
pub mod allowance;
pub mod origin;
pub mod rate;
pub mod token;
pub mod keys;
pub mod asker;

pub use asker::Asker;
