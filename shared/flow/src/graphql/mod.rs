//! The GraphQL door: what the aggregates' parts of the schema share, and how a request over HTTP is read and answered.
//!
//! Refusals are data: a mutation answers `Accepted` or `Rejected`. Only faults, and queries that were refused, stand under
//! `errors`, with their code in `extensions.code`.
//!
//! # Layout
//!
//! | room | what for |
//! |---|---|
//! | [`http`] | GraphQL over HTTP: what was asked, and in which form it is answered |
//! | [`admit`] | a request is parsed, measured and checked before it is executed |
//! | [`measure`] | what a document costs, and what it may |
//! | [`root`] | what stands at the root of a subscription |
//! | [`settings`] | the limits, as they are set |
//! | [`scalars`] | the custom scalars |
//! | [`names`] | names that are closed sets |
//! | [`outcome`] | what came of a command |
//! | [`mutate`] | a mutation becomes a command |
//! | [`one`] | one instance, now or then |
//! | [`mod@page`] | a page of a list |
//! | [`connection`] | … as a Relay connection |
//! | `list` | the statement of a list |
//! | [`event`] | an event as it is shown |
//! | [`history`] | what happened to an instance, and what became of a command |
//! | [`follow`] | a subscription to a stream, or to a category |
//! | [`refusal`] | what stands under `errors` |

pub mod http;
pub mod admit;
pub mod measure;
pub mod root;
pub mod settings;
pub mod scalars;
pub mod names;
pub mod outcome;
pub mod mutate;
pub mod one;
pub mod page;
pub mod connection;
mod list;
pub mod event;
pub mod history;
pub mod follow;
pub mod refusal;

use refusal::int;

pub use connection::Connection;
pub use event::{Event, Json};
pub use follow::{EventSubscription, Feed, Followed, follow, follow_all};
pub use history::HistoryQuery;
pub use mutate::{Envelope, send};
pub use names::{AggregateType, Declares, EventType, Names, RoleName};
pub use one::{Past, Which, one_or_past};
pub use outcome::{Accepted, CommandResult, EventRef, Rejected};
pub use page::{List, day, named, page};
pub use refusal::{faulted, faults, unanswered};
pub use scalars::{Amount, Date, DateTime};
pub use settings::Settings;
