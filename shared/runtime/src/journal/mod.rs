//! The journal's object: one partition of a category. It keeps what streams append, and runs the processors over it.
//!
//! | file | what it does |
//! |---|---|
//! | `sqlite` | the storage port over the object's SQLite |
//! | `ports` | the database, and the sources of events, as a runner sees them |
//! | `follow` | sessions that follow a partition are told, and given the rows that changed |
//! | `object` | the memory of the object while it is awake |
//! | `append` | what comes within a moment is committed as one transaction |
//! | `run` | the runner runs, and the alarm rings |
//! | `answers` | how far a processor is, and what it is told to do |
//! | `host` | a request of the contract reaches the object |
//! | `class` | [`journal_object!`](crate::journal_object) declares the class |
//! | [`correlation`] | the events and commands that a command caused are read |

pub(crate) mod sqlite;
mod ports;
pub(crate) mod follow;
mod object;
mod append;
mod run;
mod answers;
mod host;
mod class;
pub mod correlation;

pub use host::Journal;
