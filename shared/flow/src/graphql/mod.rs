//! The GraphQL door: the schema of a script, made from its catalogue, and the reading and answering of requests over HTTP.
//! There is no code for a single aggregate: one function for each kind of field answers it with JSON, and a projection makes
//! the answer of that.
//!
//! Refusals are data: a mutation answers `Accepted` or `Rejected`. Only faults, and queries that were refused, stand under
//! `errors`, with their code in `extensions.code`, and the field and the current version where they are known.
//!
//! # Layout
//!
//! | room | what it is for |
//! |---|---|
//! | [`gateway`] | the port through which the schema reaches commands and read models |
//! | [`refusal`] | the entries under `errors` |
//! | [`list`] | the statement of a list |
//! | [`measure`] | the cost of a document, and its limits |
//! | [`root`] | the fields at the root of an operation, each once |
//! | `selected` | the fields that an operation selects at its root |
//! | [`admit`] | a request is parsed, measured and checked before it is executed |
//! | [`watch`] | the watch of a schema over documents and answers |
//! | [`api`] | a schema as data |
//! | `registry` | … is written into the registry of async-graphql |
//! | `common` | the types that every schema has |
//! | `shapes` | the types of shapes |
//! | `describe` | the types and roots of a catalogue |
//! | `input` | arguments, as JSON |
//! | `project` | JSON becomes the answer to a selection |
//! | `show` | events, results and pages, as JSON |
//! | `page` | a page of a list |
//! | `query` | what answers a field of a query or a mutation |
//! | [`feed`] | the purpose for which a subscription's field is resolved |
//! | `subscription` | a subscription to a stream, or to a category |
//! | [`schema`] | the three roots, for async-graphql |
//! | [`events`] | GraphQL over server-sent events: what a session says, as events |
//! | [`http`] | GraphQL over HTTP: requests, and the form of responses |

pub mod gateway;
pub mod refusal;
pub mod list;
pub mod measure;
pub mod root;
mod selected;
pub mod admit;
pub mod watch;
pub mod api;
mod registry;
mod common;
mod shapes;
mod describe;
mod input;
mod project;
mod show;
mod page;
mod query;
pub mod feed;
mod subscription;
pub mod schema;
pub mod events;
pub mod http;

pub use api::Api;
pub use feed::{Feed, Subscribed};
pub use refusal::{faulted, faults, unanswered};
pub use schema::{Declares, Mutation, Query, ScriptSchema, Subscription, finished, schema};
pub use show::shown_type;
pub use subscription::follow;
pub use watch::Watch;
