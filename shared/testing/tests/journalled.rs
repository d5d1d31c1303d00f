//! What a stream tells its journal: everything that it publishes, in order, whatever gets lost, also after the journal was
//! restored.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod counter;

use edgefold_flow::{
    Instance, Participant,
    append::storage::{Slice, Storage, Write},
    instance::Sending,
    journal::{Append, Appended, Link, Partition, Partitions},
};
use edgefold_kernel::{
    Aggregate, Context, Decider, Decision, Envelope, Fault, Id, StreamId, Timestamp, Version,
    commands, events, limits,
};
use edgefold_testing::{MemoryJournal, MemoryStorage, scenario::envelopes};
use serde::{Deserialize, Serialize};

use counter::{Added, Case, Counter, CounterEvent};

type Journal = Partition<MemoryJournal>;

fn journal() -> Journal {
    Partition::new(MemoryJournal::default())
}

/// The instant that is so many seconds after the case has begun.
fn second(case: &Case, number: i64) -> Timestamp {
    Timestamp::from_millis(case.now.get() + number * 1_000)
}

fn next(case: &Case) -> Option<Sending> {
    case.instance.to_journal(second(case, 0)).unwrap()
}

fn answer(case: &Case, sent: &Sending, answer: Result<Appended, Fault>) {
    case.instance.journalled(sent, &answer, second(case, 0)).unwrap();
}

fn call(case: &Case, journal: &Journal) -> Option<Append> {
    let sent = next(case)?;
    answer(case, &sent, journal.append_all(&[&sent.text]).remove(0));
    Some(serde_json::from_str(&sent.text).unwrap())
}

/// Tells the journal everything. Returns the number of events in each call.
fn tell(case: &Case, journal: &Journal) -> Vec<usize> {
    std::iter::from_fn(|| call(case, journal)).map(|append| append.events.len()).collect()
}

fn versions(journal: &Journal) -> Vec<Version> {
    let items = journal.page(0, usize::MAX, usize::MAX).unwrap();
    items.iter().map(|item| item.event.version).collect()
}

fn published(case: &Case) -> Vec<Version> {
    let events = case.storage.events(&Slice::after(0)).unwrap();
    let is_published = |event: &&Envelope| Counter::publishes(&event.read().unwrap());
    events.iter().filter(is_published).map(|event| event.version).collect()
}

fn away() -> Result<Appended, Fault> {
    Err(Fault::Unavailable("the journal".into(), "away".into()))
}

/// A stored stream of these events, which was never looked at.
fn stored(events: impl IntoIterator<Item = Added>) -> Case {
    let case = Case::new();
    let stream = StreamId::new(Counter::TYPE, case.instance.id().clone());
    let events = envelopes(&stream, events.into_iter().map(CounterEvent::from));
    case.storage.commit(&Write { events, ..Write::default() }).unwrap();
    case
}

fn added(by: i64) -> Added {
    Added { by, ballast: String::new() }
}

#[test]
fn what_was_appended_together_travels_together_with_the_row() {
    let (case, journal) = (Case::new(), journal());
    case.add("a", &[1, 2]);
    case.now.set(2_000_000);
    case.add("b", &[3]);
    let append = call(&case, &journal).unwrap();
    assert_eq!((append.events.len(), append.before), (3, None));
    assert_eq!((append.row.version, append.row.state.get(), append.row.state_version), (3, "6", 2));
    assert_eq!(append.row.began, Timestamp::from_millis(1_000_000));
    assert_eq!(next(&case), None);
    case.add("c", &[4]);
    let append = call(&case, &journal).unwrap();
    let correlation = Id::parse("b").unwrap();
    assert_eq!(append.before, Some(Link { version: 3, correlation }));
    assert_eq!(versions(&journal), [1, 2, 3, 4]);
    assert_eq!(case.instance.head().unwrap().cursors.journalled, 4);
}

