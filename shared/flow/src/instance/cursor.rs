//! The cursor of the bus: how far the events of the stream have arrived at their destinations.

use std::collections::{BTreeSet, VecDeque};

use edgefold_kernel::{Envelope, Timestamp, Version};

/// Events that the cursor remembers as pending, at most: only the oldest matters.
const PENDING: usize = 1_000;

/// A pending event: its version, when it was decided, and until when somebody waits for what follows from it.
pub(super) type Pending = (Version, Timestamp, Option<Timestamp>);

/// The cursor.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    /// Events up to here have arrived.
    pub(super) at: Version,
    /// The cursor as it is stored; `at` may be ahead of it.
    pub(super) kept: Version,
    /// True if it has passed, since it was stored, events that others have answered for, or that a hold keeps: those would go
    /// through the queue again.
    pub(super) is_heard: bool,
    /// Events up to here were sent since the instance was loaded.
    pub(super) published: Version,
    /// Events that have arrived and do not follow the cursor yet.
    ahead: BTreeSet<Version>,
    /// Events behind the cursor that are known to be pending, ascending.
    pending: VecDeque<Pending>,
    /// The earliest instant until which somebody waits for one of them.
    urgent: Option<Timestamp>,
    /// Instant at which pending events were last sent again.
    pub(super) again: Option<Timestamp>,
    /// True until somebody has looked for young events behind the cursor of an instance that was just loaded.
    pub(super) is_loaded: bool,
}

impl Cursor {
    /// The cursor as it is stored. What lies behind it is left to the alarm.
    pub(super) fn stored(at: Version, head: Version) -> Self {
        Self { at, kept: at, published: head.max(at), is_loaded: true, ..Self::default() }
    }

    /// Events have arrived: those after one version, up to another. Returns true if the cursor has moved.
    pub(super) fn arrived(&mut self, (after, through): (Version, Version), head: Version) -> bool {
        let before = self.at;
        let through = through.min(head);
        if after <= self.at {
            self.at = self.at.max(through);
        } else {
            self.ahead.extend(after + 1..=through);
        }
        while self.ahead.remove(&(self.at + 1)) {
            self.at += 1;
        }
        self.ahead = self.ahead.split_off(&self.at.saturating_add(1));
        self.published = self.published.max(self.at);
        let mut is_urgent = false;
        while let Some((version, _, until)) = self.pending.front().copied() {
            if !self.has(version) {
                break;
            }
            is_urgent |= until.is_some() && until == self.urgent;
            self.pending.pop_front();
        }
        if is_urgent || self.pending.is_empty() {
            self.urgent = self.pending.iter().filter_map(|(.., until)| *until).min();
        }
        self.at > before
    }

    /// True if this event has arrived.
    pub(super) fn has(&self, version: Version) -> bool {
        version <= self.at || self.ahead.contains(&version)
    }

    /// This event waits to arrive. Events come in their order.
    pub(super) fn waits(&mut self, event: &Envelope) {
        let until = event.metadata.answer_by;
        self.urgent = self.urgent.into_iter().chain(until).min();
        // Where older events wait that nobody has looked at since the instance was loaded, this is not the oldest.
        let is_known = !self.pending.is_empty() || self.has(event.version.saturating_sub(1));
        if is_known && self.pending.len() < PENDING {
            self.pending.push_back((event.version, event.time, until));
        }
    }

    /// The earliest instant until which somebody waits for a pending event, as far as they are known.
    pub(super) fn urgent(&self) -> Option<Timestamp> {
        self.urgent
    }

    /// The oldest event that waits, if it is known.
    pub(super) fn oldest(&self) -> Option<Pending> {
        self.pending.front().copied()
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Id, Metadata, StreamId};
    use serde_json::value::RawValue;

    use super::*;

    fn event(version: Version, until: Option<i64>) -> Envelope {
        let answer_by = until.map(Timestamp::from_millis);
        Envelope {
            id: format!("e-{version}"),
            stream: StreamId::new("order", Id::parse("o-1").unwrap()),
            version,
            event_type: "OrderPlaced".into(),
            schema_version: 1,
            time: Timestamp::default(),
            command_id: Id::parse("c").unwrap(),
            metadata: Metadata { answer_by, ..Metadata::default() },
            data: RawValue::from_string("{}".into()).unwrap(),
        }
    }

    #[test]
    fn the_oldest_event_that_waits_is_known_or_nobody_says_so() {
        let mut cursor = Cursor::stored(3, 3);
        cursor.waits(&event(4, None));
        cursor.waits(&event(5, Some(70)));
        cursor.waits(&event(6, Some(60)));
        assert_eq!(cursor.oldest().map(|(version, ..)| version), Some(4));
        assert_eq!(cursor.urgent(), Some(Timestamp::from_millis(60)));
        cursor.arrived((5, 6), 6);
        assert_eq!(cursor.oldest().map(|(version, ..)| version), Some(4));
        cursor.arrived((3, 4), 6);
        assert_eq!(cursor.oldest().map(|(version, ..)| version), Some(5));
        cursor.arrived((4, 5), 6);
        assert_eq!((cursor.oldest(), cursor.urgent()), (None, None));
        let mut cursor = Cursor::stored(3, 5);
        cursor.waits(&event(6, Some(60)));
        assert_eq!(cursor.oldest(), None, "version 4 waits, and nobody has looked at it");
        assert_eq!(cursor.urgent(), Some(Timestamp::from_millis(60)));
    }

    #[test]
    fn a_cursor_moves_over_what_has_arrived_up_to_the_first_gap() {
        let mut cursor = Cursor::stored(3, 20);
        assert!(!cursor.arrived((5, 7), 20));
        assert!(!cursor.arrived((8, 9), 20));
        assert_eq!(
            (cursor.at, cursor.has(4), cursor.has(6), cursor.has(8)),
            (3, false, true, false)
        );
        assert!(cursor.arrived((3, 5), 20));
        assert_eq!(cursor.at, 7);
        assert!(cursor.arrived((2, 8), 20), "what overlaps");
        assert_eq!(cursor.at, 9);
        assert!(!cursor.arrived((0, 4), 20), "what is repeated");
        assert!(cursor.arrived((9, 99), 20));
        assert_eq!((cursor.at, cursor.published), (20, 20), "no further than the head");
    }
}
