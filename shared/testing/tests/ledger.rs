//! The outcomes of commands: each is remembered until it expires, and they are deleted day by day.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod counter;

use edgefold_flow::{append::storage::Storage, decide::day};
use edgefold_kernel::{Aggregate, Id, Timestamp};

use counter::{Case, Counter};

const DAY: i64 = 24 * 60 * 60 * 1000;
const TTL: i64 = Counter::OUTCOME_TTL_MS;

/// A case at this instant, and the command `a` decided then.
fn decided(now: i64) -> Case {
    let case = Case::new();
    case.now.set(now);
    assert!(!case.add("a", &[1]).duplicate);
    case
}

/// The days under which there are outcomes of the command `a`, of the first hundred.
fn days(case: &Case) -> Vec<i64> {
    let found = case.storage.outcomes(0..=100, &[&Id::parse("a").unwrap()]).unwrap();
    found.iter().map(|outcome| day(outcome.expires_at)).collect()
}

fn prune(case: &Case, now: i64) -> Option<i64> {
    let next = case.instance.prune(Timestamp::from_millis(now)).unwrap();
    next.map(Timestamp::millis)
}

#[test]
fn an_outcome_is_remembered_until_it_expires() {
    // At noon, over midnight, and at midnight itself.
    for now in [5 * DAY + DAY / 2, 6 * DAY - 1, 6 * DAY - TTL, 6 * DAY] {
        let case = decided(now);
        for later in [0, 1, TTL - 1] {
            case.now.set(now + later);
            assert!(case.add("a", &[1]).duplicate, "{now} + {later}");
            let a = Id::parse("a").unwrap();
            let at = |millis| case.instance.outcome(&a, Timestamp::from_millis(millis)).unwrap();
            assert!(at(now + later).is_some() && at(now + TTL).is_none(), "{now} + {later}");
        }
        case.now.set(now + TTL);
        assert!(!case.add("a", &[1]).duplicate, "expired, though its row is still there");
        assert!(case.add("a", &[1]).duplicate, "the new outcome counts");
    }
}

#[test]
fn a_clock_that_was_ahead_hides_no_outcome() {
    // Stored just after midnight; then the object moves to a machine whose clock is not there yet.
    let case = decided(6 * DAY + 20_000);
    case.now.set(6 * DAY - 20_000);
    assert!(case.add("a", &[1]).duplicate);
}

#[test]
fn an_expired_outcome_beside_a_new_one_of_another_day_does_not_count() {
    let case = decided(6 * DAY - 2 * TTL);
    case.now.set(6 * DAY - TTL);
    assert!(!case.add("a", &[2, 2]).duplicate);
    assert_eq!(days(&case), [5, 6]);
    let again = case.add("a", &[2, 2]);
    assert_eq!((again.duplicate, again.first_version, again.version), (true, 2, 3));
    // The other way round in a batch: the row of the first day does not hide the second.
    let messages = [Case::message("a", "Add", serde_json::json!({"by": [2, 2]}))];
    let results = case.with_stamp(|stamp| case.instance.handle_all(&case.wanted(&messages), stamp));
    assert!(results.into_iter().all(|one| one.unwrap().duplicate));
    assert_eq!(prune(&case, 6 * DAY), None, "it takes no row to delete the other");
    assert_eq!(days(&case), [6], "the expired one is gone");
    assert!(case.add("a", &[2, 2]).duplicate);
}

#[test]
fn an_expired_outcome_of_the_same_day_is_replaced() {
    let case = decided(5 * DAY);
    case.now.set(5 * DAY + 3 * TTL);
    assert!(!case.add("a", &[2]).duplicate);
    assert_eq!(days(&case), [5]);
    assert!(case.add("a", &[2]).duplicate);
}

#[test]
fn bare_outcomes_are_deleted_by_the_day_and_it_is_known_when_the_next_can_be() {
    let case = Case::new();
    case.now.set(5 * DAY);
    case.add("a", &[]);
    assert_eq!(prune(&case, 5 * DAY), Some(6 * DAY), "today's stay");
    case.now.set(8 * DAY);
    case.add("b", &[]);
    assert_eq!(prune(&case, 6 * DAY - 1), Some(6 * DAY));
    assert_eq!(days(&case), [5], "expired, but of today");
    assert_eq!(prune(&case, 6 * DAY), Some(9 * DAY), "nothing is to do until then");
    assert!(days(&case).is_empty());
    assert_eq!(prune(&case, 9 * DAY), None);
}

#[test]
fn the_outcome_of_a_command_with_events_sets_no_alarm() {
    let case = Case::new();
    case.now.set(5 * DAY);
    let due = || case.instance.next_due(60_000, Timestamp::from_millis(6 * DAY)).unwrap();
    assert_eq!(prune(&case, 5 * DAY), None);
    case.add("a", &[]);
    assert!(due() >= Some(Timestamp::from_millis(6 * DAY)), "a bare one does");
    prune(&case, 7 * DAY);
    assert_eq!(due(), None);
}
