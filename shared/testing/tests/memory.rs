//! An instance folds its copy of a foreign stream into a snapshot from a number of events on, and can read it again.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod teller;

use edgefold_flow::{
    Instance, Message, Stamp,
    append::storage::{Slice, Storage, Write},
    door::Asker,
    receive::{Delivery, Span},
};
use edgefold_kernel::{
    Aggregate, Envelope, Failure, ForeignStream, Snapshot, Timestamp, Version, limits,
};
use edgefold_testing::{MemoryStorage, scenario::envelopes, state_after};
use serde_json::json;
use teller::{Listener, ListenerEvent, Said, Teller, TellerEvent, UNSPEAKABLE, id, teller};

/// One listener, and what teller `t` tells it.
struct Case<const EVERY: u64> {
    storage: MemoryStorage,
    instance: Instance<Listener<EVERY>, MemoryStorage>,
}

fn with_stamp<T>(work: impl FnOnce(&Stamp<'_>) -> T) -> T {
    let fresh = || "e".to_owned();
    work(&Stamp { now: Timestamp::from_millis(1_000), fresh: &fresh, by: &Asker::System })
}

/// The whole stream of the teller: word `n` is the n-th event.
fn stream(words: u32) -> Vec<Envelope> {
    let said = |word| TellerEvent::from(Said { to: id("a"), word, ballast: 0 });
    envelopes(&teller("t"), (1..=words).map(said))
}

fn part(events: &[Envelope], after: Version, through: Version) -> Delivery {
    let within = |event: &&Envelope| (after + 1..=through).contains(&event.version);
    let events = events.iter().filter(within).cloned().collect();
    Delivery {
        source_type: Teller::TYPE.into(),
        source_id: id("t"),
        spans: vec![Span { after, through, events }],
        discarded: Vec::new(),
    }
}

/// The state of a teller that has said these words.
fn told(words: impl IntoIterator<Item = u32>) -> (u32, u32) {
    let said = |word| Said { to: id("a"), word, ballast: 0 }.into();
    let state = state_after::<Teller>(words.into_iter().map(said));
    (state.words, state.digest)
}

impl<const EVERY: u64> Case<EVERY> {
    fn new() -> Self {
        let storage = MemoryStorage::default();
        Self { instance: Instance::new(id("a"), storage.clone()), storage }
    }

    fn restarted(self) -> Self {
        Self { instance: Instance::new(id("a"), self.storage.clone()), ..self }
    }

    fn receive(&self, delivery: &Delivery) {
        with_stamp(|stamp| self.instance.receive(delivery, stamp)).unwrap();
    }

    fn remembered(&self) -> ForeignStream {
        self.storage.remembered(&teller("t")).unwrap()
    }

    /// Version of the snapshot, and of each event after it.
    fn shape(&self) -> (Option<Version>, Vec<Version>) {
        let ForeignStream { snapshot, events } = self.remembered();
        let version = snapshot.map(|snapshot| snapshot.version);
        (version, events.iter().map(|event| event.version).collect())
    }

    /// The copy that it decides on.
    fn recall(&self, command_id: &str) -> Result<(u32, u32), Failure> {
        let message = Message::from_value(&json!({
            "aggregateType": "listener", "aggregateId": "a", "name": "Recall", "commandId": command_id, "payload": {"of": "t"},
        }));
        with_stamp(|stamp| self.instance.handle(&message.unwrap(), &[], stamp))?;
        let events = self.storage.events(&Slice::after(0)).unwrap();
        let ListenerEvent::Recalled(recalled) = events.last().unwrap().read().unwrap();
        Ok((recalled.words, recalled.digest))
    }

    fn replace(&self, copy: Delivery) -> Result<usize, Failure> {
        with_stamp(|stamp| self.instance.replace_remembered(&[copy], stamp))
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Failure>) -> &'static str {
    match result {
        Err(Failure::Faulted(fault)) => fault.code(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_events_up_to_the_snapshot_are_gone_and_those_after_it_are_kept() {
    let (case, events) = (Case::<3>::new(), stream(10));
    for (through, expected) in [
        (2, (None, vec![1, 2])),
        (3, (Some(3), vec![])),
        (5, (Some(3), vec![4, 5])),
        (9, (Some(9), vec![])),
        (10, (Some(9), vec![10])),
    ] {
        let mark = case.storage.mark(&teller("t")).unwrap();
        case.receive(&part(&events, mark, through));
        case.instance.compact().unwrap();
        assert_eq!(case.shape(), expected, "through {through}");
        assert_eq!(case.recall(&format!("c{through}")), Ok(told(1..=through as u32)));
    }
    // A repeat is not taken again.
    case.receive(&part(&events, 0, 10));
    case.instance.compact().unwrap();
    assert_eq!(case.restarted().recall("again"), Ok(told(1..=10)));
}

#[test]
fn what_is_not_folded_when_a_runtime_ends_is_folded_with_the_next_that_come_together() {
    let (case, events) = (Case::<3>::new(), stream(6));
    case.receive(&part(&events, 0, 4));
    let case = case.restarted();
    case.instance.compact().unwrap();
    assert_eq!(case.shape(), (None, vec![1, 2, 3, 4]));
    case.receive(&part(&events, 4, 5));
    case.instance.compact().unwrap();
    case.receive(&part(&events, 5, 6));
    case.instance.compact().unwrap();
    assert_eq!(case.shape(), (Some(6), vec![]));
    assert_eq!(case.recall("c"), Ok(told(1..=6)));
}

#[test]
fn what_is_seldom_remembered_is_bounded_too() {
    let case = Case::<3>::new();
    let mut events = stream(40);
    events.retain(|event| event.version % 5 == 1);
    for through in 1..=40 {
        case.receive(&part(&events, through - 1, through));
        case.instance.compact().unwrap();
        assert!(case.shape().1.len() < 6, "{:?}", case.shape());
    }
    assert_eq!(case.shape(), (Some(26), vec![31, 36]));
    assert_eq!(case.recall("c"), Ok(told((1..=40).filter(|word| word % 5 == 1))));
}

#[test]
fn a_transaction_that_fails_leaves_everything_as_it_was() {
    let (case, events) = (Case::<3>::new(), stream(6));
    case.receive(&part(&events, 0, 3));
    case.storage.fail_next_commit();
    assert!(case.instance.compact().is_err());
    assert_eq!(case.shape(), (None, vec![1, 2, 3]));
    case.receive(&part(&events, 3, 6));
    case.instance.compact().unwrap();
    assert_eq!(case.shape(), (Some(6), vec![]));
}

#[test]
fn an_event_that_cannot_be_folded_is_kept_with_all_others_until_it_can() {
    for (poison, expected) in [
        (json!({"to": "b", "word": UNSPEAKABLE}), "INTERNAL"),
        (json!({"to": "b", "word": "one"}), "UNREADABLE"),
    ] {
        let (case, events) = (Case::<3>::new(), stream(9));
        let mut poisoned = events.clone();
        for event in &mut poisoned {
            // For somebody else: remembered, without a reaction.
            let data = json!({"to": "b", "word": event.version});
            let data = if event.version == 2 { poison.clone() } else { data };
            event.data = serde_json::from_value(data).unwrap();
        }
        for through in 1..=5 {
            case.receive(&part(&poisoned, through - 1, through));
            let compacted = case.instance.compact();
            assert_eq!(compacted.is_err(), through == 3, "tried once, when three have come");
        }
        assert_eq!(case.shape(), (None, vec![1, 2, 3, 4, 5]));
        assert_eq!(code(case.recall("c")), expected);
        // The source is mended, and the copy with it.
        assert_eq!(case.replace(part(&events, 0, 5)), Ok(5));
        assert_eq!(case.shape(), (Some(5), vec![]));
        assert_eq!(case.recall("c"), Ok(told(1..=5)));
    }
}

#[test]
fn a_state_that_is_too_large_for_a_snapshot_stays_in_its_events() {
    let case = Case::<2>::new();
    let said =
        |word| TellerEvent::from(Said { to: id("b"), word, ballast: limits::SNAPSHOT_BYTES / 2 });
    case.receive(&part(&envelopes(&teller("t"), (1..=3).map(said)), 0, 3));
    case.instance.compact().unwrap();
    assert_eq!(case.shape(), (None, vec![1, 2, 3]));
    assert_eq!(case.recall("c"), Ok(told(1..=3)));
}

/// A listener with a snapshot of another schema version, as another release would have left it.
fn stale<const EVERY: u64>(state_version: u32, state: &str) -> Case<EVERY> {
    let case = Case::<EVERY>::new();
    case.receive(&part(&stream(3), 0, 3));
    let snapshot = Snapshot { version: 3, state_version, state: state.into() };
    let snapshots = vec![(teller("t"), snapshot)];
    case.storage.commit(&Write { snapshots, ..Write::default() }).unwrap();
    assert_eq!(case.shape(), (Some(3), vec![]), "the events are gone");
    case.restarted()
}

#[test]
fn a_snapshot_is_used_instead_of_the_events_before_it() {
    // A state that no fold would come to shows that it was used.
    let case = stale::<3>(3, r#"{"words": 7000, "digest": 0, "ballast": ""}"#);
    assert_eq!(case.instance.stale(), Ok(vec![]));
    assert_eq!(case.recall("c"), Ok((7000, 0)));
}

#[test]
fn a_snapshot_of_another_schema_version_is_replaced_by_what_the_source_says() {
    for other in [2, 4] {
        let (case, events) = (stale::<3>(other, "{}"), stream(7));
        assert_eq!(case.instance.stale(), Ok(vec![teller("t")]));
        // Nothing is decided on the copy until it was read again, and nothing is lost.
        assert_eq!(code(case.recall("c")), "UNAVAILABLE");
        let mut quiet = events.clone();
        for event in &mut quiet {
            let data = json!({"to": "b", "word": event.version});
            event.data = serde_json::from_value(data).unwrap();
        }
        case.receive(&part(&quiet, 3, 6));
        assert_eq!(case.instance.compact().map_err(|fault| fault.retryable()), Err(true));
        assert_eq!(case.shape(), (Some(3), vec![4, 5, 6]));
        let early = case.replace(part(&events, 0, 5));
        assert_eq!(code(early), "UNAVAILABLE", "a copy that ends too early changes nothing");
        assert_eq!(case.shape(), (Some(3), vec![4, 5, 6]));

        assert_eq!(case.replace(part(&events, 0, 7)), Ok(6), "no more than was received");
        assert_eq!(case.instance.stale(), Ok(vec![]));
        assert_eq!(case.shape(), (Some(6), vec![]));
        assert_eq!(case.recall("c"), Ok(told(1..=6)));
        assert_eq!(case.remembered().snapshot.unwrap().state_version, 3);
    }
}

#[test]
fn what_is_read_again_is_what_was_remembered() {
    let (case, events) = (Case::<3>::new(), stream(8));
    for (through, shape, again) in [
        (2, (None, vec![1, 2]), (None, vec![1, 2])),
        (7, (Some(7), vec![]), (Some(7), vec![])),
        (8, (Some(7), vec![8]), (Some(8), vec![])),
    ] {
        let mark = case.storage.mark(&teller("t")).unwrap();
        case.receive(&part(&events, mark, through));
        case.instance.compact().unwrap();
        assert_eq!(case.shape(), shape);
        let before = case.remembered().fold::<Teller>();
        assert_eq!(case.replace(part(&events, 0, 8)), Ok(through as usize));
        assert_eq!(case.shape(), again);
        assert_eq!(case.remembered().fold::<Teller>(), before);
    }
}
