//! The terms of the field: what every aggregate shares, and no word of any domain.
//!
//! # Layout
//!
//! | room | what it is for |
//! |---|---|
//! | [`limits`] | every limit, with the platform's figure beside it |
//! | [`fault`] | a failure: we caused it; retryable or not |
//! | [`rejection`] | a refusal: the caller caused it; with a stable code |
//! | [`value`] | identifiers, dates, instants, amounts and texts that are checked when they are read |
//! | [`principal`] | the caller, its role, and the rows that it may list |
//! | [`command`] | the commands of an aggregate |
//! | [`event`] | the events of an aggregate, with stored names, schema versions and upcasting |
//! | [`envelope`] | an event with its place in a stream, and its CloudEvents wire form |
//! | [`foreign`] | the states of foreign streams that a decision rests on |
//! | [`aggregate`] | the pure heart: `decide` and `evolve` |
//! | `schema` | the printed JSON Schemas; for tests only |
//!
//! **Invariant:** nothing in here knows a clock, a source of randomness, storage, a network, or Workers.

pub mod limits;
pub mod fault;
pub mod rejection;
pub mod value;
pub mod principal;
pub mod command;
pub mod event;
pub mod envelope;
pub mod foreign;
pub mod aggregate;
#[cfg(feature = "schema")]
pub mod schema;

pub use aggregate::{Aggregate, Context, Decision};
pub use command::CommandSet;
pub use envelope::{Envelope, Metadata, StreamId};
pub use event::EventSet;
pub use fault::Fault;
pub use foreign::{Foreign, ForeignState};
pub use principal::{Principal, Role, RoleKind, Scope, Subject};
pub use rejection::{Failure, Kind, Rejection};
pub use value::{Amount, Date, Id, Text, Timestamp};

/// Place of an event in its stream, and the number of events in it: 1, 2, 3 … without gaps; 0 is the empty stream.
///
/// JavaScript holds it as a double, so it stays below 2^53; a stream is full long before that.
pub type Version = u64;

#[doc(hidden)]
pub mod __private {
    pub use serde_json;
}

/// A list of types, `(A, (B, ()))`.
#[doc(hidden)]
#[macro_export]
macro_rules! __types {
    () => { () };
    ($first:ty $(, $rest:ty)*) => { ($first, $crate::__types!($($rest),*)) };
}
