//! From a command to everything that it caused: no link of the chain is missing, whatever happens on the way.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use edgefold_flow::{
    Message,
    journal::correlation::{What, entries},
};
use edgefold_kernel::{Envelope, Id, Principal};
use edgefold_probe::CATALOGUE;
use edgefold_probe::claim::Claim;
use edgefold_probe::resource::Resource;
use edgefold_probe::roles::OPERATOR;
use edgefold_testing::{Simulator, Way};
use serde_json::{Value, json};

fn simulator(seed: u64) -> Simulator {
    let mut simulator = Simulator::new(*CATALOGUE, seed).with::<Resource>().with::<Claim>();
    let resource = json!({"groupId": "group", "number": "x", "capacity": 2, "rate": 9900});
    send(&mut simulator, "resource", "x", "AddResource", "add", resource);
    simulator
}

/// Sends a command under this id. Returns true if it was accepted.
fn send(
    simulator: &mut Simulator,
    to: &str,
    id: &str,
    name: &str,
    command: &str,
    payload: Value,
) -> bool {
    send_because(simulator, to, id, name, command, payload, json!({}))
}

/// The same, with what caused it.
fn send_because(
    simulator: &mut Simulator,
    to: &str,
    id: &str,
    name: &str,
    command: &str,
    payload: Value,
    metadata: Value,
) -> bool {
    let message = json!({
        "aggregateType": to, "aggregateId": id, "name": name, "commandId": command, "payload": payload, "metadata": metadata,
    });
    simulator.command(&Message::from_value(message).unwrap()).is_ok()
}

fn claim(from: u8, to: u8) -> Value {
    json!({"userId": "ana", "resourceId": "x", "dateStart": format!("2026-03-{from:02}"), "dateEnd": format!("2026-03-{to:02}")})
}

/// The result of `journal_caused.sql`, computed in Rust.
fn caused<'a>(events: &'a [Envelope], command: &str) -> Vec<&'a Envelope> {
    let mut causes: BTreeSet<String> = [command.to_owned()].into();
    loop {
        let found: Vec<_> = events
            .iter()
            .filter(|event| {
                let causation = event.metadata.causation_id.as_ref().map(Id::as_str);
                event.command_id.as_str() == command
                    || causation.is_some_and(|id| causes.contains(id))
            })
            .collect();
        let before = causes.len();
        causes.extend(
            found.iter().flat_map(|event| [event.id.clone(), event.command_id.to_string()]),
        );
        if causes.len() == before {
            return found;
        }
    }
}

/// The entries that are listed for a command, one a line.
fn listed(simulator: &mut Simulator, command: &str) -> Vec<String> {
    let events = simulator.events();
    let found = caused(&events, command);
    let operator = Principal::new(Id::parse("sam").unwrap(), OPERATOR);
    let entries = found.into_iter().flat_map(|event| entries(CATALOGUE, &operator, event));
    entries
        .map(|entry| {
            let kind = if entry.kind == What::Event { "happened" } else { "asked" };
            format!("{} {kind}: {}", entry.aggregate_type, entry.name)
        })
        .collect()
}

#[test]
fn what_a_command_names_as_its_cause_is_caused_by_it() {
    let mut simulator = simulator(7);
    send(&mut simulator, "claim", "r", "CreateClaim", "claim", claim(1, 3));
    simulator.settle();
    let because = json!({"causationId": "claim"});
    send_because(&mut simulator, "claim", "r", "CancelClaim", "leave", json!({}), because);
    simulator.settle();
    let left = [
        "claim happened: ClaimCancelled",
        "resource asked: ReleaseResource",
        "resource happened: ResourceReleased",
    ];
    assert_eq!(listed(&mut simulator, "leave"), left);
    let claimed = [
        "claim happened: ClaimCreated",
        "resource asked: HoldResource",
        "resource happened: ResourceHeld",
        "claim happened: ClaimConfirmed",
    ];
    assert_eq!(listed(&mut simulator, "claim"), [claimed.as_slice(), &left].concat());
    assert_eq!(listed(&mut simulator, "nobody"), [""; 0]);
}

