//! Nothing grows with age: a look at the present or the past of a stream reads as much of a long one as of a short one.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod counter;

use edgefold_flow::{
    Instance, Participant,
    append::storage::{Snapshot, Storage, Write},
    instance::When,
};
use edgefold_kernel::{
    Aggregate, Context, Decider, Decision, Envelope, Fault, Id, StreamId, Timestamp, Version,
    commands, events, limits,
};
use edgefold_testing::{MemoryStorage, scenario::envelopes};
use serde::{Deserialize, Serialize};

use counter::{Added, Case, Counter, CounterEvent, code};

const EVERY: Version = Counter::SNAPSHOT_EVERY;

/// A stream in which event n adds n, at second n. It was never looked at.
fn stream(length: Version) -> Case {
    let case = Case::new();
    let id = case.instance.id().clone();
    let added = |by| CounterEvent::from(Added { by, ballast: String::new() });
    let events = envelopes(&StreamId::new(Counter::TYPE, id), (1..=length as i64).map(added));
    let at = |event: Envelope| Envelope { time: second(event.version), ..event };
    let events = events.into_iter().map(at).collect();
    case.storage.commit(&Write { events, ..Write::default() }).unwrap();
    case
}

fn second(number: Version) -> Timestamp {
    Timestamp::from_millis(number as i64 * 1_000)
}

fn sum(through: Version) -> i64 {
    (through * (through + 1) / 2) as i64
}

/// Number of events that this reads.
fn reads(case: &Case, look: impl FnOnce(&Case)) -> usize {
    let before = case.storage.events_read();
    look(case);
    case.storage.events_read() - before
}

fn see(case: &Case, when: When, version: Version) {
    let view = case.instance.view(when).unwrap();
    assert_eq!((view.version, view.state.as_i64().unwrap()), (version, sum(version)));
}

#[test]
fn a_look_reads_as_much_of_a_long_stream_as_of_a_short_one() {
    let mut costs = Vec::new();
    for length in [1_000, 100_000] {
        let case = stream(length);
        let first = reads(&case, |case| see(case, When::Now, length));
        assert_eq!(first, usize::try_from(length).unwrap(), "no snapshot: the whole stream, once");
        let (half, now) = (length / 2 + 7, second(length / 2 + 7));
        let case = case.restarted();
        let load = reads(&case, |case| see(case, When::Now, length));
        let version = reads(&case, |case| see(case, When::Version(half), half));
        let instant = reads(&case, |case| see(case, When::Instant(now.plus_millis(999)), half));
        let future = reads(&case, |case| see(case, When::Instant(Timestamp::MAX), length));
        // A reader far behind does not make this one fold from where it stands.
        assert_eq!(case.instance.pull(50).unwrap().through, 150);
        let page = reads(&case, |case| {
            let page = case.instance.pull(half).unwrap();
            let fold = page.fold.unwrap();
            assert_eq!((fold.at, fold.state.as_i64().unwrap()), (half, sum(half)));
        });
        // The search reads an event for each halving.
        let search = instant - version;
        assert!(search <= 17, "{search}");
        costs.push([load, version, future, page]);
    }
    let [short, long] = costs.try_into().unwrap();
    assert_eq!(short, long);
    // The events behind a snapshot; for a page its own, and the first of the stream.
    assert_eq!(long, [0, 7, 0, limits::PULL_EVENTS + 1 + 7]);
}

#[test]
fn a_look_at_the_past_of_a_long_stream_makes_the_next_one_short() {
    let case = stream(1_000);
    // As a stream from before snapshots were kept: only the latest is there.
    let snapshot = Snapshot { version: 1_000, state_version: 2, state: sum(1_000).to_string() };
    case.storage.set_snapshot(&snapshot).unwrap();
    let look = |version| reads(&case, |case| see(case, When::Version(version), version));
    assert_eq!(look(555), 555);
    assert_eq!(
        case.storage.snapshots(2),
        [(1..=55).map(|n| n * EVERY).collect(), vec![1_000]].concat()
    );
    assert_eq!([look(555), look(559), look(12), look(550)], [5, 9, 2, 0]);
    // A fold that is no longer than the way between two leaves none.
    assert_eq!([look(560), look(560), look(561)], [10, 10, 11]);
    assert_eq!(look(561), 1);
}

#[test]
fn a_stream_that_is_written_by_and_by_has_short_looks_everywhere() {
    let case = Case::new();
    let mut next = 1_i64;
    for command in 0..60 {
        let by: Vec<_> = (next..next + 1 + command % 7).collect();
        next += 1 + command % 7;
        case.add(&format!("c{command}"), &by);
        case.instance.take_snapshot().unwrap();
    }
    let length = Version::try_from(next - 1).unwrap();
    let kept = case.storage.snapshots(2);
    assert!(kept.len() as u64 >= length / (EVERY + 7), "{kept:?}");
    for version in 1..=length {
        let cost = reads(&case, |case| see(case, When::Version(version), version));
        assert!(cost <= usize::try_from(EVERY).unwrap() + 7, "{cost} at {version}");
    }
}

