//! Events go to D1 in pieces, each of which is one transaction. A piece that fails for good is halved, so that only the
//! bad event is left behind, and those that follow it in its stream.

use std::collections::BTreeMap;

use edgefold_kernel::{Envelope, Failure, Fault, StreamId, Version};

use crate::participant::Change;

/// Events in one piece, each with its journal row and the changes that follow from it: as many as letters come.
const EVENTS: usize = 100;

/// Failures of pieces after which the rest is put off. One bad event among [`EVENTS`] takes eight, so three are named
/// at once; where a table is missing, all are bad, and their number must not multiply the calls.
const FAILURES: usize = 24;

/// The last journalled version of each stream.
pub type Marks = BTreeMap<StreamId, Version>;

/// The first version of each stream that could not be projected, and why.
pub type Failures = BTreeMap<StreamId, (Version, Failure)>;

/// An event with the changes that follow from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The event.
    pub event: Envelope,
    /// Its changes.
    pub changes: Vec<Change>,
}

/// The pieces that are still to be written.
#[derive(Debug, Default)]
pub struct Pieces {
    /// The next one is the last.
    left: Vec<Vec<Row>>,
    failures: usize,
}

impl Pieces {
    /// Rows of many streams; those of one stream ascend, and stand together.
    pub fn new(mut rows: Vec<Row>) -> Self {
        let mut pieces = Self::default();
        while rows.len() > EVENTS {
            let rest = rows.split_off(EVENTS);
            pieces.left.push(std::mem::replace(&mut rows, rest));
        }
        pieces.left.push(rows);
        pieces.left.reverse();
        pieces.left.retain(|piece| !piece.is_empty());
        pieces
    }

    /// The piece that is written next. The caller gives it back if that fails.
    pub fn take(&mut self) -> Option<Vec<Row>> {
        self.left.pop()
    }

    /// Takes back a piece of which another consumer has journalled something, and drops what is journalled by now.
    pub fn overtaken(&mut self, piece: Vec<Row>, marks: &Marks) {
        self.left.push(piece);
        self.retain(|event| marks.get(&event.stream).is_none_or(|mark| *mark < event.version));
    }

    /// Takes back a piece that has failed. When the fault heals by itself nothing else is tried now, and all that is
    /// left fails with it. Otherwise the piece is halved, down to the one event that is to blame. Returns what fails now.
    ///
    /// One bad event among `n` costs 1 + 2 log₂ n calls: on each level, one half fails and the other is written.
    pub fn failed(&mut self, mut piece: Vec<Row>, fault: &Fault) -> Failures {
        self.failures += 1;
        let is_one = piece.len() < 2;
        if fault.retryable() {
            self.left.push(piece);
            self.give_up(fault)
        } else if is_one {
            let Some(Row { event, .. }) = piece.pop() else { return Failures::new() };
            self.retain(|behind| behind.stream != event.stream);
            Failures::from([(event.stream, (event.version, fault.clone().into()))])
        } else if self.failures > FAILURES {
            self.left.push(piece);
            let said = format!("too much fails, such as: {fault}");
            self.give_up(&Fault::Unavailable("the database".into(), said))
        } else {
            let rest = piece.split_off(piece.len().div_ceil(2));
            self.left.extend([rest, piece]);
            Failures::new()
        }
    }

    fn give_up(&mut self, fault: &Fault) -> Failures {
        let mut failures = Failures::new();
        while let Some(piece) = self.left.pop() {
            for Row { event, .. } in piece {
                failures.entry(event.stream).or_insert((event.version, fault.clone().into()));
            }
        }
        failures
    }

