//! One instance over the in-memory port: all or nothing, snapshots, time travel, the outbox.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod counter;

use edgefold_flow::{
    append::storage::{Slice, Snapshot, Storage},
    instance::When,
    publish::{Letter, Outgoing},
};
use edgefold_kernel::{Decider, Failure, Fault, Foreign, Timestamp, Version};
use serde_json::json;

use counter::{ASKS, Case, Counter, code};

#[test]
fn the_events_of_a_command_are_contiguous_and_all_there() {
    let case = Case::new();
    case.add("a", &[1]);
    let accepted = case.add("b", &[2, 3, 4]);
    assert_eq!((accepted.first_version, accepted.version, accepted.events.len()), (2, 4, 3));
    assert_eq!(case.state(), (4, 10));
}

#[test]
fn whatever_goes_wrong_appends_nothing_and_the_next_command_is_fine() {
    for (how, expected) in [
        ("panic", "INTERNAL"),
        ("panic in evolve", "INTERNAL"),
        ("large", "EVENT_TOO_LARGE"),
        ("many", "TOO_MANY_EVENTS"),
        ("rule", "ASKED"),
    ] {
        let case = Case::new();
        case.add("a", &[5]);
        assert_eq!(code(case.send("b", "Fail", json!({"how": how}))), expected, "{how}");
        assert_eq!(case.state(), (1, 5), "{how}");
        assert!(case.instance.take_appended().len() == 1, "{how}");
        assert_eq!(case.add("c", &[1]).version, 2, "{how}");
        assert_eq!(case.restarted().state(), (2, 6), "{how}");
    }
}

#[test]
fn a_failed_commit_leaves_neither_events_nor_a_cached_state() {
    let case = Case::new();
    case.add("a", &[5]);
    case.storage.fail_next_commit();
    assert_eq!(code(case.send("b", "Add", json!({"by": [7]}))), "UNAVAILABLE");
    assert_eq!(case.state(), (1, 5));
    assert_eq!(case.add("b", &[7]).version, 2);
    assert_eq!(case.state(), (2, 12));
}

#[test]
fn a_cached_state_never_hides_a_conflict() {
    let case = Case::new();
    case.add("a", &[5]);
    case.storage.fail_next_commit();
    assert!(case.send("b", "Add", json!({"by": [7]})).is_err());
    let mut stale = Case::message("c", "Add", json!({"by": [1]}));
    stale.expected_version = Some(2);
    assert_eq!(
        code(case.with_stamp(|stamp| case.instance.handle(
            &case.instance.wanted(&stale),
            &Foreign::default(),
            stamp
        ))),
        "VERSION_CONFLICT"
    );
}

#[test]
fn the_state_is_the_same_with_and_without_a_snapshot() {
    let case = Case::new();
    for index in 0..25_i64 {
        case.add(&format!("c{index}"), &[index]);
        case.instance.take_snapshot().unwrap();
    }
    let taken = case.storage.snapshot(2, Version::MAX).unwrap().unwrap();
    assert_eq!((taken.version, taken.state_version), (20, 2));
    let expected = case.state();
    let case = case.restarted();
    assert_eq!(case.state(), expected);
    case.storage.set_snapshot(&Snapshot { state_version: 0, ..taken }).unwrap();
    assert_eq!(case.restarted().state(), expected);
}

#[test]
fn a_snapshot_of_another_version_or_an_unreadable_one_is_ignored() {
    for (state_version, state) in [(1, "7000"), (3, "7000"), (2, "{not json")] {
        let case = Case::new();
        case.add("a", &[1; 15]);
        case.storage
            .set_snapshot(&Snapshot { version: 15, state_version, state: state.into() })
            .unwrap();
        let case = case.restarted();
        assert_eq!(case.state(), (15, 15), "{state_version} {state}");
        // The fold was long enough to leave one on its way: the next begins there.
        let before = case.storage.events_read();
        let case = case.restarted();
        assert_eq!(case.state(), (15, 15), "{state_version} {state}");
        assert_eq!(case.storage.events_read() - before, 5, "{state_version} {state}");
        case.add("b", &[1; 5]);
        case.instance.take_snapshot().unwrap();
        let found = case.storage.snapshot(2, Version::MAX).unwrap();
        assert_eq!(found, Some(Snapshot { version: 20, state_version: 2, state: "20".into() }));
        assert!(case.storage.snapshots(1).is_empty(), "those of a lower schema version go");
    }
}

