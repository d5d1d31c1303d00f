//! Tools for tests.
//!
//! # Layout
//!
//! | room | what it is for |
//! |---|---|
//! | [`scenario`] | given / when / then for the rules of one aggregate; a failure points at the caller's line |
//! | [`cast`] | the principals of the policy tests |
//! | [`memory`] | the storage port in memory |
//! | [`bus`] | the ways in which a bus may deliver letters |
//! | `parking` | … and those that cannot be delivered wait |
//! | [`simulator`] | whole instances over such a bus, all from one seed |
//! | `delivery` | … how letters come to them |

// This crate's functions panic on purpose: a failed assertion is their result.
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
pub use scenario::{Given, given, state_after};
pub use simulator::Simulator;