    fn retain(&mut self, keep: impl Fn(&Envelope) -> bool) {
        self.left.iter_mut().for_each(|piece| piece.retain(|row| keep(&row.event)));
        self.left.retain(|piece| !piece.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Id, Metadata, Timestamp};
    use serde_json::value::RawValue;

    use super::*;

    fn stream(number: usize) -> StreamId {
        StreamId::new("probe", Id::parse(format!("{number:03}")).unwrap())
    }

    fn row(number: usize, version: Version) -> Row {
        let event = Envelope {
            id: format!("{number}-{version}"),
            stream: stream(number),
            version,
            event_type: "Probed".into(),
            schema_version: 1,
            time: Timestamp::default(),
            command_id: Id::parse("c").unwrap(),
            metadata: Metadata::default(),
            data: RawValue::from_string("{}".into()).unwrap(),
        };
        Row { event, changes: Vec::new() }
    }

    fn rows(streams: usize, versions: Version) -> Vec<Row> {
        (0..streams).flat_map(|number| (1..=versions).map(move |at| row(number, at))).collect()
    }

    /// A database that cannot take these events: what it has written, what has failed, and the calls that it took.
    fn written(rows: Vec<Row>, bad: &[Row]) -> (Vec<Row>, Failures, usize) {
        let (mut written, mut failures, mut calls) = (Vec::new(), Failures::new(), 0);
        let mut pieces = Pieces::new(rows);
        while let Some(piece) = pieces.take() {
            calls += 1;
            assert!(!piece.is_empty() && piece.len() <= EVENTS);
            match piece.iter().any(|row| bad.contains(row)) {
                true => failures.extend(pieces.failed(piece, &Fault::Defect("bad".into()))),
                false => written.extend(piece),
            }
        }
        (written, failures, calls)
    }

    fn bad(failures: &Failures) -> Vec<(StreamId, Version)> {
        failures.iter().map(|(stream, (version, _))| (stream.clone(), *version)).collect()
    }

    #[test]
    fn good_events_go_in_as_few_pieces_as_they_fit_into_and_in_order() {
        for (streams, versions, expected) in [(0, 0, 0), (1, 1, 1), (100, 1, 1), (3, 70, 3)] {
            let all = rows(streams, versions);
            assert_eq!(written(all.clone(), &[]), (all, Failures::new(), expected));
        }
    }

    #[test]
    fn one_bad_event_wherever_it_stands_costs_few_calls_and_holds_up_its_own_stream_alone() {
        for at in 0..100 {
            let all = rows(100, 1);
            let (written, failures, calls) = written(all.clone(), &all[at..=at]);
            assert_eq!(bad(&failures), [(stream(at), 1)]);
            assert_eq!(written.len(), 99);
            assert!(calls <= 15, "{calls} calls");
        }
    }

    #[test]
    fn what_stands_before_the_first_bad_event_of_a_stream_goes_and_what_follows_it_waits() {
        let all = rows(3, 40);
        let (written, failures, _) = written(all, &[row(1, 17), row(1, 30)]);
        assert_eq!(bad(&failures), [(stream(1), 17)]);
        let expected = rows(3, 40).into_iter();
        let expected =
            expected.filter(|row| row.event.stream != stream(1) || row.event.version < 17);
        assert_eq!(written, expected.collect::<Vec<_>>());
    }

    #[test]
    fn where_everything_fails_the_first_are_named_and_the_rest_is_put_off_after_some_calls() {
        let all = rows(100, 1);
        let (written, failures, calls) = written(all.clone(), &all);
        assert!(written.is_empty() && calls <= 2 * FAILURES, "{calls} calls");
        assert_eq!(failures.len(), 100);
        let retryable =
            |failure: &Failure| matches!(failure, Failure::Faulted(fault) if fault.retryable());
        let named = failures.values().filter(|(_, failure)| !retryable(failure)).count();
        assert!((1..100).contains(&named), "{named} are named");
    }

    #[test]
    fn a_fault_that_heals_by_itself_is_everyones_and_nothing_more_is_tried() {
        let away = Fault::Unavailable("the database".into(), "away".into());
        let mut pieces = Pieces::new(rows(3, 70));
        let first = pieces.take().unwrap();
        assert_eq!(first.len(), 100);
        let second = pieces.take().unwrap();
        let failures = pieces.failed(second, &away);
        assert_eq!(bad(&failures), [(stream(1), 31), (stream(2), 1)]);
        assert!(failures.values().all(|(_, failure)| *failure == away.clone().into()));
        assert_eq!(pieces.take(), None);
    }

    #[test]
    fn what_another_consumer_has_journalled_is_left_out_the_next_time() {
        let mut pieces = Pieces::new(rows(2, 70));
        let first = pieces.take().unwrap();
        pieces.overtaken(first, &Marks::from([(stream(0), 69), (stream(1), 70)]));
        assert_eq!(pieces.take(), Some(vec![row(0, 70)]));
        assert_eq!(pieces.take(), None);
    }
}
