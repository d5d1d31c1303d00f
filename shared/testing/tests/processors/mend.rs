//! What cannot be digested stops one stream of one processor, and nothing else.

use edgefold_flow::journal::{database::STATEMENTS, order::Order, status::State, track::PARKED};
use edgefold_kernel::Id;

use crate::world::{PANICS, REFUSED, UNREAD, World, set_repaired};

fn parked(world: &World) -> Vec<(String, u64, u32)> {
    let of = world.status().into_iter().flat_map(|track| track.parked);
    of.map(|it| (it.aggregate_id.to_string(), it.position, it.attempts)).collect()
}

#[test]
fn a_bad_event_parks_its_stream_and_after_the_repair_it_is_made_up_in_order() {
    for bad in [UNREAD, PANICS, REFUSED] {
        for others in [0, 1, 40] {
            let mut world = World::new(1);
            world.settle();
            world.append("tally", "bad", &[1, 2]);
            world.append("tally", "bad", &[3, bad, 4]);
            for other in 0..others {
                world.append("tally", &format!("good{other}"), &[5, 6]);
            }
            world.append("tally", "bad", &[7]);
            world.settle();
            world.append("tally", "bad", &[8]);
            world.append("tally", "late", &[9]);
            world.settle();
            world.check_without(&["bad"]);
            assert_eq!(
                world.db.one("SELECT events FROM sums WHERE id = 'bad'"),
                3,
                "what stands before it is there"
            );
            let waits = parked(&world);
            assert_eq!(waits.len(), 1, "{waits:?}");
            assert_eq!((waits[0].0.as_str(), waits[0].1), ("bad", 3));
            let id = Id::parse("bad").unwrap();
            assert!(world.shards[0].runner.as_ref().unwrap().board().is_parked("sums", &id));
            world.restart_all();
            set_repaired(true);
            world.order("sums", Order::Retry).unwrap();
            world.settle();
            world.check();
            assert_eq!(parked(&world), []);
            world.append("tally", "bad", &[10]);
            world.settle();
            world.check();
        }
    }
}

#[test]
fn a_retry_before_the_repair_changes_nothing() {
    for bad in [UNREAD, REFUSED] {
        let mut world = World::new(1);
        world.append("tally", "bad", &[1, bad, 2]);
        world.settle();
        for attempt in 0..3 {
            let before = parked(&world);
            world.order("sums", Order::Retry).unwrap();
            world.settle();
            let after = parked(&world);
            assert_eq!((after[0].1, after[0].2), (1, before[0].2 + 1), "{attempt}");
            world.check_without(&["bad"]);
        }
    }
}

#[test]
fn it_is_tried_again_by_itself_once_some_time_has_passed() {
    let mut world = World::new(1);
    world.append("tally", "bad", &[1, UNREAD, 2]);
    world.settle();
    set_repaired(true);
    world.restart_all();
    world.settle();
    world.check_without(&["bad"]);
    world.now += 3_600_000;
    world.settle();
    world.check();
}

#[test]
fn a_long_stream_is_made_up_however_much_waits() {
    let mut world = World::new(1);
    world.append("tally", "bad", &[1, REFUSED]);
    world.settle();
    for _ in 0..25 {
        world.append("tally", "bad", &[100; 100]);
        world.append("tally", "good", &[100; 10]);
    }
    world.settle();
    let rows = world.db.one("SELECT COUNT(*) FROM parked");
    assert_eq!(rows, 1);
    set_repaired(true);
    world.order("sums", Order::Retry).unwrap();
    world.settle();
    world.check();
}

#[test]
fn a_crash_while_it_is_made_up_repeats_nothing() {
    let run = |fails: Option<(usize, crate::sqlite::Fails)>| {
        let mut world = World::new(1);
        world.append("tally", "bad", &[1, REFUSED, 3]);
        world.append("tally", "good", &[4]);
        world.settle();
        world.append("tally", "bad", &[100; 250]);
        world.settle();
        set_repaired(true);
        let before = world.db.calls();
        fails.into_iter().for_each(|(call, how)| world.db.fail(before + call, how));
        for _ in 0..3 {
            let _ = world.order("sums", Order::Retry);
            world.round(0);
            world.append("tally", "bad", &[5]);
            world.restart_all();
        }
        let _ = world.order("sums", Order::Retry);
        world.settle();
        world.check();
        world.db.calls() - before
    };
    for call in 0..run(None) {
        run(Some((call, crate::sqlite::Fails::Before)));
        run(Some((call, crate::sqlite::Fails::After)));
    }
}

