//! Tools for tests.
//!
//! # Layout
//!
//! | room | what it is for |
//! |---|---|
//! | [`scenario`] | given / when / then for the rules of one aggregate; a failure points at the caller's line |
//! | [`cast`] | the principals of the policy tests |
//! | `plain` | types of tests that do not say what they are |
//! | [`samples`] | values that are right for a shape, and values just outside it |
//! | [`memory`] | the storage port in memory |
//! | [`kept`] | the storage port of a journal in memory |
//! | [`bus`] | the ways in which a queue may bring messages |
//! | [`journal`] | the journals in memory, with what can go wrong with them |
//! | `object` | an instance with its type erased |
//! | [`simulator`] | whole instances over such a queue and such journals, all from one seed |
//! | [`older`] | … the code of an earlier release, which runs beside that of today |
//! | `telling` | … how events come to the journals |
//! | `alarm` | … what an object does by itself: it publishes, sends again, and tries what is held back |
//! | `delivery` | … how messages come to the objects |
//! | `trouble` | … what fails, and what an administrator does about it |

// This crate's functions panic on purpose: a failed assertion is their result.
#![allow(clippy::panic, clippy::expect_used, clippy::indexing_slicing)]

pub mod scenario;
pub mod cast;
mod plain;
pub mod samples;
pub mod memory;
pub mod kept;
pub mod bus;
pub mod journal;
mod object;
pub mod simulator;
pub mod older;
mod telling;
mod alarm;
mod delivery;
mod trouble;

pub use bus::{WAYS, Way};
pub use cast::who;
pub use journal::Journal;
pub use kept::MemoryJournal;
pub use memory::MemoryStorage;
pub use older::{Older, Release};
pub use scenario::{Given, given, state_after};
pub use simulator::Simulator;
