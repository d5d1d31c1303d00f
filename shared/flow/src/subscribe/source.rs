//! What a subscription follows: the sources of its events, and where it begins in each.

use edgefold_kernel::{Id, StreamId};
use serde::{Deserialize, Serialize};

use crate::{
    journal::{Partitions, Place},
    participant::RowFilter,
};

/// A source of a subscription's events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// One stream. The place in it is the version.
    Stream {
        /// Stored name of the aggregate's type.
        aggregate_type: String,
        /// The instance.
        aggregate_id: Id,
    },
    /// One partition of a category's journal.
    Partition {
        /// Stored name of the aggregates' type.
        aggregate_type: String,
        /// Number of the partition, from 0.
        partition: u16,
    },
}

impl Source {
    /// The source of one stream.
    pub fn stream(stream: &StreamId) -> Self {
        let StreamId { aggregate_type, aggregate_id } = stream.clone();
        Self::Stream { aggregate_type, aggregate_id }
    }
}

/// What a subscription's field asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wanted {
    /// The events of one stream.
    Stream(StreamId),
    /// The same for a stream that may not have begun: it waits for this row.
    Awaited(StreamId, RowsWanted),
    /// The rows of a category.
    Rows(RowsWanted),
}

/// The rows of a category that a subscription shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowsWanted {
    /// Stored name of the aggregates' type.
    pub aggregate_type: String,
    /// Those that the caller may list and asks for.
    pub filter: RowFilter,
    /// True if the events are shown, too.
    pub wants_events: bool,
    /// True if the caller may list every row: then it has a place among the followers also when few are left.
    pub lists_all: bool,
}

impl Wanted {
    /// The rows of a category that it is about.
    pub fn rows(&self) -> Option<&RowsWanted> {
        match self {
            Self::Stream(_) => None,
            Self::Awaited(_, rows) | Self::Rows(rows) => Some(rows),
        }
    }

    /// The sources of a subscription that begins like this. A cursor may know of more partitions than are set: a release with another
    /// setting runs, or ran. It knows of those in which it names an event: whoever makes up a cursor names beginnings of partitions
    /// that there are not, and each of them would be an object. Of a stream that may not have begun, the second one is where it
    /// would begin.
    pub fn sources(&self, begin: &Begin, partitions: &Partitions) -> Vec<Source> {
        match self {
            Self::Stream(stream) => vec![Source::stream(stream)],
            Self::Awaited(stream, _) => {
                let StreamId { aggregate_type, aggregate_id } = stream.clone();
                let partition = partitions.begins(&aggregate_type, &aggregate_id);
                vec![Source::stream(stream), Source::Partition { aggregate_type, partition }]
            }
            Self::Rows(RowsWanted { aggregate_type, .. }) => {
                let known = match begin {
                    Begin::After(places) => {
                        let last = places.iter().rposition(|place| *place != Place::START);
                        last.map_or(0, |last| u16::try_from(last + 1).unwrap_or(u16::MAX))
                    }
                    Begin::Latest | Begin::Now => 0,
                };
                let partition = |partition| Source::Partition {
                    aggregate_type: aggregate_type.clone(),
                    partition,
                };
                (0..partitions.of(aggregate_type).max(known).max(1)).map(partition).collect()
            }
        }
    }
}

/// The beginning of a subscription, as its field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the first event after this place in each source. A source that is left out begins at its beginning.
    After(Vec<Place>),
    /// With the latest event of a stream, so that the current state comes at once.
    Latest,
    /// With the next new event.
    Now,
}

impl Begin {
    /// After a version of a stream.
    pub fn version(version: u64) -> Self {
        Self::After(vec![Place::version(version)])
    }

    /// The place in a source at which this begins; `None`: in none that was given out.
    pub fn after(&self, source: usize) -> Option<Place> {
        match self {
            Self::After(places) => Some(places.get(source).cloned().unwrap_or(Place::START)),
            Self::Latest | Self::Now => None,
        }
    }

    /// The same for a source that has come to `head`. `None`: the place is ahead of the source.
    pub fn cursor(&self, source: usize, head: &Place) -> Option<Place> {
        match (self.after(source), self) {
            (Some(after), _) => (after.position <= head.position).then_some(after),
            (None, Self::Latest) => Some(Place::version(head.position.saturating_sub(1))),
            (None, _) => Some(head.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_begins_after_its_cursor_or_with_the_latest_event_or_now() {
        let cursor =
            |begin: Begin, head| begin.cursor(0, &Place::version(head)).map(|place| place.position);
        assert_eq!(cursor(Begin::version(0), 5), Some(0));
        assert_eq!(cursor(Begin::version(5), 5), Some(5));
        assert_eq!(cursor(Begin::version(6), 5), None, "ahead of the source");
        assert_eq!(cursor(Begin::Latest, 5), Some(4));
        assert_eq!(cursor(Begin::Latest, 0), Some(0));
        assert_eq!(cursor(Begin::Now, 5), Some(5));
    }

    #[test]
    fn a_category_has_a_source_for_each_partition_and_a_new_one_begins_at_its_beginning() {
        let wanted = Wanted::Rows(RowsWanted {
            aggregate_type: "claim".into(),
            filter: RowFilter::default(),
            wants_events: true,
            lists_all: true,
        });
        let (two, head) = (vec![Place::behind(3, "e-3"), Place::behind(7, "e-7")], Place::START);
        let begin = Begin::After(two.clone());
        let sources = |begin: &Begin, set| wanted.sources(begin, &Partitions::parse(set).0).len();
        assert_eq!(sources(&begin, "claim=3"), 3);
        assert_eq!(sources(&begin, ""), 2, "as many as the cursor knows of");
        assert_eq!(sources(&Begin::Now, ""), 1);
        let made_up = |last| Begin::After([vec![Place::START; 63], vec![last]].concat());
        assert_eq!(sources(&made_up(Place::START), "claim=3"), 3, "beginnings say nothing");
        assert_eq!(sources(&made_up(Place::START), ""), 1);
        assert_eq!(sources(&made_up(Place::behind(1, "e-1")), ""), 64, "it is asked about");
        assert_eq!(begin.after(1), two.get(1).cloned());
        assert_eq!(begin.cursor(2, &head), Some(Place::START));
    }

    #[test]
    fn a_stream_that_may_not_have_begun_is_awaited_where_it_would_begin() {
        let partitions = Partitions::parse("claim=8").0;
        for id in ["c-1", "c-2", "c-3"] {
            let stream = StreamId::new("claim", Id::parse(id).unwrap());
            let rows = RowsWanted {
                aggregate_type: "claim".into(),
                filter: RowFilter::default(),
                wants_events: false,
                lists_all: false,
            };
            let begins = partitions.begins("claim", &stream.aggregate_id);
            let awaited = Wanted::Awaited(stream.clone(), rows);
            let partition = Source::Partition { aggregate_type: "claim".into(), partition: begins };
            let expected = [Source::stream(&stream), partition];
            assert_eq!(awaited.sources(&Begin::version(0), &partitions), expected);
        }
    }
}
