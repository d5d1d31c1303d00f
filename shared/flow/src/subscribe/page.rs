//! Part of a source, as a session gets it: pulled from there, or told without asking.

use edgefold_kernel::{Envelope, Timestamp, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Source;

/// The events between two cursors of a source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    /// It begins after this cursor …
    pub after: u64,
    /// … and ends with this one.
    pub through: u64,
    /// Head of the source.
    pub head: u64,
    /// Its events, ascending, each with its cursor. Cursors without an event do not concern this session.
    pub events: Vec<(u64, Envelope)>,
    /// For a stream: where a fold over these events begins.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fold: Option<Fold>,
}

/// The state of a stream at some version, so that the events of a page can be folded on from there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fold {
    /// The version: that before the page, or, when the page holds the stream's last event alone, that of this event. Then
    /// the state is at hand, and nothing is read to make an older one.
    pub at: Version,
    /// The state.
    pub state: Value,
    /// Instant of the stream's first event.
    pub began: Timestamp,
}

/// The message of a source to a session that follows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// The source.
    pub source: Source,
    /// Head of the source.
    pub head: u64,
    /// The new events for this session, as many as one page takes. Left out when the session has to pull them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page: Option<Page>,
}
