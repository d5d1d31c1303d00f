//! The result is the same, however often copies of foreign streams are folded into snapshots and whatever the bus does.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

mod teller;

use edgefold_flow::{Catalogue, route::Entry};
use edgefold_kernel::{Envelope, StreamId, Version};
use edgefold_testing::{Simulator, WAYS, Way};
use serde_json::json;
use teller::{Listener, Teller, Told, teller};

const TELLERS: [&str; 2] = ["t", "u"];
const LISTENERS: [&str; 2] = ["a", "b"];

/// The result of a run: every event, and the fold of each listener's copy of each teller.
type End = (Vec<(String, Version, String)>, Vec<(Told, Version)>);

/// Two tellers say words to two listeners. `killed`: number of letters after which the runtime ends.
fn run<const EVERY: u64>(way: Way, seed: u64, killed: Option<usize>) -> End {
    let catalogue = Catalogue {
        entries: const { &[Entry::of::<Teller>("TELLER"), Entry::of::<Listener<EVERY>>("LISTENER")] },
        roles: &[],
    };
    let mut simulator =
        Simulator::new(catalogue, seed).with::<Teller>().with::<Listener<EVERY>>().over(way);
    if let Some(letters) = killed {
        simulator = simulator.killed_after(letters);
    }
    for word in 0..40 {
        let (from, to) = (TELLERS[word as usize % 3 / 2], LISTENERS[word as usize % 2]);
        simulator.send("teller", from, "Say", json!({"to": to, "word": word})).unwrap();
        if word % 4 == 0 {
            simulator.deliver_one();
        }
    }
    simulator.settle();
    let mut memories = Vec::new();
    for (listener, of) in LISTENERS.iter().flat_map(|to| TELLERS.map(|of| (to, of))) {
        // It decides on the whole stream, up to date.
        simulator.send("listener", listener, "Recall", json!({"of": of})).unwrap();
        let remembered = simulator.remembered("listener", listener, &teller(of));
        if EVERY > 0 {
            let left = remembered.events.len() as u64;
            assert!(left < 2 * EVERY, "{left} events lie there one by one, every {EVERY}");
            assert!(remembered.snapshot.is_some(), "and the others in a snapshot");
        } else {
            assert_eq!(remembered.snapshot, None);
        }
        memories.push(remembered.fold::<Teller>().unwrap().unwrap());
    }
    let events = simulator.events().into_iter();
    let named = |event: Envelope| {
        let StreamId { aggregate_type, aggregate_id } = event.stream;
        (format!("{aggregate_type} {aggregate_id}"), event.version, event.data.get().to_owned())
    };
    (events.map(named).collect(), memories)
}

#[test]
fn however_often_it_is_folded_every_decision_is_the_same_whatever_the_bus_does() {
    for way in WAYS.into_iter().chain([Way::Any]) {
        for seed in 0..5 {
            let plain = run::<0>(way, seed, None);
            for (every, folded) in [
                (1, run::<1>(way, seed, None)),
                (2, run::<2>(way, seed, None)),
                (7, run::<7>(way, seed, None)),
            ] {
                assert_eq!(folded, plain, "{way:?}, seed {seed}, every {every}");
            }
        }
    }
}

#[test]
fn a_runtime_that_is_killed_after_any_letter_remembers_the_same() {
    for letters in 0..40 {
        let plain = run::<0>(Way::InOrder, 1, Some(letters));
        assert_eq!(run::<1>(Way::InOrder, 1, Some(letters)), plain, "after {letters} letters");
        assert_eq!(run::<5>(Way::InOrder, 1, Some(letters)), plain, "after {letters} letters");
    }
}
