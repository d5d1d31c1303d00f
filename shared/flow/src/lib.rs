//! The way of an event, one file per step, in travelling order.
//!
//! # Layout
//!
//! | room | step |
//! |---|---|
//! | [`environment`] | where the script runs, and what its variables set |
//! | [`origin`] | from which pages a browser may call |
//! | [`rate`] | how often somebody may call |
//! | [`allowance`] | … and how much at once |
//! | [`command`] | a message enters at a door |
//! | [`decide`] | idempotency, then expected version, then the rules |
//! | [`append`] | decided events become stored ones |
//! | [`publish`] | stored events, and the commands that they cause, become messages on the bus |
//! | [`route`] | delivery rules: which instance gets which foreign event |
//! | [`park`] | … and where what cannot be delivered waits, in order |
//! | [`parcel`] | … and what one instance gets of a batch travels together |
//! | [`receive`] | duplicates dropped, gaps named, order kept |
//! | [`project`] | journal and read models |
//! | [`correlate`] | from a command to everything that it caused |
//! | [`subscribe`] | the protocol of an aggregate's native socket |
//! | [`window`] | how far a sender may be ahead of its reader |
//! | [`session`] | the protocol of a GraphQL websocket, and who follows what |
//! | [`token`] | what a bearer token says, once its signature holds |
//! | [`keys`] | with which key a token must be signed |
//! | [`participant`] | what an aggregate adds to `decide` and `evolve` to take part in all this |
//! | [`instance`] | one aggregate instance: these steps over a [`storage`] port |
//! | [`storage`] | the port that an instance keeps its events behind |
//! | [`contract`] | what the script and the objects say to each other |
//! | [`admin`] | what administrators and the script say to each other |
//! | [`gateway`] | the port through which GraphQL resolvers reach commands and read models |
//! | [`graphql`] | the words that the aggregates' parts of the GraphQL schema share |
//!
//! **Invariant:** nothing in here knows a clock, a source of randomness, or Workers. Time and fresh ids enter as data,
//! see [`append::Stamp`].

pub mod environment;
pub mod origin;
pub mod rate;
pub mod allowance;
pub mod command;
pub mod decide;
pub mod append;
pub mod publish;
pub mod route;
pub mod park;
pub mod parcel;
pub mod receive;
pub mod project;
pub mod correlate;
pub mod subscribe;
pub mod window;
pub mod session;
pub mod token;
pub mod keys;
pub mod participant;
pub mod instance;
pub mod storage;
pub mod contract;
pub mod admin;
pub mod gateway;
pub mod graphql;

pub use append::Stamp;
pub use command::{Accepted, Message};
pub use instance::Instance;
pub use participant::{Due, Participant, Request};
pub use project::Change;
pub use route::{Catalogue, Route};
