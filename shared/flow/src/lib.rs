//! The way of an event, one room per step, in travelling order.
//!
//! # Layout
//!
//! | room | what it is |
//! |---|---|
//! | [`planted`] | faults that tests plant; none without a feature |
//! | [`pace`] | how long callers wait for what follows from their commands |
//! | [`door`] | the checks of callers: who, from where, how often and how much at once |
//! | [`hook`] | hooks around every decision of a deployment |
//! | [`participant`] | the part of an aggregate beside `decide` and `evolve` |
//! | [`command`] | **1** a message enters at a door |
//! | [`queued`] | … or goes by a queue, and is decided later |
//! | [`decide`] | **2** idempotency, then expected version, then the rules |
//! | [`append`] | **3** decided events become stored ones |
//! | [`publish`] | **4** stored events, and the commands that they cause, become letters on the bus |
//! | [`route`] | **5** the destinations of a letter, and its waiting place when it cannot be delivered |
//! | [`receive`] | **6** duplicates dropped, gaps named, order kept |
//! | [`journal`] | **7** the journal of a category |
//! | [`subscribe`] | **8** live events, each with a cursor |
//! | [`contract`] | the messages between the script and the objects |
//! | [`instance`] | one aggregate instance: these steps over a [`storage`](append::storage) port |
//! | [`session`] | the protocol of a GraphQL websocket |
//! | [`graphql`] | the GraphQL schema, made from the catalogue, and its door |
//! | [`admin`] | the requests of administrators, and the answers |
//! | [`prelude`] | what every file of an aggregate uses |
//!
//! **Invariant:** a room imports only rooms that stand above it in this list; `shared/testing/tests/rooms` checks it.
//!
//! **Invariant:** nothing in here knows a clock, a source of randomness, or Workers. Time and fresh ids enter as data,
//! see [`append::Stamp`].

pub mod planted;
pub mod pace;
pub mod door;
pub mod hook;
pub mod participant;
pub mod command;
pub mod queued;
pub mod decide;
pub mod append;
pub mod publish;
pub mod route;
pub mod receive;
pub mod journal;
pub mod subscribe;
pub mod contract;
pub mod instance;
pub mod session;
pub mod graphql;
pub mod admin;
pub mod prelude;

pub use append::Stamp;
pub use command::{Accepted, Message};
pub use hook::Hooks;
pub use instance::Instance;
pub use participant::{Change, Due, Errand, Participant, Route};
pub use route::Catalogue;