#[test]
fn a_database_that_is_away_is_no_poison() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    world.db.set_away(true);
    world.append("tally", "a", &[2]);
    for _ in 0..10 {
        world.round(0);
        world.now += 60_000;
    }
    assert_eq!(parked(&world), []);
    let mut status = world.status();
    status.retain(|it| it.category == "tally");
    assert!(status.iter().all(|it| it.state == State::Failing), "{status:#?}");
    assert!(status.iter().any(|it| it.is_stalled()));
    world.db.set_away(false);
    world.now += 60_000;
    world.settle();
    world.check();
    assert!(world.status().iter().all(|it| it.state == State::CaughtUp && it.error.is_none()));
}

#[test]
fn a_missing_table_is_the_processors_own_and_parks_nobody() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    world.db.execute("ALTER TABLE sums_g1 RENAME TO elsewhere");
    world.append("tally", "a", &[2]);
    world.append("tally", "b", &[3]);
    for _ in 0..6 {
        world.round(0);
        world.now += 60_000;
    }
    assert_eq!(parked(&world), []);
    assert_eq!(world.db.one("SELECT SUM(version) FROM tally"), 3, "the others go on");
    let sums = world.status().into_iter().find(|it| it.name == "sums").unwrap();
    assert!(sums.error.unwrap().reason.contains("no such table"));
    world.db.execute("ALTER TABLE elsewhere RENAME TO sums_g1");
    world.settle();
    world.check();
}

#[test]
fn where_everything_is_bad_it_is_the_processor_that_fails_after_a_few_calls() {
    let mut world = World::new(1);
    world.settle();
    for id in 0..200 {
        world.append("tally", &format!("s{id}"), &[REFUSED]);
    }
    let calls = world.db.calls();
    for _ in 0..3 {
        world.round(0);
    }
    assert!(world.db.calls() - calls < 80, "{} calls", world.db.calls() - calls);
    assert_eq!(parked(&world), []);
    assert_eq!(world.db.one("SELECT COUNT(*) FROM tally"), 200);
    set_repaired(true);
    world.settle();
    world.check();
}

#[test]
fn no_more_streams_are_parked_than_can_be_looked_after() {
    let mut world = World::new(1);
    world.settle();
    for id in 0..PARKED + 50 {
        world.append("tally", &format!("s{id}"), &[UNREAD]);
    }
    for _ in 0..6 {
        world.round(0);
    }
    assert!(world.db.one("SELECT COUNT(*) FROM parked").as_u64().unwrap() <= PARKED as u64);
    set_repaired(true);
    world.order("sums", Order::Retry).unwrap();
    world.settle();
    for _ in 0..PARKED / 500 {
        world.order("sums", Order::Retry).unwrap();
        world.settle();
    }
    world.check();
}

#[test]
fn a_page_of_many_changes_goes_in_batches_that_the_database_takes() {
    let mut world = World::new(1);
    world.settle();
    for id in 0..40 {
        world.append("tally", &format!("s{id}"), &[100; 50]);
    }
    world.db.take_log();
    world.settle();
    let largest = world.db.take_log().iter().map(Vec::len).max().unwrap();
    assert!(largest <= STATEMENTS + 10, "{largest}");
    world.check();
}

#[test]
fn what_was_made_up_is_not_applied_again_after_a_restart() {
    let mut world = World::new(1);
    world.append("tally", "bad", &[1, REFUSED]);
    world.settle();
    // The checkpoint is not stored for events that change nothing.
    world.append("tally", "bad", &[3]);
    world.append("tally", "bad", &[4]);
    world.settle();
    set_repaired(true);
    world.now += 3_600_000;
    for _ in 0..3 {
        world.round(0);
    }
    world.restart_all();
    world.settle();
    world.check();
}
