//! The terms of the field: what every aggregate shares, and no word of any domain.
//!
//! # Layout
//!
//! | room | what it is for |
//! |---|---|
//! | [`limits`] | every limit, with the platform's figure beside it |
//! | [`fault`] | a failure: we caused it; retryable or not |
//! | [`rejection`] | a refusal: the caller caused it; with a stable code |
//! | [`codes`] | the codes with which the engine refuses commands |
//! | [`shape`] | what a type is: its fields, bounds and documentation, read off from the type itself |
//! | [`value`] | identifiers, dates, instants, amounts and texts that are checked when they are read |
//! | [`read`] | how described types are taken out of JSON |
//! | [`payload`] | what callers send, held against the shape of its type |
//! | [`principal`] | the caller, its role, and the rows that it may list |
//! | [`command`] | the commands of an aggregate |
//! | [`event`] | the events of an aggregate, with stored names, schema versions and upcasting |
//! | [`envelope`] | an event with its place in a stream, and its CloudEvents wire form |
//! | [`foreign`] | the states of foreign streams that a decision rests on |
//! | [`aggregate`] | the names of an aggregate, and what the engine asks of it |
//! | [`rules`] | what the author of an aggregate writes |
//! | `schema` | the printed JSON Schemas; for tests only |
//!
//! **Invariant:** nothing in here knows a clock, a source of randomness, storage, a network, or Workers.

// The expansions of the attribute macros name the crate; in here its tests alone use them.
#[cfg(test)]
#[allow(unused_extern_crates)]
extern crate self as edgefold_kernel;

pub mod limits;
pub mod fault;
pub mod rejection;
pub mod codes;
pub mod shape;
pub mod value;
pub mod read;
pub mod payload;
pub mod principal;
pub mod command;
pub mod event;
pub mod envelope;
pub mod foreign;
pub mod aggregate;
pub mod rules;
#[cfg(feature = "schema")]
pub mod schema;

pub use edgefold_describe::{command, event, refusals, state, text};

pub use aggregate::{Aggregate, Context, Decider, Decision};
pub use command::CommandSet;
pub use envelope::{Envelope, Metadata, StreamId};
pub use event::EventSet;
pub use fault::Fault;
pub use foreign::{Foreign, ForeignState};
pub use principal::{Principal, Reach, Role, RoleKind, Scope, Subject};
pub use rejection::{Failure, Kind, Rejection};
pub use rules::{
    Reducer, Rules, happened, nothing, refuse, refuse_field, refuse_shape, refuse_with,
};
pub use shape::{Described, Refusals, Shape, StateShape};
pub use value::{Amount, Balance, Code, Currency, Date, Id, Text, Timestamp};

/// Place of an event in its stream, and the number of events in it: 1, 2, 3 … without gaps; 0 is the empty stream.
///
/// JavaScript holds it as a double, so it stays below 2^53; a stream is full long before that.
pub type Version = u64;

#[doc(hidden)]
pub mod __private {
    pub use serde;
    pub use serde_json;

    pub use crate::{
        payload::{read, read_stored},
        read::{Members, choice, text, within},
    };
}