#[test]
fn an_event_that_is_nobodys_business_moves_the_cursor_alone() {
    let (case, journal) = (Case::new(), journal());
    case.add("a", &[-1, -2]);
    assert_eq!(next(&case), None);
    assert_eq!(case.instance.head().unwrap().cursors.journalled, 2);
    case.add("b", &[-3, 1, -4, 2, -5]);
    assert_eq!(tell(&case, &journal), [2]);
    assert_eq!(versions(&journal), [4, 6]);
    let cursors = case.instance.head().unwrap().cursors;
    assert_eq!((cursors.journalled, cursors.published), (7, 6));
    assert_eq!(case.instance.next_to_journal(60_000, second(&case, 0)).unwrap(), None);
    assert!(case.instance.is_unkept().unwrap());
    case.instance.keep_cursors(u64::MAX).unwrap();
    assert_eq!(case.storage.head().unwrap().cursors.published, 6);
    assert!(!case.instance.is_unkept().unwrap());
    // After a restart the event before is read, and what was not kept is sent once more.
    let case = case.restarted();
    case.add("c", &[-6, 7]);
    let append = call(&case, &journal).unwrap();
    assert_eq!(append.before.map(|before| before.version), Some(6));
    let case = case.restarted();
    assert_eq!(tell(&case, &journal), [1]);
    assert_eq!(versions(&journal), [4, 6, 9]);
}

#[test]
fn an_event_is_the_same_whether_it_is_fresh_or_stored() {
    let case = Case::new();
    for index in 0..40_i64 {
        case.add(&format!("c{index}"), &[index, -1]);
    }
    let fresh = next(&case).unwrap();
    assert_eq!(fresh.text, next(&case.restarted()).unwrap().text);
}

#[test]
fn a_call_has_a_bounded_number_of_events_and_the_first_one_has_few() {
    let case = stored((0..2_500).map(added));
    let journal = journal();
    assert_eq!(tell(&case, &journal), [100, 1_000, 1_000, 400]);
    assert_eq!(versions(&journal), published(&case));
}

#[test]
fn a_call_has_a_bounded_number_of_bytes() {
    let large = |by| Added { by, ballast: "x".repeat(120_000) };
    let case = stored((0..20).map(large));
    let journal = journal();
    let mut calls = 0;
    while let Some(sent) = next(&case) {
        assert!(sent.text.len() <= limits::JOURNAL_APPEND_BYTES + 1_000, "{}", sent.text.len());
        answer(&case, &sent, journal.append_all(&[&sent.text]).remove(0));
        calls += 1;
    }
    assert_eq!((calls, versions(&journal)), (4, published(&case)));
}

#[test]
fn a_call_that_fails_is_made_again_with_pauses_that_grow_with_the_age() {
    let (case, journal) = (Case::new(), journal());
    case.add("a", &[1]);
    let due = |case: &Case| case.instance.next_to_journal(60_000, second(case, 0)).unwrap();
    assert_eq!(due(&case), Some(second(&case, 60)), "nobody knows anything of it");
    let begun = case.now.get();
    let mut pauses = Vec::new();
    for _ in 0..30 {
        let sent = next(&case).unwrap();
        answer(&case, &sent, away());
        assert_eq!(next(&case), None, "not yet");
        let again = due(&case).unwrap().millis();
        pauses.push(again - case.now.get());
        case.now.set(again);
    }
    assert!(pauses[0] >= 1_000 && pauses[0] < 1_300, "{pauses:?}");
    assert!(pauses.is_sorted() && pauses[29] >= 300_000 && pauses[29] <= 375_000, "{pauses:?}");
    // It forgets the failure, not the age.
    let case = case.restarted();
    let sent = next(&case).unwrap();
    answer(&case, &sent, away());
    let again = due(&case).unwrap().millis();
    assert!(again - case.now.get() >= 300_000);
    case.add("b", &[2]);
    assert_eq!(next(&case), None, "nor does another event hurry");
    case.now.set(again);
    assert_eq!(tell(&case, &journal), [2]);
    assert_eq!((due(&case), versions(&journal)), (None, vec![1, 2]));
    assert!(case.now.get() > begun);
}