#[test]
fn a_snapshot_that_cannot_be_stored_spoils_no_look() {
    let case = stream(100);
    case.storage.fail_snapshots();
    see(&case, When::Now, 100);
    see(&case, When::Version(77), 77);
    assert!(case.instance.pull(50).is_ok());
    assert!(case.storage.snapshots(2).is_empty());
    assert!(matches!(case.instance.take_snapshot(), Err(Fault::Unavailable(..))));
    assert_eq!(case.add("next", &[101]).version, 101);
}

/// An aggregate whose state is as large as its last event says.
struct Heavy;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Grown {
    bytes: usize,
}

edgefold_testing::plain!(Grown);

commands! {
    enum HeavyCommand { "Grow" [creates] => Grow(Grown) }
}

events! {
    enum HeavyEvent { "Grown" v 1 => Grown(Grown) }
}

impl Aggregate for Heavy {
    const TYPE: &'static str = "heavy";
    const SNAPSHOT_EVERY: Version = 1;
    type Command = HeavyCommand;
    type Event = HeavyEvent;
}

impl Decider for Heavy {
    type State = String;

    fn decide(_: &String, command: &HeavyCommand, _: &Context<'_>) -> Decision<HeavyEvent> {
        let HeavyCommand::Grow(grown) = command;
        Ok(vec![grown.clone().into()])
    }

    fn evolve(state: &mut String, event: &HeavyEvent, _version: Version) {
        let HeavyEvent::Grown(grown) = event;
        *state = "x".repeat(grown.bytes);
    }
}

impl Participant for Heavy {}

/// The snapshots that each of three loads in a row leaves of a stream of 20 events, with states of this size.
fn left(bytes: usize) -> [Vec<Version>; 3] {
    let (storage, id) = (MemoryStorage::default(), Id::parse("it").unwrap());
    let grown = (0..20).map(|_| HeavyEvent::from(Grown { bytes }));
    let events = envelopes(&StreamId::new(Heavy::TYPE, id.clone()), grown);
    storage.commit(&Write { events, ..Write::default() }).unwrap();
    [(), (), ()].map(|()| {
        let instance = Instance::of::<Heavy>(id.clone(), storage.clone());
        assert_eq!(instance.view(When::Now).unwrap().state.as_str().unwrap().len(), bytes);
        storage.snapshots(1)
    })
}

#[test]
fn one_fold_stores_so_many_bytes_and_the_next_goes_on_from_there() {
    let most = limits::FOLD_SNAPSHOTS_BYTES as Version / 1_000_002;
    let all = || (1..=20).collect::<Vec<_>>();
    assert_eq!(left(1_000_000), [(1..=most).collect(), all(), all()]);
    let too_large = limits::SNAPSHOT_BYTES;
    assert!(left(too_large).iter().all(Vec::is_empty));
}

#[test]
fn among_snapshots_that_cannot_be_read_the_latest_readable_one_counts() {
    let case = stream(100);
    see(&case, When::Now, 100);
    for version in [80, 90, 100] {
        let state = "{not json".to_owned();
        case.storage.set_snapshot(&Snapshot { version, state_version: 2, state }).unwrap();
    }
    let case = case.restarted();
    assert_eq!(reads(&case, |case| see(case, When::Now, 100)), 30);
    let case = case.restarted();
    assert_eq!(reads(&case, |case| see(case, When::Now, 100)), 0, "they were replaced");
}

#[test]
fn the_times_of_a_stream_never_fall() {
    let case = Case::new();
    let times = |storage: &MemoryStorage| {
        let events = storage.events(&edgefold_flow::append::storage::Slice::after(0)).unwrap();
        events.iter().map(|event| event.time.millis()).collect::<Vec<_>>()
    };
    for (index, now) in [5_000, 3_000, 4_000, 9_000].into_iter().enumerate() {
        case.now.set(now);
        case.add(&format!("c{index}"), &[1]);
    }
    assert_eq!(times(&case.storage), [5_000, 5_000, 5_000, 9_000]);
    let case = case.restarted();
    case.now.set(1_000);
    // A refused command leaves the time where it was.
    assert_eq!(code(case.send("no", "Fail", serde_json::json!({"how": "rule"}))), "ASKED");
    case.add("c4", &[1, 1]);
    assert_eq!(times(&case.storage)[4..], [9_000, 9_000]);
    let version = |millis| {
        let when = When::Instant(Timestamp::from_millis(millis));
        case.instance.view(when).map(|view| view.version).ok()
    };
    assert_eq!([version(4_999), version(5_000), version(8_999)], [None, Some(3), Some(3)]);
    assert_eq!(version(9_000), Some(6));
}
