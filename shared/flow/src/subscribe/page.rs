//! Part of a source, as a session gets it: pulled from there, or told without asking.

use edgefold_kernel::{Envelope, Timestamp, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Source;
use crate::journal::{Place, RowsPage};

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
                changes: Vec::new(),
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
