//! The checks of callers: who, from where, how often and how much at once. The settings of a deployment enter as
//! variables.
//!
//! | file | what it says |
//! |---|---|
//! | [`json`] | JSON from outside |
//! | [`header`] | the headers that a door has to understand |
//! | [`environment`] | the environment of the script, and the values of its variables |
//! | [`document`] | the limits of a GraphQL document |
//! | [`allowance`] | how much a caller may send at once |
//! | [`origin`] | the pages from which a browser may call |
//! | [`signature`] | the signatures of tokens, and the refusals of callers |
//! | [`rate`] | how often a caller may call |
//! | [`issuer`] | the issuers of tokens, and where theirs say who it is |
//! | [`token`] | the caller, as the claims of a bearer token describe it |
//! | [`keys`] | the key with which a token must be signed |
//! | [`ticket`] | a ticket for one socket |
//! | [`asker`] | the party for whom the script asks an object |

pub mod json;
pub mod header;
pub mod environment;
pub mod document;
pub mod allowance;
pub mod origin;
pub mod signature;
pub mod rate;
pub mod issuer;
pub mod token;
pub mod keys;
pub mod ticket;
pub mod asker;

pub use asker::Asker;
