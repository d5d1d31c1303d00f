//! The session of one GraphQL websocket: `graphql-transport-ws`, and subscriptions that resume.
//!
//! Source: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.
//!
//! | room | what it is for |
//! |---|---|
//! | [`message`] | what a client says, what it is answered, and the close codes |
//! | [`connection`] | the protocol as a state machine: what was heard or found goes in, what to do comes out |
//! | `attachment` | what of it survives hibernation |
//! | [`operation`] | what a client asked for, and where a subscription gets its events from |
//! | [`page`] | part of a source, as a session gets it |
//! | [`followers`] | who follows a source, and how far each of them was told |
//!
//! A session follows the sources of its subscriptions: streams, and whole categories. A source **tells** its followers how
//! far it has come, with what is new if that fits; telling may be lost, doubled or reordered, since a session knows how far
//! each of its operations has come and **pulls** what it lacks. So an event costs no row on its way, and nothing is missed.

pub mod message;
pub mod connection;
mod attachment;
pub mod operation;
pub mod page;
pub mod followers;

pub use connection::{Action, Connection, Input};
pub use followers::Followers;
pub use message::{Close, PROTOCOL, Said};
pub use operation::{Operation, Source};
pub use page::{Fold, Page, Told};
