//! The session of one GraphQL websocket: `graphql-transport-ws`, and subscriptions that resume.
//!
//! Source: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.
//!
//! | room | what it is for |
//! |---|---|
//! | [`message`] | what a client says, what it is answered, and the close codes |
//! | [`operation`] | what a client asked for, and how far that has come |
//! | [`connection`] | the protocol as a state machine: what was heard or found goes in, what to do comes out |
//! | `attachment` | what of it survives hibernation |
//!
//! A session follows the sources of its subscriptions: streams, and whole categories. A source **tells** its followers how
//! far it has come, with what is new if that fits; telling may be lost, doubled or reordered, since a session knows how far
//! each of its operations has come and **pulls** what it lacks. So an event costs no row on its way, and nothing is missed.

pub mod message;
pub mod operation;
pub mod connection;
mod attachment;

pub use connection::{Action, Connection, Input};
pub use message::{Close, PROTOCOL, Said};
pub use operation::Operation;
