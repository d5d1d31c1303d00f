//! A destination that takes nothing from the bus: what is meant for it is parked, in order; everything else flows; after the
//! repair what is parked is brought in order, and everything comes to a right end, each event once. Whatever the bus does.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use edgefold_flow::route::park::{Lane, Place, Sequence};
use edgefold_kernel::{StreamId, limits};
use edgefold_probe::CATALOGUE;
use edgefold_probe::claim::Claim;
use edgefold_probe::resource::Resource;
use edgefold_testing::{Simulator, WAYS, Way};
use serde_json::json;

const SEEDS: u64 = 8;

/// The instance that takes nothing, and the lane of the letters for it.
const VICTIMS: [(&str, &str, Lane); 2] =
    [("resource", "x", Lane::Errand), ("claim", "c-1", Lane::Event)];

/// Two resources.
fn simulator(way: Way, seed: u64) -> Simulator {
    let mut simulator =
        Simulator::new(*CATALOGUE, seed).with::<Resource>().with::<Claim>().over(way);
    for resource in ["x", "y"] {
        let payload = json!({"groupId": "group", "number": resource, "capacity": 2, "rate": 9900});
        simulator.send("resource", resource, "AddResource", payload).unwrap();
    }
    simulator.settle();
    simulator
}

fn claim(simulator: &mut Simulator, id: &str, resource: &str, day: u8) {
    let (from, to) = (format!("2026-03-{day:02}"), format!("2026-03-{:02}", day + 2));
    let payload =
        json!({"userId": "ana", "resourceId": resource, "dateStart": from, "dateEnd": to});
    simulator.send("claim", id, "CreateClaim", payload).unwrap();
}

fn status(simulator: &mut Simulator, to: &str, id: &str) -> String {
    simulator.state(to, id)["status"].as_str().unwrap().to_owned()
}

/// Which events each stream has.
fn streams(simulator: &mut Simulator) -> BTreeMap<String, Vec<String>> {
    let mut streams = BTreeMap::<String, Vec<String>>::new();
    for event in simulator.events() {
        let stream = format!("{} {}", event.stream.aggregate_type, event.stream.aggregate_id);
        streams.entry(stream).or_default().push(event.event_type);
    }
    streams
}

/// The checks at the end: nothing waits any more, and both sides agree.
fn check(simulator: &mut Simulator, case: &str) {
    for (resource, claims) in [("x", ["c-1", "c-2", "c-3"].as_slice()), ("y", &["c-9"])] {
        let is = |id: &&&str| match status(simulator, "claim", id).as_str() {
            "PENDING" => panic!("{case}: {id} still waits"),
            found => found == "CONFIRMED",
        };
        let confirmed: Vec<_> = claims.iter().filter(is).map(|id| (*id).to_owned()).collect();
        let state = simulator.state("resource", resource);
        let holds = state["holds"].as_array().unwrap().iter();
        let mut held: Vec<_> =
            holds.map(|hold| hold["claimId"].as_str().unwrap().to_owned()).collect();
        held.sort();
        assert_eq!(held, confirmed, "{case}");
    }
}

/// The letters that are parked because of one instance, checked to be in order and no other's.
fn parked_for(
    simulator: &Simulator,
    (to, id, lane): (&str, &str, Lane),
    case: &str,
) -> BTreeMap<Sequence, Vec<Place>> {
    let parked = simulator.parked();
    let is = |stream: &StreamId| {
        (stream.aggregate_type.as_str(), stream.aggregate_id.as_str()) == (to, id)
    };
    for (sequence, places) in &parked {
        // A command of its own that is refused cannot come back to it.
        let refused = sequence.lane == Lane::Errand && is(&sequence.source);
        assert!(refused || sequence.destination.as_ref().is_some_and(is), "{case}: {sequence:?}");
        assert!(!places.is_empty() && places.is_sorted(), "{case}: {places:?}");
    }
    let found = parked.keys().any(|it| it.lane == lane || is(&it.source));
    assert!(found, "{case}: {parked:?}");
    parked
}

#[test]
fn what_cannot_be_delivered_is_parked_in_order_while_all_else_flows_and_comes_after_the_repair() {
    for victim in VICTIMS {
        let (to, id, _) = victim;
        for way in WAYS.into_iter().chain([Way::Any]) {
            for seed in 0..SEEDS {
                let case = format!("{to} {id}, {way:?}, seed {seed}");
                let mut simulator = simulator(way, seed);
                simulator.break_down(to, id);
                claim(&mut simulator, "c-1", "x", 1);
                claim(&mut simulator, "c-2", "x", 11);
                claim(&mut simulator, "c-9", "y", 1);
                simulator.settle();
                let first = parked_for(&simulator, victim, &case);

                // Nobody else waits. A bus that takes its time lets deadlines pass: that is another end, and no waiting.
                let other = status(&mut simulator, "claim", "c-9");
                let late = way == Way::Delayed && other != "PENDING";
                assert!(other == "CONFIRMED" || late, "{case}: c-9 is {other}");

                // What comes later for the same sequence queues up behind what is parked.
                drop(simulator.send("claim", "c-1", "CancelClaim", json!({})));
                simulator.settle();
                let later = parked_for(&simulator, victim, &case);
                for (sequence, places) in &first {
                    assert!(later[sequence].starts_with(places), "{case}: {later:?}");
                }

                // A retry that fails, an end of the runtime and the repair alone change nothing.
                simulator.retry();
                simulator.restart();
                simulator.mend(to, id);
                simulator.settle();
                assert_eq!(simulator.parked(), later, "{case}");
                // What comes from somewhere else flows again.
                claim(&mut simulator, "c-3", "x", 21);
                simulator.settle();
                assert_eq!(simulator.parked(), later, "{case}");

                simulator.retry();
                assert_eq!(simulator.parked(), BTreeMap::new(), "{case}");
                simulator.settle();
                simulator.wait(600_000);
                simulator.pass_deadlines();
                simulator.settle();
                check(&mut simulator, &case);

                // Each once: what was ever sent comes again, and nothing follows from it.
                let before = streams(&mut simulator);
                simulator.restart();
                simulator.repeat();
                simulator.settle();
                match way {
                    // After a day a command is no longer known by its id: the rules alone keep the end what it is.
                    Way::Delayed => check(&mut simulator, &case),
                    _ => assert_eq!(streams(&mut simulator), before, "{case}"),
                }
            }
        }
    }
}

#[test]
fn a_destination_that_recovers_before_its_last_attempt_loses_nothing_and_nothing_is_parked() {
    for (to, id, _) in VICTIMS {
        let begin = || {
            let mut simulator = simulator(Way::InOrder, 1);
            simulator.break_down(to, id);
            claim(&mut simulator, "c-1", "x", 1);
            simulator
        };
        let mut plain = begin();
        plain.mend(to, id);
        plain.settle();
        for attempts in 1..limits::BUS_ATTEMPTS {
            let case = format!("{to} {id}, mended after {attempts} attempts");
            let mut simulator = begin();
            while simulator.attempts() < attempts {
                simulator.deliver_one();
            }
            simulator.mend(to, id);
            simulator.settle();
            assert_eq!((simulator.attempts(), simulator.parked()), (0, BTreeMap::new()), "{case}");
            assert_eq!(streams(&mut simulator), streams(&mut plain), "{case}");
        }
    }
}