#[test]
fn a_snapshot_is_used_instead_of_the_events_before_it() {
    let case = Case::new();
    case.add("a", &[1; 15]);
    // A state that no fold would come to shows that it was used.
    case.storage
        .set_snapshot(&Snapshot { version: 15, state_version: 2, state: "7000".into() })
        .unwrap();
    let case = case.restarted();
    assert_eq!(case.add("b", &[1]).version, 16);
    assert_eq!(case.state(), (16, 7001));
}

#[test]
fn a_past_state_is_shown_by_version_and_by_instant() {
    let case = Case::new();
    for (index, by) in [(1_i64, 10_i64), (2, 20), (3, 30)] {
        case.now.set(1_000_000 + index * 100);
        case.add(&format!("c{index}"), &[by]);
    }
    let state =
        |when| case.instance.view(when).map(|view| (view.version, view.state.as_i64().unwrap()));
    assert_eq!(state(When::Version(2)).unwrap(), (2, 30));
    assert_eq!(state(When::Version(3)).unwrap(), (3, 60));
    let at = |millis| When::Instant(Timestamp::from_millis(millis));
    assert_eq!(state(at(1_000_250)).unwrap(), (2, 30));
    assert_eq!(state(at(1_000_200)).unwrap(), (2, 30));
    assert_eq!(state(at(9_000_000)).unwrap(), (3, 60));
    let refused = |when| match case.instance.view(when) {
        Err(Failure::Rejected(rejection)) => (rejection.status(), rejection.current_version),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(When::Version(4)), (404, Some(3)));
    assert_eq!(refused(When::Version(0)), (404, None));
    assert_eq!(refused(at(1_000_000)), (404, None));
}

#[test]
fn a_snapshot_does_not_hide_the_past() {
    let case = Case::new();
    case.add("a", &[1; 15]);
    case.instance.take_snapshot().unwrap();
    assert_eq!(case.restarted().instance.view(When::Version(4)).unwrap().state, json!(4));
}

#[test]
fn an_event_of_an_unknown_type_is_a_fault_of_its_stream_only() {
    let case = Case::new();
    case.add("a", &[1]);
    let mut strange = case.storage.events(&Slice::after(0)).unwrap().remove(0);
    strange.version = 2;
    strange.event_type = "Multiplied".into();
    case.storage
        .commit(&edgefold_flow::append::storage::Write {
            events: vec![strange],
            ..Default::default()
        })
        .unwrap();
    let case = case.restarted();
    assert!(
        matches!(case.instance.view(When::Now), Err(Failure::Faulted(Fault::Newer(said))) if said.contains("Multiplied"))
    );
    assert_eq!(code(case.send("b", "Add", json!({"by": [1]}))), "NEWER_CODE_NEEDED");
    let other = Case::new();
    assert_eq!(other.add("a", &[1]).version, 1);
}

/// The instant that is so many seconds after the case has begun.
fn second(case: &Case, number: i64) -> Timestamp {
    Timestamp::from_millis(case.now.get() + number * 1_000)
}

/// Publishes everything. Returns the messages.
fn publish(case: &Case) -> Vec<Outgoing> {
    let mut all = Vec::new();
    loop {
        let messages = case.instance.outbox(second(case, 0)).unwrap();
        if messages.is_empty() {
            return all;
        }
        messages.iter().for_each(|sent| case.instance.published(sent).unwrap());
        all.extend(messages);
    }
}

fn covered(messages: &[Outgoing]) -> Vec<(Version, Version)> {
    messages.iter().map(|one| (one.after, one.through)).collect()
}

