//! Everything may end or fail at any call of the database, before it took effect and after.

use edgefold_flow::journal::{Round, order::Order};
use futures_util::future::join;
use proptest::prelude::*;

use crate::{
    sqlite::Fails,
    world::{World, block},
};

/// A story in which everything happens: a beginning, live events, a rebuild, events meanwhile, the switch.
fn story(world: &mut World) {
    world.append("tally", "a", &[1, 2]);
    world.append("other", "x", &[3]);
    world.settle();
    let _ = world.order("sums", Order::Rebuild);
    world.round(0);
    world.append("tally", "a", &[4]);
    world.append("tally", "b", &[5]);
    world.append("other", "x", &[6]);
    let _ = world.order("tally", Order::Rebuild);
    world.round(0);
    world.append("tally", "c", &[7]);
    world.settle();
}

#[test]
fn a_call_that_fails_anywhere_changes_nothing_in_the_end() {
    for partitions in [1, 3] {
        let mut world = World::new(partitions);
        story(&mut world);
        world.check();
        let calls = world.db.calls();
        assert!(calls > 10);
        for call in 0..calls {
            for how in [Fails::Before, Fails::After] {
                let mut world = World::new(partitions);
                world.db.fail(call, how);
                story(&mut world);
                world.check();
            }
        }
    }
}

#[test]
fn an_object_that_ends_after_any_call_goes_on_from_there() {
    for partitions in [1, 3] {
        let mut world = World::new(partitions);
        story(&mut world);
        for call in 0..world.db.calls() {
            for how in [Fails::Before, Fails::After] {
                let mut world = World::new(partitions);
                world.db.fail(call, how);
                world.append("tally", "a", &[1, 2]);
                // The objects end with whatever they were about to do, and with what only they knew.
                for _ in 0..4 {
                    for shard in 0..world.shards.len() {
                        world.round(shard);
                    }
                    let _ = world.order("sums", Order::Rebuild);
                    world.restart_all();
                    world.append("tally", "a", &[3]);
                    world.append("other", "y", &[4]);
                }
                world.settle();
                world.check();
            }
        }
    }
}

#[test]
fn of_two_runners_of_one_partition_none_applies_anything_twice() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    world.db.set_yields(true);
    for by in 100..130 {
        world.append("tally", "a", &[by, by]);
        if by % 7 == 0 {
            let _ = world.order("sums", Order::Rebuild);
        }
        let (mut one, mut other) = (world.new_runner(0), world.new_runner(0));
        let (journal, now) = (&world.shards[0].journal, world.at());
        for _ in 0..4 {
            block(join(one.round(journal, now), other.round(journal, now)));
        }
    }
    world.db.set_yields(false);
    world.restart_all();
    world.settle();
    world.check();
}

#[test]
fn a_runner_that_has_slept_through_everything_applies_nothing_twice() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    let mut asleep = world.shards[0].runner.take().unwrap();
    world.append("tally", "a", &[2, 3]);
    world.order("sums", Order::Rebuild).unwrap();
    world.settle();
    world.append("tally", "a", &[4]);
    for _ in 0..9 {
        if block(asleep.round(&world.shards[0].journal, world.at())) == Round::Idle {
            break;
        }
    }
    world.settle();
    world.check();
}

#[derive(Clone, Debug)]
enum Step {
    Append(u8, u8),
    Round(u8),
    Restart(u8),
    Fail(u8, bool),
    Rebuild(bool),
    Cancel(bool),
    Pause(bool),
    Resume(bool),
    Later(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<u8>(), 1..4_u8).prop_map(|(id, events)| Step::Append(id, events)),
        8 => any::<u8>().prop_map(Step::Round),
        2 => any::<u8>().prop_map(Step::Restart),
        2 => (0..4_u8, any::<bool>()).prop_map(|(call, how)| Step::Fail(call, how)),
        1 => any::<bool>().prop_map(Step::Rebuild),
        1 => any::<bool>().prop_map(Step::Cancel),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => any::<bool>().prop_map(Step::Resume),
        1 => any::<u16>().prop_map(Step::Later),
    ]
}

fn name(is_projection: bool) -> &'static str {
    if is_projection { "sums" } else { "tally" }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_rows_are_what_a_rebuild_makes(
        partitions in 1..4_u16,
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(partitions);
        for step in steps {
            let shard = |number: u8, world: &World| usize::from(number) % world.shards.len();
            match step {
                Step::Append(id, events) => {
                    let category = if id % 3 == 0 { "other" } else { "tally" };
                    let amounts: Vec<i64> = (0..i64::from(events)).map(|by| 100 + by).collect();
                    world.append(category, &format!("s{}", id % 7), &amounts);
                }
                Step::Round(number) => {
                    world.round(shard(number, &world));
                }
                Step::Restart(number) => world.restart(shard(number, &world)),
                Step::Fail(after, is_lost) => {
                    let how = if is_lost { Fails::After } else { Fails::Before };
                    world.db.fail(world.db.calls() + usize::from(after), how);
                }
                Step::Rebuild(which) => drop(world.order(name(which), Order::Rebuild)),
                Step::Cancel(which) => drop(world.order(name(which), Order::Cancel)),
                Step::Pause(which) => drop(world.order(name(which), Order::Pause)),
                Step::Resume(which) => drop(world.order(name(which), Order::Resume)),
                Step::Later(millis) => world.now += i64::from(millis),
            }
        }
        for name in ["sums", "tally"] {
            // A first generation that was cancelled has left nothing to read.
            for _ in 0..2 {
                drop(world.order(name, Order::Resume));
            }
        }
        world.settle();
        for name in ["sums", "tally"] {
            drop(world.order(name, Order::Rebuild));
        }
        world.settle();
        world.check();
        let rows = |world: &World| {
            ["tally", "other", "sums"].map(|it| world.db.rows(&format!("SELECT * FROM \"{it}\" ORDER BY 1, 2")))
        };
        let live = rows(&world);
        for name in ["sums", "tally", "other"] {
            let shard = if name == "other" { world.shards.len() - 1 } else { 0 };
            world.order_at(shard, name, Order::Rebuild).unwrap();
        }
        world.settle();
        assert_eq!(rows(&world), live, "a rebuild makes the same rows");
    }
}
