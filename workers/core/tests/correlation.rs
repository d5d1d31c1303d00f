//! From a command to everything that it caused: no link of the chain is missing, whatever happens on the way.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;

use edgefold_account::{Account, process::HELD_FOR_MS};
use edgefold_core::CATALOGUE;
use edgefold_flow::{
    Message,
    journal::correlation::{What, entries},
};
use edgefold_kernel::{Envelope, Id, Principal, Role};
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
    simulator.command(&Message::from_value(message).unwrap()).is_ok()
}

fn goods(units: u64) -> Value {
    let line = json!({"sku": "tea", "quantity": 1, "unitPrice": units});
    json!({"customerId": "ana", "accountId": "a", "lines": [line]})
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
    let staff = Principal::new(Id::parse("sam").unwrap(), Role::new("staff"));
    let entries = found.into_iter().flat_map(|event| entries(CATALOGUE, &staff, event));
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
fn what_several_deadlines_lead_to_is_listed_each_with_the_command_that_set_it() {
    let mut simulator = simulator(7);
    for (order, command) in [("o-1", "first"), ("o-2", "second")] {
        send(&mut simulator, "order", order, "PlaceOrder", command, goods(100));
        simulator.settle();
    }
    send(&mut simulator, "account", "a", "Deposit", "later", json!({"amount": 1}));
    simulator.wait(HELD_FOR_MS);
    simulator.ring();
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
