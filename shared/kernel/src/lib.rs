//! The words of the trade.
//!
//! # Layout
//!
//! | room | what it is for |
//! |---|---|
//! | [`limits`] | every bound, with the platform's figure beside it |
//! | [`fault`] | a failure: ours, retryable or not |
//! | [`rejection`] | a refusal: the caller's doing, with a stable code |
//! | [`value`] | identifiers, dates, instants, amounts and texts that are checked when they are read |
//! | [`principal`] | who asks, in which role, and how much it sees |
//! | [`command`] | what may be asked of an aggregate |
//! | [`event`] | what may have happened, its stored names, schema versions and upcasting |
//! | [`envelope`] | an event with its place in a stream, and its CloudEvents wire form |
//! | [`foreign`] | what an instance remembers of foreign streams |
//! | [`aggregate`] | the pure heart: `decide` and `evolve` |
//! | `fold` | what is remembered of a foreign stream is folded |
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
mod fold;
#[cfg(feature = "schema")]
pub mod schema;

pub use aggregate::{Aggregate, Context, Decision};
pub use command::CommandSet;
pub use envelope::{Envelope, Metadata, StreamId};
pub use event::EventSet;
pub use fault::Fault;
pub use foreign::{Foreign, ForeignStream, Snapshot};
pub use principal::{Principal, Role, RoleKind, Scope};
pub use rejection::{Failure, Kind, Rejection};
pub use value::{Amount, Date, Id, Text, Timestamp};

/// Place of an event in its stream, and the number of events in it: 1, 2, 3 … without gaps; 0 is the empty stream.
///
/// Crosses into JavaScript as a double, so it stays below 2^53; a stream is full long before that.
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
