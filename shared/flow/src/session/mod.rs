//! The session of one GraphQL websocket: `graphql-transport-ws`, and subscriptions that resume.
//!
//! Source: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.
//!
//! | room | what it is for |
//! |---|---|
//! | [`message`] | the messages of the client, the answers, and the close codes |
//! | [`operation`] | an operation of a client, and its progress |
//! | [`connection`] | the protocol as a state machine: inputs go in, actions come out |
//! | `follow` | a subscription finds its sources, and goes on in each of them |
//! | `attachment` | the part of it that survives hibernation |
//!
//! A session follows the sources of its subscriptions: streams, and the partitions of categories. A source **tells** its
//! followers its head, a stream with the new events if they fit. Telling may be lost, doubled or reordered, since a session
//! knows the place of each of its operations in each source and **pulls** missing events. So an event costs no row on its way,
//! and no event is missed.

pub mod message;
pub mod operation;
pub mod connection;
mod follow;
mod attachment;

pub use connection::{Action, Connection, Input};
pub use message::{Close, PROTOCOL, Said};
pub use operation::{Lack, Operation, Step};
