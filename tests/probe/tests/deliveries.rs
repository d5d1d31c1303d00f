//! The result is the same in every way of delivery: every process manager over duplicate, reordered,
//! lost, overlapping and delayed delivery.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use edgefold_probe::CATALOGUE;
use edgefold_probe::claim::{Claim, process::ANSWER_WITHIN_MS};
use edgefold_probe::resource::Resource;
use edgefold_testing::{Simulator, WAYS, Way};
use serde_json::{Value, json};

const SEEDS: u64 = 25;

/// A resource over a bus that delivers its letters in this way.
fn simulator(way: Way, seed: u64) -> Simulator {
    let mut simulator =
        Simulator::new(*CATALOGUE, seed).with::<Resource>().with::<Claim>().over(way);
    let resource = json!({"groupId": "group", "number": "x", "capacity": 2, "rate": 9900});
    simulator.send("resource", "x", "AddResource", resource).unwrap();
    simulator.settle();
    // A moment later the resource has stored how far its events have arrived.
    simulator.wait(1_000);
    simulator
}

fn claim(from: u8, to: u8) -> Value {
    json!({"userId": "ana", "resourceId": "x", "dateStart": format!("2026-03-{from:02}"), "dateEnd": format!("2026-03-{to:02}")})
}

/// One command after the other, each when all that follows from the one before it has happened. What is refused, because
/// time has passed on the way, is left out.
fn act(simulator: &mut Simulator, steps: Vec<(&str, &str, &str, Value)>) {
    for (to, id, name, payload) in steps {
        drop(simulator.send(to, id, name, payload));
        simulator.settle();
    }
}

/// A claim that is confirmed, one that is declined, one that is cancelled, and one in its place.
fn answered(simulator: &mut Simulator) {
    act(
        simulator,
        vec![
            ("claim", "c-1", "CreateClaim", claim(1, 3)),
            ("claim", "c-2", "CreateClaim", claim(2, 4)),
            ("claim", "c-1", "CancelClaim", json!({})),
            ("claim", "c-3", "CreateClaim", claim(2, 4)),
        ],
    );
}

/// A claim whose resource takes too long.
fn unanswered(simulator: &mut Simulator) {
    simulator.send("claim", "c-1", "CreateClaim", claim(1, 3)).unwrap();
    simulator.wait(i64::from(ANSWER_WITHIN_MS));
    simulator.ring();
    simulator.settle();
}

type Story = fn(&mut Simulator);

/// The steps of each process manager.
const STORIES: [(&str, Story); 2] =
    [("claims", answered), ("a claim that nobody answers", unanswered)];

/// Which events each stream has.
fn streams(simulator: &mut Simulator) -> BTreeMap<String, Vec<String>> {
    let mut streams = BTreeMap::<String, Vec<String>>::new();
    for event in simulator.events() {
        let stream = format!("{} {}", event.stream.aggregate_type, event.stream.aggregate_id);
        streams.entry(stream).or_default().push(event.event_type);
    }
    streams
}

/// The checks at the end, however long everything has taken.
fn check(simulator: &mut Simulator, case: &str) {
    let streams = streams(simulator);
    let status = |simulator: &mut Simulator, stream: &str| {
        let (to, id) = stream.split_once(' ').unwrap();
        simulator.state(to, id)["status"].as_str().unwrap().to_owned()
    };
    let mut confirmed = Vec::new();
    for stream in streams.keys().filter(|stream| stream.starts_with("claim ")) {
        let status = status(simulator, stream);
        let ends = ["CONFIRMED", "DECLINED", "CANCELLED", "EXPIRED"];
        assert!(ends.contains(&status.as_str()), "{case}: {stream} is left {status}");
        confirmed
            .extend((status == "CONFIRMED").then(|| stream.split_once(' ').unwrap().1.to_owned()));
    }
    let resource = simulator.state("resource", "x");
    let holds = resource["holds"].as_array().unwrap().iter();
    let mut held: Vec<_> = holds.map(|hold| hold["claimId"].as_str().unwrap().to_owned()).collect();
    held.sort();
    assert_eq!(held, confirmed, "{case}: the resource holds what is confirmed");
}

#[test]
fn every_process_comes_to_the_same_end_whatever_the_bus_does() {
    for (process, story) in STORIES {
        let mut plain = simulator(Way::InOrder, 1);
        story(&mut plain);
        check(&mut plain, process);
        let (expected, sent) = (streams(&mut plain), plain.letters());
        for way in WAYS {
            let mut all = 0;
            for seed in 0..SEEDS {
                let case = format!("{process}, {way:?}, seed {seed}");
                let mut simulator = simulator(way, seed);
                story(&mut simulator);
                check(&mut simulator, &case);
                // A bus that takes its time lets deadlines pass: the end is another one, and a right one.
                if way != Way::Delayed {
                    assert_eq!(streams(&mut simulator), expected, "{case}");
                }
                all += simulator.letters();
            }
            let is_more = all > sent * usize::try_from(SEEDS).unwrap();
            assert!(way != Way::Lost || is_more, "{process}: what was lost was sent again");
        }
    }
}

#[test]
fn what_comes_again_when_all_is_over_changes_nothing() {
    for (process, story) in STORIES {
        for way in WAYS {
            let mut simulator = simulator(way, 7);
            story(&mut simulator);
            let before = streams(&mut simulator);
            for _ in 0..2 {
                simulator.restart();
                simulator.repeat();
                simulator.settle();
            }
            match way {
                // After a day a command is no longer known by its id: the rules alone keep the end what it is.
                Way::Delayed => check(&mut simulator, &format!("{process}, {way:?}")),
                _ => assert_eq!(streams(&mut simulator), before, "{process}, {way:?}"),
            }
        }
    }
}

#[test]
fn a_runtime_that_is_killed_after_any_letter_ends_where_it_would_have() {
    for (process, story) in STORIES {
        let mut plain = simulator(Way::InOrder, 1);
        story(&mut plain);
        let expected = streams(&mut plain);
        for after in 0..plain.letters() {
            let mut simulator = simulator(Way::InOrder, 1).killed_after(after);
            story(&mut simulator);
            assert_eq!(
                streams(&mut simulator),
                expected,
                "{process}, killed after {after} letters"
            );
        }
    }
}