fn items_in(messages: &[Outgoing]) -> Vec<Version> {
    let texts = messages.iter().filter_map(|one| one.text.as_deref());
    let letters = texts.map(|text| serde_json::from_str::<Letter>(text).unwrap());
    let deliveries = letters.flat_map(|letter| letter.deliveries);
    deliveries.flat_map(|one| one.delivery.items).map(|item| item.version).collect()
}

#[test]
fn what_concerns_nobody_is_covered_without_a_message_and_has_arrived() {
    let case = Case::new();
    case.add("a", &[1, 2, 3]);
    let sent = publish(&case);
    assert_eq!((covered(&sent), sent[0].text.as_ref()), (vec![(0, 3)], None));
    assert_eq!(case.instance.head().unwrap().cursors.confirmed, 3);
    assert_eq!(case.instance.head().unwrap().cursors.journalled, 0);
}

#[test]
fn however_much_has_not_arrived_all_of_it_is_sent_again() {
    let case = Case::new();
    for command in 0..5 {
        case.add(&format!("c{command}"), &[ASKS; 50]);
    }
    let sent = publish(&case);
    let again = case.instance.overdue(60_000, second(&case, 60)).unwrap();
    assert_eq!(items_in(&again), (1..=250).collect::<Vec<_>>());
    assert_eq!(items_in(&sent), items_in(&again));
}

#[test]
fn what_has_not_arrived_is_sent_again_when_its_time_has_come() {
    let case = Case::new();
    case.add("a", &[ASKS; 3]);
    let sent = publish(&case);
    assert_eq!(items_in(&sent), [1, 2, 3]);
    let again = |number: i64| {
        let messages = case.instance.overdue(60_000, second(&case, number));
        items_in(&messages.unwrap())
    };
    let next = || case.instance.next_again(60_000, second(&case, 1)).unwrap();
    assert_eq!((again(59), next()), (vec![], Some(second(&case, 60))), "it may be on its way");
    assert!(!case.instance.arrived((2, 3)).unwrap());
    assert!(case.instance.arrived((0, 1)).unwrap());
    assert_eq!(case.instance.head().unwrap().cursors.confirmed, 1);
    assert_eq!(again(60), [2], "what came early counts");
    assert_eq!(again(61), [0; 0], "once for each instant");
    assert!(case.instance.arrived((1, 2)).unwrap());
    let confirmed = || case.storage.head().unwrap().cursors.confirmed;
    assert_eq!(case.instance.head().unwrap().cursors.confirmed, 3);
    assert_eq!((again(1_000), next()), (vec![], None));
    assert_eq!(confirmed(), 0, "not a row for each");
    case.instance.keep_cursors(u64::MAX).unwrap();
    assert_eq!(confirmed(), 3);
}

#[test]
fn the_cursor_of_the_bus_is_stored_no_further_than_every_follower_was_told() {
    let case = Case::new();
    case.add("a", &[1, 2, 3]);
    publish(&case);
    let stored = || case.storage.head().unwrap().cursors.confirmed;
    case.instance.keep_cursors(2).unwrap();
    assert_eq!((stored(), case.instance.is_unkept().unwrap()), (2, true));
    case.instance.keep_cursors(1).unwrap();
    assert_eq!(stored(), 2, "it never moves back");
    let case = case.restarted();
    assert_eq!(case.instance.head().unwrap().cursors.confirmed, 2, "after a restart");
    publish(&case);
    case.instance.keep_cursors(u64::MAX).unwrap();
    let stored = case.storage.head().unwrap().cursors.confirmed;
    assert_eq!((stored, case.instance.is_unkept().unwrap()), (3, false));
}

#[test]
fn an_instance_that_wakes_publishes_what_it_has_just_committed_and_leaves_the_rest_to_its_alarm() {
    for (wakes_at, published, alarm) in [(3, vec![1, 2], 60), (4, vec![], 60), (70, vec![], 70)] {
        let case = Case::new();
        case.add("a", &[ASKS; 2]);
        let (now, alarm) = (second(&case, wakes_at), second(&case, alarm));
        let case = case.restarted();
        let sent = case.instance.outbox(now).unwrap();
        assert_eq!(items_in(&sent), published, "{wakes_at} s");
        let next = case.instance.next_again(60_000, now).unwrap();
        assert_eq!(next, Some(alarm), "{wakes_at} s");
        let again = case.instance.overdue(60_000, alarm).unwrap();
        assert_eq!(items_in(&again).is_empty(), !published.is_empty(), "{wakes_at} s");
    }
}