#[test]
fn a_call_whose_answer_is_lost_is_made_again_and_changes_nothing() {
    let (case, journal) = (Case::new(), journal());
    for index in 0..50_i64 {
        case.add(&format!("c{index}"), &[index, -1, index]);
        let sent = next(&case).unwrap();
        journal.append_all(&[&sent.text]);
        if index % 3 == 0 {
            answer(&case, &sent, away());
            case.now.set(case.now.get() + 1_000_000);
        }
        if index % 5 == 0 {
            answer(&case, &sent, journal.append_all(&[&sent.text]).remove(0));
        }
    }
    tell(&case, &journal);
    assert_eq!(versions(&journal), published(&case));
}

#[test]
fn after_a_restored_journal_the_stream_finds_what_it_has_by_halving_what_is_left() {
    // Which events are published: all, hardly any, none at the end, by turns.
    let kinds: [fn(Version) -> bool; 4] = [
        |_| true,
        |version| version.is_multiple_of(97),
        |version| version < 300,
        |version| version % 3 > 0,
    ];
    for (kind, is_published) in kinds.iter().enumerate() {
        let count = 600;
        let mark = |version: Version| if is_published(version) { version as i64 } else { -1 };
        for has in [0, 1, 2, 50, 97, 299, 300, 301, 599, 600] {
            for is_told in [false, true] {
                let case = stored((1..=count).map(|version| added(mark(version))));
                let storage = MemoryJournal::default();
                let journal = Partition::new(storage.clone());
                // As far as the journal was when it was backed up.
                let before = stored((1..=has).map(|version| added(mark(version))));
                tell(&before, &journal);
                let backup = storage.backup();
                let known = versions(&journal);
                tell(&case, &journal);
                assert_eq!(versions(&journal), published(&case));
                storage.restore(&backup);
                let journal = Partition::new(storage.clone());
                assert_eq!(versions(&journal), known);
                match is_told {
                    true => case.instance.doubt_journal().unwrap(),
                    false => drop(case.add("late", &[1])),
                }
                let calls = tell(&case, &journal);
                let questions = calls.iter().filter(|events| **events == 0).count();
                let what = format!("kind {kind}, {has} left, told {is_told}: {calls:?}");
                assert_eq!(versions(&journal), published(&case), "{what}");
                assert!(questions <= 11 && calls.len() - questions <= 4, "{what}");
                assert!(case.instance.is_journalled().unwrap(), "{what}");
                assert!(case.instance.is_unkept().unwrap(), "{what}");
            }
        }
    }
}

#[test]
fn a_doubt_about_a_journal_that_has_everything_is_one_question() {
    let (case, journal) = (Case::new(), journal());
    case.instance.doubt_journal().unwrap();
    assert_eq!((next(&case), case.instance.is_journalled()), (None, Ok(true)), "no stream");
    case.add("a", &[1, 2, 3, -1]);
    tell(&case, &journal);
    case.instance.doubt_journal().unwrap();
    let due = case.instance.next_to_journal(60_000, second(&case, 0)).unwrap();
    assert_eq!(due, Some(second(&case, 0)));
    assert_eq!(tell(&case, &journal), [0]);
    assert_eq!(versions(&journal), [1, 2, 3]);
    // What is asked has no state with it.
    case.instance.doubt_journal().unwrap();
    let question: Append = serde_json::from_str(&next(&case).unwrap().text).unwrap();
    assert_eq!((question.events.len(), question.row.state.get()), (0, "null"));
}

#[test]
fn a_version_is_found_in_the_journal_by_the_last_published_event_up_to_it() {
    let case = stored((1..=3_000).map(|version| added(if version > 4 { -1 } else { version })));
    let by = |version| case.instance.link_by(version).unwrap().map(|link| link.version);
    assert_eq!(
        [by(0), by(1), by(3), by(4), by(5), by(900)],
        [None, Some(1), Some(3), Some(4), Some(4), Some(4)]
    );
    tell(&case, &journal());
    let before = case.storage.events_read();
    assert_eq!([by(3_000), by(2_000)], [Some(4), Some(4)]);
    assert_eq!(case.storage.events_read(), before);
    let silent = stored((1..=10).map(|_| added(-1)));
    assert_eq!(silent.instance.link_by(10), Ok(None));
}

