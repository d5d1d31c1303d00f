//! The aggregate's object: one instance, its socket, its alarm.
//!
//! | file | what happens |
//! |---|---|
//! | `database` | the object's SQLite, and which tables it has |
//! | `ledger` | where the outcomes of commands are stored |
//! | [`sqlite`] | the storage port over the database |
//! | `pace` | the times of answers that the objects of an isolate share |
//! | `instance` | a command is decided, and its result is told |
//! | `journal` | the journal is told what is new |
//! | `alarm` | the alarm rings |
//! | `reader` | a socket is sent events, as fast as it reads |
//! | `follow` | new events are told to the sessions that follow |
//! | `foreign` | other instances are asked for the states that a decision rests on |
//! | `receive` | the bus hands over a parcel |
//! | `queued` | commands come by a queue |
//! | `held` | what is held back is tried again |
//! | `socket` | a native socket opens, speaks, closes |
//! | `host` | a request of the contract reaches the object |
//! | `class` | the class of all aggregates, and what makes the objects of one |

mod database;
mod ledger;
pub mod sqlite;
mod pace;
mod instance;
mod journal;
mod alarm;
mod reader;
mod follow;
mod foreign;
mod receive;
mod queued;
mod held;
mod socket;
mod host;
mod class;

pub use class::AggregateObject;
pub use host::Host;
