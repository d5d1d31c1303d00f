//! Part of a source, as a session gets it: pulled from there, or told without asking.

use edgefold_kernel::{Envelope, Id, Timestamp, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Source;
use crate::journal::{Place, Row};

/// Part of a source.
#[derive(Clone, Debug)]
pub enum Part {
    /// Of a stream.
    Stream(Page),
    /// Of a partition.
    Rows(RowsPage),
}

impl Part {
    /// A part without anything, of a source that has come to `place`.
    pub fn nothing(source: &Source, place: &Place) -> Self {
        let at = place.position;
        match source {
            Source::Stream { .. } => Self::Stream(Page {
                after: at,
                through: at,
                head: at,
                events: Vec::new(),
                fold: None,
            }),
            Source::Partition { .. } => Self::Rows(RowsPage {
                after: place.clone(),
                through: place.clone(),
                head: at,
                items: Vec::new(),
                pause_ms: 0,
            }),
        }
    }

    /// It ends with this place.
    pub fn through(&self) -> Place {
        match self {
            Self::Stream(page) => Place::version(page.through),
            Self::Rows(page) => page.through.clone(),
        }
    }
}

/// The rows that changed between two places of a partition, of those that a subscription asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowsPage {
    /// It begins after this place …
    pub after: Place,
    /// … and ends with this one. What lies between and is not among the items concerns this subscription not.
    pub through: Place,
    /// Position up to which the partition has come.
    pub head: u64,
    /// Ascending.
    pub items: Vec<Item>,
    /// Milliseconds that the session waits before it pulls the next page: it is far behind, and others have their turn.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub pause_ms: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(millis: &i64) -> bool {
    *millis == 0
}

/// An event of a category that concerns a subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The place behind it.
    pub at: Place,
    /// The instance.
    pub id: Id,
    /// The event; left out when it is not asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event: Option<Envelope>,
    /// The row after it, or after a later event.
    pub row: Row,
    /// True if the filter held before and does not hold any more. Then the row is not shown.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub has_left: bool,
}

/// The events between two versions of a stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    /// It begins after this version …
    pub after: u64,
    /// … and ends with this one.
    pub through: u64,
    /// Version of the stream.
    pub head: u64,
    /// Its events, ascending, each with its version.
    pub events: Vec<(u64, Envelope)>,
    /// Where a fold over these events begins.
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
    /// The new events of a stream, as many as one page takes. Left out when the session has to pull them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page: Option<Page>,
}