#[test]
fn a_command_that_was_refused_is_listed_with_what_its_refusal_led_to() {
    let mut simulator = simulator(7);
    send(&mut simulator, "claim", "first", "CreateClaim", "before", claim(1, 3));
    simulator.settle();
    send(&mut simulator, "claim", "r", "CreateClaim", "claim", claim(2, 4));
    simulator.settle();
    let expected = [
        "claim happened: ClaimCreated",
        "resource asked: HoldResource",
        "claim happened: ClaimDeclined",
    ];
    assert_eq!(listed(&mut simulator, "claim"), expected);
    let events = simulator.events();
    let found: Vec<_> = caused(&events, "claim");
    assert_eq!(found[1].command_id.as_str(), format!("refused.{}.0", found[0].id));
}

#[test]
fn what_a_deadline_leads_to_is_listed_with_the_command_that_set_it() {
    let mut simulator = simulator(7);
    send(&mut simulator, "claim", "r", "CreateClaim", "claim", claim(1, 3));
    simulator.wait(60_000);
    simulator.ring();
    simulator.settle();
    let mut found = listed(&mut simulator, "claim");
    found.sort();
    let mut expected = vec![
        "claim happened: ClaimCreated",
        "resource asked: HoldResource",
        "claim happened: ClaimExpired",
        "resource asked: ReleaseResource",
    ];
    // Which of the two the bus brings first is left to chance: a hold that comes later is given back.
    if found.iter().any(|line| line == "claim happened: HoldReturned") {
        expected.extend(["claim happened: HoldReturned", "resource asked: ReleaseResource"]);
    }
    expected.extend(["resource happened: ResourceHeld", "resource happened: ResourceReleased"]);
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn what_follows_from_the_deadline_of_one_stream_is_not_listed_with_that_of_another() {
    let mut simulator = simulator(7).over(Way::InOrder);
    let others = [("r-1", "claim-1", claim(1, 3)), ("r-2", "claim-2", claim(11, 13))];
    for (id, command, payload) in others {
        send(&mut simulator, "claim", id, "CreateClaim", command, payload);
    }
    simulator.wait(60_000);
    simulator.ring();
    let events = simulator.events();
    let expired = events.iter().filter(|event| event.event_type == "ClaimExpired");
    let passed: Vec<_> = expired.map(|event| (event.version, event.command_id.as_str())).collect();
    let [(2, one), (2, other)] = passed.as_slice() else { panic!("{passed:?}") };
    assert_ne!(one, other);
    for (command, id) in [(one, "r-1"), (other, "r-2")] {
        let found = caused(&events, command);
        assert!(found.iter().all(|event| event.stream.aggregate_id.as_str() == id), "{found:?}");
    }
}

#[test]
fn every_event_goes_back_to_the_one_command_from_outside_that_it_is_correlated_with() {
    for seed in 0..40 {
        let mut simulator = simulator(seed);
        let mut sent: BTreeSet<String> = ["add"].map(str::to_owned).into();
        for step in 0..60 {
            let (who, command) = (simulator.roll(5), format!("c-{step}"));
            let (id, from) = (format!("r-{who}"), 1 + simulator.roll(20) as u8);
            let to = "claim";
            let accepted = match simulator.roll(6) {
                0 | 1 => {
                    let payload = claim(from, from + 3);
                    send(&mut simulator, to, &id, "CreateClaim", &command, payload)
                }
                2 => {
                    let name = "CancelClaim";
                    send(&mut simulator, to, &id, name, &command, json!({}))
                }
                3 => {
                    simulator.wait(20_000);
                    simulator.ring();
                    false
                }
                _ => {
                    simulator.deliver_one();
                    false
                }
            };
            if accepted {
                sent.insert(command);
            }
        }
        simulator.settle();
        let events = simulator.events();
        let mut left: BTreeSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
        for command in &sent {
            let found: BTreeSet<&str> =
                caused(&events, command).into_iter().map(|event| event.id.as_str()).collect();
            let correlated = events.iter().filter(|event| {
                event.metadata.correlation_id.as_ref().unwrap_or(&event.command_id).as_str()
                    == command
            });
            let correlated: BTreeSet<&str> = correlated.map(|event| event.id.as_str()).collect();
            assert_eq!(found, correlated, "seed {seed}, {command}");
            assert!(found.iter().all(|id| left.remove(id)), "an event goes back to one command");
        }
        assert_eq!(left, BTreeSet::new(), "seed {seed}: every event goes back to a command");
    }
}
