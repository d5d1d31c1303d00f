//! The GraphQL door: the common parts of the aggregates' schemas, and the reading and answering of requests over HTTP.
//!
//! Refusals are data: a mutation answers `Accepted` or `Rejected`. Only faults, and queries that were refused, stand under
//! `errors`, with their code in `extensions.code`.
//!
//! # Layout
//!
//! | room | what it is for |
//! |---|---|
//! | [`gateway`] | the port through which resolvers reach commands and read models |
//! | [`scalars`] | the custom scalars |
//! | [`names`] | names that are closed sets |
//! | [`refusal`] | the entries under `errors` |
//! | [`outcome`] | the result of a command |
//! | [`mutate`] | a mutation becomes a command |
//! | [`connection`] | a page as a Relay connection |
//! | [`mod@one`] | one instance, now or then |
//! | [`list`] | the statement of a list |
//! | [`fresh`] | a list at least as new as what its caller has seen |
//! | [`mod@page`] | a page of a list |
//! | [`event`] | an event as it is shown |
//! | [`me`] | the caller |
//! | [`history`] | the history of an instance, and the result of a command |
//! | [`subscription`] | a subscription to a stream, or to a category |
//! | [`measure`] | the cost of a document, and its limits |
//! | [`root`] | the root of a subscription |
//! | [`admit`] | a request is parsed, measured and checked before it is executed |
//! | [`watch`] | the watch of a schema over documents and answers |
//! | [`http`] | GraphQL over HTTP: requests, and the form of responses |

pub mod gateway;
pub mod scalars;
pub mod names;
pub mod refusal;
pub mod outcome;
pub mod mutate;
pub mod connection;
pub mod one;
pub mod list;
pub mod fresh;
pub mod page;
pub mod event;
pub mod me;
pub mod history;
pub mod subscription;
pub mod measure;
pub mod root;
pub mod admit;
pub mod watch;
pub mod http;

use refusal::int;

pub use connection::Connection;
pub use event::{Event, Json};
pub use fresh::MinVersion;
pub use history::HistoryQuery;
pub use list::Projected;
pub use me::{Me, MeQuery};
pub use mutate::{Arguments, send};
pub use names::{AggregateType, Declares, EventType, Names, RoleName};
pub use one::{StateAt, Which, one};
pub use outcome::{Accepted, CommandResult, EventRef, Rejected};
pub use page::{List, at_least, at_most, day, eq, named, page, page_where, projected, rows_wanted};
pub use refusal::{faulted, faults, unanswered};
pub use scalars::{Amount, Date, DateTime};
pub use subscription::{EventSubscription, Feed, Subscribed, Update, subscribe, subscribe_all};
pub use watch::Watch;
