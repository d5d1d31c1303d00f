//! Old and new code beside each other.

use edgefold_flow::journal::{
    Appended, Partitions, Round, generation::Status, order::Order, status::State,
};
use edgefold_kernel::{Id, StreamId};
use serde_json::json;

use crate::world::{FIRST, SECOND, World};

fn active(world: &World, name: &str) -> serde_json::Value {
    let sql = format!("SELECT version FROM processor WHERE name = '{name}' AND status = 'ACTIVE'");
    world.db.one(&sql)
}

fn deploy(world: &mut World, catalogue: &'static edgefold_flow::Catalogue) {
    world.catalogue = catalogue;
    world.restart_all();
}

#[test]
fn a_new_release_makes_its_rows_beside_the_old_ones() {
    let mut world = World::new(3);
    for id in ["a", "b", "c", "d"] {
        world.append("tally", id, &[1]);
    }
    world.settle();
    world.restart_all();
    world.catalogue = SECOND;
    world.round(0);
    assert_eq!(active(&world, "sums"), "1", "readers see the old rows");
    // The objects are released, too.
    for row in world.objects.rows.borrow_mut().values_mut() {
        row.state_version = 2;
    }
    world.settle();
    world.check();
    assert_eq!(active(&world, "sums"), "2");
    assert!(active(&world, "tally").as_str().unwrap().starts_with("2-"));
}

#[test]
fn rows_that_older_code_has_stored_are_folded_again_or_asked_for() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1, 2]);
    world.append("tally", "a", &[3]);
    world.settle();
    deploy(&mut world, SECOND);
    world.settle();
    world.check();
    assert_eq!(world.objects.asked.get(), 0, "the whole stream is in the replay");
    // Between these two events lies one that is not published: the journal does not know the state.
    let stream = StreamId::new("other", Id::parse("p").unwrap());
    let text = world
        .event("tally", "p", &[5], 1)
        .replace("\"sequence\":\"0000000001\"", "\"sequence\":\"0000000002\"");
    let taken = world.shards[0].journal.append_all(&[text]);
    assert!(matches!(taken.as_slice(), [Ok(Appended::Taken { .. })]), "{taken:?}");
    let mut row = world.objects.rows.borrow().values().next().cloned().unwrap();
    row.state_version = 2;
    row.version = 1;
    row.state = serde_json::from_value(json!({"total": 5})).unwrap();
    world
        .objects
        .rows
        .borrow_mut()
        .insert(StreamId { aggregate_type: "tally".into(), ..stream }, row);
    world.settle();
    assert_eq!(world.objects.asked.get(), 1);
    assert_eq!(world.db.one("SELECT total FROM tally WHERE id = 'p'"), 5);
}

#[test]
fn older_code_stands_still_and_a_rollback_begins_again() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    deploy(&mut world, SECOND);
    world.settle();
    assert_eq!(active(&world, "sums"), "2");
    deploy(&mut world, FIRST);
    world.append("tally", "a", &[2]);
    let round = (0..5).map(|_| world.round(0)).last().unwrap();
    assert!(matches!(round, Round::Later(_)), "{round:?}");
    let sums = world.status().into_iter().find(|it| it.name == "sums").unwrap();
    assert_eq!((sums.state, sums.status, sums.lag_events), (State::Older, Status::Active, 1));
    assert_eq!(world.db.one("SELECT SUM(events) FROM sums"), 1, "it writes nothing");
    world.now += 11 * 60 * 1000;
    world.settle();
    assert_eq!(active(&world, "sums"), "1");
    world.check();
}

#[test]
fn old_and_new_code_do_not_take_turns() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    for _ in 0..6 {
        deploy(&mut world, SECOND);
        for _ in 0..4 {
            world.round(0);
        }
        deploy(&mut world, FIRST);
        for _ in 0..4 {
            world.round(0);
        }
    }
    let generations = world.db.one("SELECT MAX(generation) FROM processor WHERE name = 'sums'");
    assert_eq!(generations, 2);
}

#[test]
fn partitions_may_be_added() {
    let mut world = World::new(1);
    world.append("tally", "a", &[1]);
    world.settle();
    let mut more = World::new(3);
    // The old partition, and two new ones beside it.
    more.db = world.db.clone();
    more.shards[0].kept = world.shards[0].kept.clone();
    more.shards[3].kept = world.shards[1].kept.clone();
    more.restart_all();
    more.append("tally", "b", &[1]);
    more.append("tally", "c", &[2]);
    more.append("tally", "d", &[3]);
    more.settle();
    more.streams.extend(std::mem::take(&mut world.streams));
    more.check();
    more.order("sums", Order::Rebuild).unwrap();
    more.settle();
    more.check();
}

#[test]
fn a_partition_that_is_not_set_and_has_nothing_joins_nothing() {
    let mut world = World::new(3);
    (world.partitions, _) = Partitions::parse("tally=1,other=1");
    world.append("tally", "a", &[1]);
    world.settle();
    let places = || world.db.one("SELECT COUNT(*) FROM checkpoint WHERE partition > 0");
    assert_eq!(places(), 0);
    // An earlier release let it join.
    world.db.execute(
        "INSERT INTO checkpoint (name, generation, category, partition, turn, position, \"check\", is_caught_up) \
         SELECT name, generation, category, 2, 1, 0, '', 1 FROM checkpoint",
    );
    world.order("sums", Order::Rebuild).unwrap();
    world.settle();
    world.check();
    world.check_generations("sums", &[(1, "REPLACED"), (2, "ACTIVE")]);
    let of_it = "SELECT COUNT(*) FROM checkpoint WHERE name = 'sums' AND partition > 0";
    assert_eq!(world.db.one(of_it), 0);
}

#[test]
fn what_lies_in_a_partition_goes_on_although_it_is_not_set_any_more() {
    let mut world = World::new(3);
    for id in ["a", "b", "c", "d", "e"] {
        world.append("tally", id, &[1]);
    }
    world.settle();
    (world.partitions, _) = Partitions::parse("tally=1,other=1");
    world.restart_all();
    world.order("sums", Order::Rebuild).unwrap();
    world.settle();
    world.check();
    world.check_generations("sums", &[(1, "REPLACED"), (2, "ACTIVE")]);
}
