//! Step 6, **receive**: a high-water mark per source stream. A duplicate is dropped, a gap is named so that the shell
//! can fill it from the source, and nothing is applied early.
//!
//! All parts of a batch for one instance come as one [`parcel`].

pub mod parcel;

use edgefold_kernel::{Envelope, StreamId, Version};
use serde::{Deserialize, Serialize};

/// Part of a source stream: every event in `(after, through]` that the destination wants is in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// It begins after this version.
    pub after: Version,
    /// It ends with this version.
    pub through: Version,
    /// Ascending; may leave out events that the destination does not want.
    pub events: Vec<Envelope>,
}

impl Span {
    /// The same span in parts of one event each: the good ones can be taken, and the bad one is known.
    pub fn parts(self) -> Vec<Self> {
        let Self { mut after, through, events } = self;
        let mut parts = Vec::with_capacity(events.len() + 1);
        for event in events {
            let at = event.version;
            parts.push(Self { after, through: at, events: vec![event] });
            after = at;
        }
        if through > after {
            parts.push(Self { after, through, events: Vec::new() });
        }
        parts
    }
}

/// The delivery of one source stream to a destination, in one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Type of the source.
    pub source_type: String,
    /// Instance of the source.
    pub source_id: edgefold_kernel::Id,
    /// Ascending spans.
    pub spans: Vec<Span>,
    /// Versions that an administrator has discarded: the destination takes them and does not react.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub discarded: Vec<Version>,
}

impl Delivery {
    /// Events of one stream, in any order; one that came twice is in it once.
    pub fn of(source: &StreamId, events: Vec<Envelope>) -> Self {
        Self {
            source_type: source.aggregate_type.clone(),
            source_id: source.aggregate_id.clone(),
            spans: spans(events),
            discarded: Vec::new(),
        }
    }

    /// Versions of its events, ascending.
    pub fn versions(&self) -> impl Iterator<Item = Version> {
        self.spans.iter().flat_map(|span| &span.events).map(|event| event.version)
    }

    /// The source stream.
    pub fn source(&self) -> StreamId {
        StreamId::new(self.source_type.clone(), self.source_id.clone())
    }
}

/// Joins events of one stream into spans without gaps, ascending, duplicates dropped.
pub fn spans(mut events: Vec<Envelope>) -> Vec<Span> {
    events.sort_by_key(|event| event.version);
    events.dedup_by_key(|event| event.version);
    let mut spans: Vec<Span> = Vec::new();
    for event in events {
        match spans.last_mut() {
            Some(span) if span.through + 1 == event.version => {
                span.through = event.version;
                span.events.push(event);
            }
            _ => spans.push(Span {
                after: event.version.saturating_sub(1),
                through: event.version,
                events: vec![event],
            }),
        }
    }
    spans
}

/// The next step for a span, given the destination's high-water mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// All of it was applied before.
    Drop,
    /// It follows: apply the events after the mark.
    Apply,
    /// `(mark, after]` is missing and must be fetched from the source first.
    Fill {
        /// The gap begins after this version.
        after: Version,
        /// The gap ends with this version.
        through: Version,
    },
}

/// The next step for a span. Identical, overlapping, prepended, trimmed, out of order: all of it comes down to this.
pub fn step(mark: Version, span: &Span) -> Step {
    if span.through <= mark {
        Step::Drop
    } else if span.after <= mark {
        Step::Apply
    } else {
        Step::Fill { after: mark, through: span.after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(after: Version, through: Version) -> Span {
        Span { after, through, events: Vec::new() }
    }

    #[test]
    fn a_span_is_dropped_applied_or_waits_for_a_gap() {
        for (case, mark, span, expected) in [
            ("next", 3, span(3, 4), Step::Apply),
            ("first ever", 0, span(0, 1), Step::Apply),
            ("identical", 4, span(3, 4), Step::Drop),
            ("older", 9, span(3, 4), Step::Drop),
            ("overlapping", 4, span(2, 6), Step::Apply),
            ("prepended", 4, span(0, 5), Step::Apply),
            ("gap", 3, span(5, 6), Step::Fill { after: 3, through: 5 }),
            ("gap from the beginning", 0, span(5, 6), Step::Fill { after: 0, through: 5 }),
        ] {
            assert_eq!(step(mark, &span), expected, "{case}");
        }
    }
}
