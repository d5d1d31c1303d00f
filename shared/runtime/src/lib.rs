//! The only crate that touches Workers: it gives the pure steps of `flow` their storage, their clock and their network.
//!
//! # Layout
//!
//! | room | what runs there |
//! |---|---|
//! | [`platform`] | the parts of Workers that every room uses |
//! | [`door`] | the common work of all doors |
//! | [`journal`] | the journal's object |
//! | [`bus`] | the consumer of the queues |
//! | [`object`] | the aggregate's object |
//! | [`session`] | the class of GraphQL sessions |
//! | [`script`] | requests from outside |
//!
//! **Invariant:** a room imports only rooms that stand above it in this list; `shared/testing/tests/rooms` checks it.
//!
//! **Invariant:** no business rule, no routing decision and no protocol step lives here; they are data from `flow`.

pub mod platform;
pub mod door;
pub mod journal;
pub mod bus;
pub mod object;
pub mod session;
pub mod script;

/// The allocator of scripts. A command makes a few hundred small values: what comes with std takes twice as long for them.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

pub use edgefold_flow as flow;
pub use journal::Journal;
pub use object::{AggregateObject, Host};
pub use serde_json::Value as Json;
pub use session::Session;
