//! The processors of journals over SQLite: whatever happens, the rows are in the end what the streams say.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::expect_used)]

mod sqlite;
mod world;
mod crash;
mod mend;
mod orders;
mod plans;
mod releases;
mod restored;

use world::World;

#[test]
fn rows_follow_what_is_appended() {
    let mut world = World::new(1);
    world.settle();
    world.check();
    world.append("tally", "a", &[1, 2]);
    world.append("other", "a", &[5]);
    world.settle();
    world.check();
    world.append("tally", "a", &[-4]);
    world.append("tally", "b", &[7]);
    world.settle();
    world.check();
}

#[test]
fn a_round_of_all_processors_is_one_call_and_many_events_of_a_stream_are_one_row() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    world.db.take_log();
    for by in 100..150 {
        world.append("tally", "a", &[by]);
    }
    let calls = world.db.calls();
    world.settle();
    assert_eq!(world.db.calls(), calls + 1);
    let log = world.db.take_log();
    let rows = log[0].iter().filter(|sql| sql.contains("\"tally_g1\"")).count();
    assert_eq!(rows, 1, "{log:?}");
    world.check();
}
