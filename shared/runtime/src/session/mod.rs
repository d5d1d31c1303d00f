//! The class of GraphQL sessions. One object of it holds a socket; others, under names of their own, count the sockets of a
//! principal.
//!
//! | file | what happens |
//! |---|---|
//! | `object` | the memory of an object of this class while it is awake |
//! | `kept` | the documents of a session's subscriptions are kept until its socket is gone |
//! | `seats` | the sockets of a principal are counted |
//! | `tickets` | the tickets of a principal are remembered, and taken once |
//! | `apart` | how queued commands of a principal ended whose instances do not keep that |
//! | `source` | the sources of subscriptions are followed, read and left |
//! | `operation` | an operation of a socket is run |
//! | `expect` | a subscription waits for an instance that there is not yet |
//! | `awaited` | the subscriptions of a principal that wait are counted |
//! | `socket` | a socket opens, speaks, closes; a source tells it of new events |
//! | `host` | a request of the contract reaches an object of this class |
//! | `class` | [`session_object!`](crate::session_object) declares the class |

mod object;
mod kept;
mod seats;
mod tickets;
mod apart;
mod source;
mod operation;
mod expect;
mod awaited;
mod socket;
mod host;
mod class;

pub use host::Session;
pub use object::Execute;
