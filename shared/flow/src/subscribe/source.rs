//! The source of a subscription's events, and the one with which it begins.

use edgefold_kernel::{Id, StreamId};
use serde::{Deserialize, Serialize};

/// The source of a subscription's events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// One stream. Its cursor is the version.
    Stream {
        /// Stored name of the aggregate's type.
        aggregate_type: String,
        /// The instance.
        aggregate_id: Id,
    },
    /// Every stream of one aggregate type. Its cursor is the position in the journal.
    Category {
        /// Stored name of the aggregate's type.
        aggregate_type: String,
    },
}

impl Source {
    /// The source of one stream.
    pub fn stream(stream: &StreamId) -> Self {
        let StreamId { aggregate_type, aggregate_id } = stream.clone();
        Self::Stream { aggregate_type, aggregate_id }
    }
}

/// The beginning of a subscription, as its field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the first event after this cursor.
    After(u64),
    /// With the latest event, so that the current state comes at once.
    Latest,
    /// With the next new event.
    Now,
}

impl Begin {
    /// The cursor of this beginning when the source is at `head`. `None`: the named cursor is ahead of the source.
    pub fn cursor(self, head: u64) -> Option<u64> {
        match self {
            Self::After(cursor) => (cursor <= head).then_some(cursor),
            Self::Latest => Some(head.saturating_sub(1)),
            Self::Now => Some(head),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_begins_after_its_cursor_or_with_the_latest_event_or_now() {
        assert_eq!(Begin::After(0).cursor(5), Some(0));
        assert_eq!(Begin::After(5).cursor(5), Some(5));
        assert_eq!(Begin::After(6).cursor(5), None, "ahead of the source");
        assert_eq!(Begin::Latest.cursor(5), Some(4));
        assert_eq!(Begin::Latest.cursor(0), Some(0));
        assert_eq!(Begin::Now.cursor(5), Some(5));
    }
}
