//! One instance over the in-memory port: all or nothing, snapshots, time travel, the outbox.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod counter;

use edgefold_flow::{
    Stamp,
    append::storage::{Slice, Snapshot, Storage},
    door::{Asker, token::Caller},
    instance::When,
};
use edgefold_kernel::{
    Aggregate, Failure, Fault, Foreign, Id, Principal, Role, Timestamp, Version,
};
use serde_json::json;

use counter::{Case, Counter, code};

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
        code(case.with_stamp(|stamp| case.instance.handle(&stale, &Foreign::default(), stamp))),
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

#[test]
fn an_unknown_field_is_left_out_of_an_errand_and_refused_from_outside() {
    let case = Case::new();
    let newer = json!({"by": [1], "why": {"said": "newer code"}});
    assert_eq!(case.send("a", "Add", newer.clone()).unwrap().version, 1);
    assert_eq!(case.state(), (1, 1));
    assert!(case.send("a", "Add", newer.clone()).unwrap().duplicate);
    let other = case.send("a", "Add", json!({"by": [1]}));
    assert_eq!(code(other), "IDEMPOTENCY_KEY_REUSED", "the content is compared as it was sent");

    let ana = Principal::new(Id::parse("ana").unwrap(), Role::new("guest"));
    let outside = Asker::Somebody(Caller::new(ana, Timestamp::MAX));
    let message = Case::message("b", "Add", newer);
    let refused = case
        .with_stamp(|stamp| case.instance.handle(&message, &[], &Stamp { by: &outside, ..*stamp }));
    assert_eq!(code(refused), "UNKNOWN_FIELD");
    assert_eq!(case.state(), (1, 1));
}

#[test]
fn however_much_is_not_confirmed_all_of_it_is_handed_over_again() {
    let case = Case::new();
    for command in 0..5 {
        case.add(&format!("c{command}"), &[1; 50]);
    }
    let (mut after, mut sent) = (0, Vec::new());
    loop {
        let batch = case.instance.overdue(after, Timestamp::MAX).unwrap();
        if batch.through == 0 {
            break;
        }
        after = batch.through;
        sent.push(batch.texts.len());
    }
    assert_eq!((sent, after), (vec![100, 100, 50], 250));
}

#[test]
fn what_is_not_confirmed_is_handed_over_again() {
    let case = Case::new();
    case.add("a", &[1, 2, 3]);
    let batch = case.instance.outbox().unwrap();
    assert_eq!((batch.texts.len(), batch.through), (3, 3));
    case.instance.published(batch.through).unwrap();
    assert!(case.instance.outbox().unwrap().texts.is_empty());
    case.instance.confirm(&[3, 1]).unwrap();
    assert_eq!(case.instance.head().unwrap().confirmed, 1);
    let decided = Timestamp::from_millis(case.now.get());
    let early = decided.plus_millis(-1);
    assert!(
        case.instance.overdue(0, early).unwrap().texts.is_empty(),
        "it may still be on its way"
    );
    assert_eq!(
        case.instance.overdue(0, decided).unwrap().texts.len(),
        1,
        "what has arrived is not sent again"
    );
    case.instance.confirm(&[2]).unwrap();
    assert_eq!(
        case.instance.head().unwrap().confirmed,
        3,
        "what came early counts once the gap is closed"
    );
    assert!(case.instance.overdue(0, Timestamp::MAX).unwrap().texts.is_empty());
    assert!(case.instance.outbox().unwrap().texts.is_empty());
    assert_eq!(case.storage.head().unwrap().confirmed, 0, "not a row for each");
    case.instance.keep_confirmed(u64::MAX).unwrap();
    assert_eq!(case.storage.head().unwrap().confirmed, 3);
}

#[test]
fn the_outbox_cursor_is_stored_no_further_than_every_follower_was_told() {
    let case = Case::new();
    case.add("a", &[1, 2, 3]);
    case.instance.confirm(&[1, 2, 3]).unwrap();
    let stored = || case.storage.head().unwrap().confirmed;
    case.instance.keep_confirmed(2).unwrap();
    assert_eq!((stored(), case.instance.is_unkept().unwrap()), (2, true));
    case.instance.keep_confirmed(1).unwrap();
    assert_eq!(stored(), 2, "it never moves back");
    case.instance.keep_confirmed(u64::MAX).unwrap();
    assert_eq!((stored(), case.instance.is_unkept().unwrap()), (3, false));
}

#[test]
fn after_a_restart_what_was_not_told_is_not_confirmed_either() {
    let case = Case::new();
    case.add("a", &[1, 2, 3]);
    case.instance.confirm(&[1, 2, 3]).unwrap();
    case.instance.keep_confirmed(2).unwrap();
    assert_eq!(case.restarted().instance.head().unwrap().confirmed, 2);
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
        let mut state: <Counter as Aggregate>::State = serde_json::from_value(fold.state).unwrap();
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

#[test]
fn a_letter_is_the_same_whether_it_is_fresh_or_made_from_the_stored_event() {
    let case = Case::new();
    for index in 0..150_i64 {
        case.add(&format!("c{index}"), &[index, index]);
    }
    // More than are kept in memory: the oldest 100 are made from storage in any case.
    let drain = |case: &Case| {
        let (mut texts, mut calls) = (Vec::new(), 0);
        loop {
            let batch = case.instance.outbox().unwrap();
            if batch.through == 0 {
                return (texts, calls);
            }
            calls += 1;
            texts.extend(batch.texts);
            case.instance.published(batch.through).unwrap();
        }
    };
    let (fresh, calls) = drain(&case);
    assert_eq!((fresh.len(), calls), (300, 3));
    let (stored, _) = drain(&case.restarted());
    assert_eq!(fresh, stored);
}
