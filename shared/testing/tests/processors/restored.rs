//! A database, or a journal, that was restored to an earlier state.

use crate::world::World;
use edgefold_flow::journal::order::Order;

#[test]
fn a_database_that_was_restored_is_made_up_with_the_next_event() {
    for has_slept in [false, true] {
        let mut world = World::new(1);
        world.append("tally", "a", &[1]);
        world.settle();
        let copy = world.db.backup();
        world.append("tally", "a", &[2]);
        world.append("tally", "b", &[3]);
        world.settle();
        world.db.restore(&copy);
        if has_slept {
            world.restart_all();
        }
        world.append("tally", "c", &[4]);
        world.settle();
        world.check();
    }
}

#[test]
fn a_database_that_was_restored_to_an_earlier_generation_goes_on_with_that() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    let copy = world.db.backup();
    for name in ["tally", "sums"] {
        world.order(name, Order::Rebuild).unwrap();
    }
    world.append("tally", "a", &[2]);
    world.settle();
    world.db.restore(&copy);
    world.append("tally", "a", &[3]);
    world.settle();
    world.check();
}

#[test]
fn an_empty_database_is_filled_from_the_journals() {
    let mut world = World::new(3);
    let empty = world.db.backup();
    for id in ["a", "b", "c"] {
        world.append("tally", id, &[1, 2]);
    }
    world.settle();
    world.db.restore(&empty);
    world.append("tally", "d", &[3]);
    world.settle();
    world.check();
}

#[test]
fn rows_are_made_anew_when_their_journal_was_restored() {
    for has_more in [false, true] {
        let mut world = World::new(1);
        world.append("tally", "a", &[1]);
        world.append("tally", "b", &[100; 120]);
        world.settle();
        let (copy, streams) = (world.shards[0].kept.backup(), world.streams.clone());
        world.append("tally", "a", &[2, 3]);
        world.append("tally", "c", &[100; 150]);
        world.settle();
        world.shards[0].kept.restore(&copy);
        world.streams = streams;
        world.restart_all();
        if has_more {
            // Other events stand where the old ones stood.
            world.append("tally", "d", &[100; 400]);
        }
        world.settle();
        world.check();
    }
}

#[test]
fn silent_instances_send_again_what_a_restored_journal_lacks_before_readers_see_the_new_rows() {
    for crashes in [false, true] {
        let mut world = World::new(1);
        for id in 0..70 {
            world.append("tally", &format!("early{id}"), &[1]);
        }
        world.settle();
        let copy = world.shards[0].kept.backup();
        for id in 0..70 {
            world.append("tally", &format!("early{id}"), &[100]);
            world.append("tally", &format!("late{id}"), &[100, 100]);
        }
        world.settle();
        let seen = |world: &World| world.db.rows("SELECT COUNT(*), SUM(version) FROM tally");
        let before = seen(&world);
        world.shards[0].kept.restore(&copy);
        world.restart_all();
        // Nobody has sent anything again yet.
        for _ in 0..6 {
            world.round(0);
            world.now += 20_000;
            assert_eq!(seen(&world), before, "no instance falls back, and none is missing");
            if crashes {
                world.restart_all();
            }
        }
        world.settle();
        world.check();
        assert_eq!(seen(&world), before);
    }
}
