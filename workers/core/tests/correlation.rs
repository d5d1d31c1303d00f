//! From a command to everything that it caused: no link of the chain is missing, whatever happens on the way.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use edgefold_account::{Account, process::HELD_FOR_MS};
use edgefold_core::CATALOGUE;
use edgefold_flow::{
    Message,
    project::correlation::{What, entries},
};
use edgefold_kernel::{Envelope, Id};
use edgefold_order::Order;
use edgefold_reservation::Reservation;
use edgefold_room::Room;
use edgefold_testing::Simulator;
use serde_json::{Value, json};

fn simulator(seed: u64) -> Simulator {
    let mut simulator = Simulator::new(*CATALOGUE, seed)
        .with::<Account>()
        .with::<Order>()
        .with::<Room>()
        .with::<Reservation>();
    let open = json!({"ownerId": "ana", "currency": "EUR", "overdraftLimit": 0});
    send(&mut simulator, "account", "a", "OpenAccount", "open", open);
    send(&mut simulator, "account", "a", "Deposit", "deposit", json!({"amount": 1_000}));
    let room = json!({"hotelId": "grand", "number": "12A", "capacity": 2, "nightlyRate": 9900});
    send(&mut simulator, "room", "12A", "AddRoom", "add", room);
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
    simulator.command(&Message::from_value(&message).unwrap()).is_ok()
}

fn goods(units: u64) -> Value {
    let line = json!({"sku": "tea", "quantity": 1, "unitPrice": units});
    json!({"customerId": "ana", "accountId": "a", "lines": [line]})
}

fn claim(from: u8, to: u8) -> Value {
    json!({"userId": "ana", "roomId": "12A", "dateStart": format!("2026-03-{from:02}"), "dateEnd": format!("2026-03-{to:02}")})
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
    let entries = found.into_iter().flat_map(|event| entries(CATALOGUE, event));
    entries
        .map(|entry| {
            let kind = if entry.kind == What::Event { "happened" } else { "asked" };
            format!("{} {kind}: {}", entry.aggregate_type, entry.name)
        })
        .collect()
}

#[test]
fn an_order_is_followed_through_its_payment_to_its_shipment() {
    let mut simulator = simulator(7);
    send(&mut simulator, "order", "o", "PlaceOrder", "place", goods(400));
    simulator.settle();
    let shipped = json!({"status": "SHIPPED"});
    let because = json!({"causationId": "place"});
    send_because(&mut simulator, "order", "o", "UpdateOrderStatus", "ship", shipped, because);
    simulator.settle();
    let paid = [
        "order happened: ShipmentRequested",
        "account asked: CapturePayment",
        "account happened: PaymentCaptured",
        "order happened: OrderShipped",
    ];
    assert_eq!(listed(&mut simulator, "ship"), paid);
    let placed = [
        "order happened: OrderPlaced",
        "account asked: AuthorisePayment",
        "account happened: PaymentAuthorised",
        "order happened: OrderAccepted",
    ];
    assert_eq!(listed(&mut simulator, "place"), [placed, paid].concat());
    assert_eq!(listed(&mut simulator, "nobody"), [""; 0]);
}

#[test]
fn a_command_that_was_refused_is_listed_with_what_its_refusal_led_to() {
    let mut simulator = simulator(7);
    send(&mut simulator, "order", "o", "PlaceOrder", "place", goods(1_001));
    simulator.settle();
    let expected = [
        "order happened: OrderPlaced",
        "account asked: AuthorisePayment",
        "order happened: OrderDeclined",
    ];
    assert_eq!(listed(&mut simulator, "place"), expected);
    let events = simulator.events();
    let found: Vec<_> = caused(&events, "place");
    assert_eq!(found[1].command_id.as_str(), format!("refused.{}.0", found[0].id));
}

#[test]
fn what_a_deadline_leads_to_is_listed_with_the_command_that_set_it() {
    let mut simulator = simulator(7);
    send(&mut simulator, "reservation", "r", "CreateReservation", "claim", claim(1, 3));
    simulator.wait(60_000);
    simulator.pass_deadlines();
    simulator.settle();
    let mut found = listed(&mut simulator, "claim");
    found.sort();
    let mut expected = vec![
        "reservation happened: ReservationCreated",
        "room asked: HoldRoom",
        "reservation happened: ReservationExpired",
        "room asked: ReleaseRoom",
    ];
    // Which of the two the bus brings first is left to chance: a hold that comes later is given back.
    if found.iter().any(|line| line == "reservation happened: HoldReturned") {
        expected.extend(["reservation happened: HoldReturned", "room asked: ReleaseRoom"]);
    }
    expected.extend(["room happened: RoomHeld", "room happened: RoomReleased"]);
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn what_follows_from_the_deadline_of_one_stream_is_not_listed_with_that_of_another() {
    let mut simulator = simulator(7);
    let others = [("r-1", "claim-1", claim(1, 3)), ("r-2", "claim-2", claim(11, 13))];
    for (id, command, payload) in others {
        send(&mut simulator, "reservation", id, "CreateReservation", command, payload);
    }
    simulator.wait(60_000);
    simulator.pass_deadlines();
    let events = simulator.events();
    let expired = events.iter().filter(|event| event.event_type == "ReservationExpired");
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
        let mut sent: BTreeSet<String> = ["open", "deposit", "add"].map(str::to_owned).into();
        for step in 0..60 {
            let (who, command) = (simulator.roll(5), format!("c-{step}"));
            let (order, reservation) = (format!("o-{who}"), format!("r-{who}"));
            let (from, units) = (1 + simulator.roll(20) as u8, 1 + simulator.roll(600) as u64);
            let payload = json!({"status": "SHIPPED"});
            let accepted = match simulator.roll(8) {
                0 => send(&mut simulator, "order", &order, "PlaceOrder", &command, goods(units)),
                1 => send(&mut simulator, "order", &order, "UpdateOrderStatus", &command, payload),
                2 => send(&mut simulator, "order", &order, "CancelOrder", &command, json!({})),
                3 => {
                    let claim = claim(from, from + 3);
                    send(
                        &mut simulator,
                        "reservation",
                        &reservation,
                        "CreateReservation",
                        &command,
                        claim,
                    )
                }
                4 => send(
                    &mut simulator,
                    "reservation",
                    &reservation,
                    "CancelReservation",
                    &command,
                    json!({}),
                ),
                5 => {
                    simulator.wait(if units > 550 { HELD_FOR_MS } else { 20_000 });
                    simulator.pass_deadlines();
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

#[test]
fn what_several_deadlines_lead_to_is_listed_each_with_the_command_that_set_it() {
    let mut simulator = simulator(7);
    for (order, command) in [("o-1", "first"), ("o-2", "second")] {
        send(&mut simulator, "order", order, "PlaceOrder", command, goods(100));
        simulator.settle();
    }
    send(&mut simulator, "account", "a", "Deposit", "later", json!({"amount": 1}));
    simulator.wait(HELD_FOR_MS);
    simulator.pass_deadlines();
    simulator.settle();
    for command in ["first", "second"] {
        let expected = [
            "order happened: OrderPlaced",
            "account asked: AuthorisePayment",
            "account happened: PaymentAuthorised",
            "order happened: OrderAccepted",
            "account happened: PaymentExpired",
            "order happened: PaymentLost",
        ];
        assert_eq!(listed(&mut simulator, command), expected, "{command}");
    }
    assert_eq!(listed(&mut simulator, "later"), ["account happened: MoneyDeposited"]);
}
