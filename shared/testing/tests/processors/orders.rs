//! What an administrator does.

use edgefold_flow::journal::{
    database::Database,
    failure::{Meaning, meaning},
    generation::{self, Processor, Status},
    order::Order,
    status::{ProcessorStatus, State},
};
use edgefold_kernel::Failure;

use crate::world::{FIRST, World, block};

fn code(done: Result<(), Failure>) -> String {
    match done {
        Err(Failure::Rejected(refusal)) => refusal.code.into_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_that_were_deleted_by_hand_come_back_and_those_that_nothing_made_go() {
    let mut world = World::new(3);
    for id in ["a", "b", "c", "d"] {
        world.append("tally", id, &[1, 2]);
    }
    world.settle();
    world.db.execute("DELETE FROM tally_g1; DELETE FROM sums_g1");
    world.db.execute(
        "INSERT INTO tally_g1 (id, version, began, state) VALUES ('ghost', 9, '', '{\"total\":1}')",
    );
    world.order("tally", Order::Rebuild).unwrap();
    world.order("sums", Order::Rebuild).unwrap();
    world.settle();
    world.check();
}

#[test]
fn readers_see_the_old_rows_until_the_switch_and_live_events_go_into_both() {
    let mut world = World::new(3);
    for id in ["a", "b", "c", "d", "e", "f"] {
        world.append("tally", id, &[1]);
    }
    world.settle();
    world.order("sums", Order::Rebuild).unwrap();
    // One partition after the other: until the last one has caught up, nothing is switched.
    for shard in 0..5 {
        for _ in 0..3 {
            world.round(shard);
        }
        for id in ["a", "b", "c", "d", "e", "f", "g"] {
            world.append("tally", id, &[2]);
        }
        for shard in 0..3 {
            world.round(shard);
        }
        assert_eq!(
            world
                .db
                .one("SELECT generation FROM processor WHERE name = 'sums' AND status = 'ACTIVE'"),
            1
        );
        let seen = world.db.one("SELECT SUM(events) FROM sums");
        let appended: usize = world.streams.values().map(Vec::len).sum();
        assert_eq!(seen, appended, "what readers see goes on");
    }
    world.settle();
    assert_eq!(
        world.db.one("SELECT generation FROM processor WHERE name = 'sums' AND status = 'ACTIVE'"),
        2
    );
    world.check();
}

#[test]
fn a_rebuild_can_be_paused_resumed_and_cancelled() {
    let mut world = World::new(2);
    world.append("tally", "a", &[1]);
    world.settle();
    assert_eq!(code(world.order("sums", Order::Cancel)), "NO_REBUILD");
    assert_eq!(code(world.order("nothing", Order::Rebuild)), "UNKNOWN_PROJECTION");
    world.order("sums", Order::Rebuild).unwrap();
    assert_eq!(code(world.order("sums", Order::Rebuild)), "REBUILD_RUNS");
    world.order("sums", Order::Pause).unwrap();
    world.append("tally", "a", &[2]);
    world.settle();
    let building = world.status().into_iter().find(|it| it.status == Status::Building).unwrap();
    assert_eq!((building.state, building.position), (State::Paused, 0));
    world.order("sums", Order::Resume).unwrap();
    world.settle();
    world.check();
    world.order("sums", Order::Rebuild).unwrap();
    world.round(0);
    world.order("sums", Order::Cancel).unwrap();
    world.append("tally", "a", &[3]);
    world.settle();
    world.check();
    assert_eq!(
        world.db.one("SELECT generation FROM processor WHERE name = 'sums' AND status = 'ACTIVE'"),
        2
    );
    world.restart_all();
    world.settle();
    assert!(
        world.status().iter().all(|it| it.status == Status::Active),
        "it does not begin again by itself"
    );
    world.order("sums", Order::Rebuild).unwrap();
    world.settle();
    assert_eq!(
        world.db.one("SELECT generation FROM processor WHERE name = 'sums' AND status = 'ACTIVE'"),
        4,
        "no number is used twice"
    );
    world.check();
}

#[test]
fn a_processor_that_is_paused_stands_and_everything_else_goes_on() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    world.order("sums", Order::Pause).unwrap();
    world.append("tally", "a", &[2]);
    world.settle();
    assert_eq!(world.db.one("SELECT SUM(events) FROM sums"), 1);
    assert_eq!(world.db.one("SELECT version FROM tally"), 2);
    world.now += 100_000;
    let of = |name: &str| world.status().into_iter().find(|it| it.name == name).unwrap();
    assert_eq!((of("sums").state, of("sums").lag_events), (State::Paused, 1));
    assert!(!of("sums").is_stalled(), "somebody wants it so");
    world.restart_all();
    world.order("sums", Order::Resume).unwrap();
    world.settle();
    world.check();
}

#[test]
fn progress_is_seen() {
    let mut world = World::new(1);
    for _ in 0..30 {
        world.append("tally", "a", &[100; 100]);
    }
    world.settle();
    world.order("sums", Order::Rebuild).unwrap();
    world.round(0);
    world.now += 6_000;
    world.round(0);
    let processor =
        Processor::of_category(FIRST, "tally").into_iter().find(|it| it.name() == "sums").unwrap();
    let of_it = world.status().into_iter().filter(|it| it.name == "sums").collect();
    let status = ProcessorStatus::of(&processor, of_it, vec![]);
    let progress = status.rebuild.unwrap();
    assert_eq!((progress.generation, progress.of), (2, 3_000));
    assert!(progress.events > 0 && progress.events < 3_000, "{progress:?}");
    assert!(progress.rate > 0.0 && progress.seconds_left.is_some(), "{progress:?}");
    assert!(status.is_healthy && status.lag_events == 0);
    world.settle();
    world.check();
}

#[test]
fn nothing_is_switched_that_has_not_caught_up_by_now() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    world.order("sums", Order::Rebuild).unwrap();
    world.order("sums", Order::Pause).unwrap();
    world.settle();
    let asks = generation::known(&Processor::of_category(FIRST, "tally"), "tally", 0);
    let found = block(world.db.batch(&[asks])).unwrap().remove(0);
    let known = generation::read_known(found).unwrap();
    let building = known.iter().find(|it| it.status == Status::Building).unwrap();
    let switched = block(world.db.batch(&generation::switch(building, &known, world.at())));
    assert_eq!(meaning(&switched.unwrap_err()), Meaning::Overtaken);
    world.check_generations("sums", &[(1, "ACTIVE"), (2, "BUILDING")]);
    world.order("sums", Order::Cancel).unwrap();
    let switched = block(world.db.batch(&generation::switch(building, &known, world.at())));
    assert_eq!(meaning(&switched.unwrap_err()), Meaning::Overtaken);
    world.check_generations("sums", &[(1, "ACTIVE"), (2, "CANCELLED")]);
}
