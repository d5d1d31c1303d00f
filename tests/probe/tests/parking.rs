//! A destination that takes nothing from the bus: what is meant for it is parked, in order; everything else flows; after the
//! repair what is parked is brought in order, and everything comes to a right end, each event once. Whatever the bus does.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use edgefold_kernel::{StreamId, Version, limits};
use edgefold_probe::CATALOGUE;
use edgefold_probe::claim::Claim;
use edgefold_probe::resource::Resource;
use edgefold_testing::{Simulator, WAYS, Way, simulator::Sequence};
use serde_json::json;

const SEEDS: u64 = 8;

/// The instance that takes nothing.
const VICTIMS: [(&str, &str); 2] = [("resource", "x"), ("claim", "c-1")];

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

/// The versions that are parked because of one instance, checked to be in order and for no other one.
fn parked_for(
    simulator: &Simulator,
    (to, id): (&str, &str),
    case: &str,
) -> BTreeMap<Sequence, Vec<Version>> {
    let parked = simulator.parked();
    let is = |stream: &StreamId| {
        (stream.aggregate_type.as_str(), stream.aggregate_id.as_str()) == (to, id)
    };
    for (sequence, versions) in &parked {
        assert!(is(&sequence.1), "{case}: {sequence:?}");
        assert!(!versions.is_empty() && versions.is_sorted(), "{case}: {versions:?}");
    }
    assert!(!parked.is_empty(), "{case}");
    parked
}

/// What was parked is parked still, in order, and what came later stands behind it.
fn check_parked(simulator: &Simulator, before: &BTreeMap<Sequence, Vec<Version>>, case: &str) {
    let parked = simulator.parked();
    for (sequence, versions) in before {
        assert!(parked[sequence].starts_with(versions), "{case}: {parked:?}");
    }
}

#[test]
fn what_cannot_be_delivered_is_parked_in_order_while_all_else_flows_and_comes_after_the_repair() {
    for victim in VICTIMS {
        let (to, id) = victim;
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
                check_parked(&simulator, &first, &case);

                // A retry that fails, an end of the runtime and the repair alone change nothing.
                simulator.retry();
                simulator.restart();
                simulator.mend(to, id);
                simulator.settle();
                check_parked(&simulator, &later, &case);
                // What comes from somewhere else flows again.
                claim(&mut simulator, "c-3", "x", 21);
                simulator.settle();
                check_parked(&simulator, &later, &case);

                simulator.retry();
                assert_eq!(simulator.parked(), BTreeMap::new(), "{case}");
                simulator.settle();
                simulator.wait(600_000);
                simulator.ring();
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
    for (to, id) in VICTIMS {
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
            // Three pauses take 35 s, four 75 s: then the claim has expired, and what is held for it is given back.
            match attempts {
                0..4 => assert_eq!(streams(&mut simulator), streams(&mut plain), "{case}"),
                _ => assert_eq!(status(&mut simulator, "claim", "c-1"), "EXPIRED", "{case}"),
            }
        }
    }
}