#[test]
fn what_stands_before_an_event_that_this_code_cannot_read_does_not_wait_for_it() {
    let case = stored((1..=3).map(added));
    let mut strange = case.storage.events(&Slice::after(0)).unwrap().remove(0);
    (strange.version, strange.event_type) = (4, "Multiplied".into());
    case.storage.commit(&Write { events: vec![strange], ..Write::default() }).unwrap();
    case.storage
        .set_snapshot(&edgefold_flow::append::storage::Snapshot {
            version: 4,
            state_version: 2,
            state: "6".into(),
        })
        .unwrap();
    let journal = journal();
    assert_eq!(call(&case, &journal).unwrap().events.len(), 3);
    let now = second(&case, 0);
    assert!(matches!(case.instance.to_journal(now), Err(Fault::Newer(_))));
    assert_eq!(next(&case), None, "not at once");
    assert!(case.instance.next_to_journal(60_000, now).unwrap() > Some(now));
    assert_eq!(versions(&journal), [1, 2, 3]);
}

#[test]
fn a_stream_stays_in_the_partition_in_which_it_began() {
    let partitions = |number: u16| Partitions::parse(&format!("counter={number}")).0;
    let case = Case::new();
    let with = |number: u16| {
        let id = case.instance.id().clone();
        Instance::of::<Counter>(id, case.storage.clone()).partitioned(&partitions(number))
    };
    let begins = |number| partitions(number).begins("counter", case.instance.id());
    let first = (2..=64).find(|number| begins(*number) > 0).unwrap();
    let other = (2..=64).find(|number| begins(*number) != begins(first)).unwrap();
    assert_eq!(with(other).partition(), Ok(begins(other)), "it has not begun");
    let begun = with(first);
    let message = Case::message("a", "Add", serde_json::json!({"by": [1]}));
    case.with_stamp(|stamp| begun.handle(&begun.wanted(&message), &Default::default(), stamp))
        .unwrap();
    assert_eq!(
        [begun.partition(), with(other).partition(), with(1).partition()],
        [Ok(begins(first)), Ok(begins(first)), Ok(begins(first))]
    );
}

/// Has a state that is as large as it is asked to be.
struct Wide;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Widen {
    bytes: usize,
}

edgefold_testing::plain!(Widen);

commands! { enum WideCommand { "Widen" [creates] => Widen(Widen) } }
events! { enum WideEvent { "Widened" v 1 => Widened(Widen) } }

impl Aggregate for Wide {
    const TYPE: &'static str = "wide";
    type Command = WideCommand;
    type Event = WideEvent;
}

impl Decider for Wide {
    type State = String;

    fn decide(_: &String, command: &WideCommand, _: &Context<'_>) -> Decision<WideEvent> {
        let WideCommand::Widen(widen) = command.clone();
        Ok(vec![WideEvent::Widened(widen)])
    }

    fn evolve(state: &mut String, event: &WideEvent, _: Version) {
        let WideEvent::Widened(widen) = event;
        *state = "x".repeat(widen.bytes);
    }
}

impl Participant for Wide {}

#[test]
fn an_outline_that_no_row_could_hold_is_left_out() {
    let id = Id::parse("w").unwrap();
    for (bytes, is_shown) in [(limits::OUTLINE_BYTES - 2, true), (limits::OUTLINE_BYTES, false)] {
        let storage = MemoryStorage::default();
        let instance = Instance::of::<Wide>(id.clone(), storage.clone());
        assert!(instance.outline().unwrap().is_none(), "no stream");
        let stream = StreamId::new(Wide::TYPE, id.clone());
        let events = envelopes(&stream, [WideEvent::Widened(Widen { bytes })]);
        storage.commit(&Write { events, ..Write::default() }).unwrap();
        let instance = Instance::of::<Wide>(id.clone(), storage);
        let row = instance.outline().unwrap().unwrap();
        assert_eq!((row.version, row.state.get() != "null"), (1, is_shown));
        let sent = instance.to_journal(Timestamp::default()).unwrap().unwrap();
        assert!(sent.text.len() < 2_000_000);
    }
}