#[test]
fn a_page_folded_on_from_its_state_comes_to_the_state_of_the_stream() {
    let case = Case::new();
    for index in 0..250_i64 {
        case.add(&format!("c{index}"), &[index]);
    }
    let whole = serde_json::to_value(&case.instance.view(When::Now).unwrap().state).unwrap();
    for after in [0, 1, 99, 100, 149, 150, 248, 249] {
        let page = case.instance.pull(after).unwrap();
        let last = (after + 100).min(250);
        assert_eq!((page.after, page.through, page.head), (after, last, 250));
        let versions: Vec<_> = page.events.iter().map(|(cursor, _)| *cursor).collect();
        assert_eq!(versions, (after + 1..=last).collect::<Vec<_>>());
        let fold = page.fold.unwrap();
        assert_eq!(fold.at, if after == 249 { 250 } else { after });
        let mut state: <Counter as Decider>::State = serde_json::from_value(fold.state).unwrap();
        for (_, event) in page.events.iter().filter(|(version, _)| *version > fold.at) {
            Counter::evolve(&mut state, &event.read().unwrap(), event.version);
        }
        let then = case.instance.view(When::Version(last)).unwrap().state;
        assert_eq!(serde_json::to_value(state).unwrap(), then);
        assert!(last < 250 || then == whole);
    }
    let none = case.instance.pull(250).unwrap();
    assert_eq!((none.through, none.events.len()), (250, 0));
}

/// Reads a stream from here on, as many pages as there are or are wanted, and checks the state at the end of each.
fn backfill(case: &Case, mut after: Version, pages: usize) -> Version {
    for _ in 0..pages {
        let page = case.instance.pull(after).unwrap();
        let fold = page.fold.unwrap();
        let mut state: i64 = serde_json::from_value(fold.state).unwrap();
        for (_, event) in page.events.iter().filter(|(version, _)| *version > fold.at) {
            Counter::evolve(&mut state, &event.read().unwrap(), event.version);
        }
        // Event n adds n.
        assert_eq!(state, (1..=i64::try_from(page.through).unwrap()).sum::<i64>(), "after {after}");
        after = page.through;
    }
    after
}

#[test]
fn a_backfill_reads_every_event_as_often_however_long_the_stream_is() {
    let case = Case::new();
    for hundred in 0..100 {
        let by: Vec<i64> = (hundred * 100 + 1..=hundred * 100 + 100).collect();
        case.add(&format!("c{hundred}"), &by);
    }
    case.instance.take_snapshot().unwrap();
    let (mut last, pages) = (0, 100);
    let reads = |pages: usize, last: &mut Version| {
        let before = case.storage.events_read();
        *last = backfill(&case, *last, pages);
        case.storage.events_read() - before
    };
    let (first, rest) = (reads(1, &mut last), reads(pages - 1, &mut last));
    // Its own events; and from the second page on also the first event of the stream, for the instant at which that
    // began.
    assert_eq!((first, rest, last), (100, (pages - 1) * 101, 10_000));
}

#[test]
fn a_backfill_goes_on_after_an_eviction() {
    let case = Case::new();
    for hundred in 0..20 {
        let by: Vec<i64> = (hundred * 100 + 1..=hundred * 100 + 100).collect();
        case.add(&format!("c{hundred}"), &by);
    }
    let after = backfill(&case, 0, 12);
    let case = case.restarted();
    case.add("c20", &(2_001..=2_100).collect::<Vec<_>>());
    assert_eq!(backfill(&case, after, 9), 2_100);
    // Another reader, elsewhere in the stream, and one behind it.
    assert_eq!(backfill(&case, 1_450, 1), 1_550);
    assert_eq!(backfill(&case, 50, 1), 150);
}
