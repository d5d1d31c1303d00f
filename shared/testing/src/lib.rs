//! What tests are written with.
//!
//! # Layout
//!
//! | room | what it is for |
//! |---|---|
//! | [`scenario`] | given / when / then for the rules of one aggregate; a failure points at the caller's line |
//! | [`cast`] | who may? the people of the policy tests |
//! | [`memory`] | the storage port in memory |
//! | [`bus`] | in which ways a bus may bring its letters |
//! | `parking` | … and where they wait that cannot be delivered |
//! | [`simulator`] | whole instances over such a bus, all from one seed |
//! | `delivery` | … how letters come to them |

// A failed assertion is what this crate is for.
#![allow(clippy::panic, clippy::expect_used, clippy::indexing_slicing)]

pub mod scenario;
pub mod cast;
pub mod memory;
pub mod bus;
mod parking;
pub mod simulator;
mod delivery;

pub use bus::{WAYS, Way};
pub use cast::who;
pub use memory::MemoryStorage;
pub use scenario::{Given, given};
pub use simulator::Simulator;
