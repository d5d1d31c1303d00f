//! A destination that takes nothing from the bus: what is meant for it is parked, in order; everything else flows; after the
//! repair what is parked is brought in order, and everything comes to a right end, each event once. Whatever the bus does.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use edgefold_account::Account;
use edgefold_core::CATALOGUE;
use edgefold_flow::route::park::{Lane, Place, Sequence};
use edgefold_kernel::{StreamId, limits};
use edgefold_order::Order;
use edgefold_reservation::Reservation;
use edgefold_room::Room;
use edgefold_testing::{Simulator, WAYS, Way};
use serde_json::{Value, json};

const SEEDS: u64 = 8;

/// The instance that takes nothing, and the lane of the letters for it.
const VICTIMS: [(&str, &str, Lane); 4] = [
    ("room", "12A", Lane::Errand),
    ("reservation", "r-1", Lane::Event),
    ("account", "a", Lane::Errand),
    ("order", "o-1", Lane::Event),
];

/// Two rooms and two accounts with 1,000 each.
fn simulator(way: Way, seed: u64) -> Simulator {
    let mut simulator = Simulator::new(*CATALOGUE, seed)
        .with::<Account>()
        .with::<Order>()
        .with::<Room>()
        .with::<Reservation>()
        .over(way);
    for (room, account) in [("12A", "a"), ("12B", "b")] {
        let payload =
            json!({"hotelId": "grand", "number": room, "capacity": 2, "nightlyRate": 9900});
        simulator.send("room", room, "AddRoom", payload).unwrap();
        let open = json!({"ownerId": "ana", "currency": "EUR", "overdraftLimit": 0});
        simulator.send("account", account, "OpenAccount", open).unwrap();
        simulator.send("account", account, "Deposit", json!({"amount": 1_000})).unwrap();
    }
    simulator.settle();
    simulator
}

fn claim(simulator: &mut Simulator, id: &str, room: &str, day: u8) {
    let (from, to) = (format!("2026-03-{day:02}"), format!("2026-03-{:02}", day + 2));
    let payload = json!({"userId": "ana", "roomId": room, "dateStart": from, "dateEnd": to});
    simulator.send("reservation", id, "CreateReservation", payload).unwrap();
}

fn place(simulator: &mut Simulator, id: &str, account: &str, units: u64) {
    let line = json!({"sku": "tea", "quantity": 1, "unitPrice": units});
    let payload = json!({"customerId": "ana", "accountId": account, "lines": [line]});
    simulator.send("order", id, "PlaceOrder", payload).unwrap();
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
    for (room, account, reservations, orders) in [
        ("12A", "a", ["r-1", "r-2", "r-3"].as_slice(), ["o-1", "o-2", "o-3"].as_slice()),
        ("12B", "b", &["r-9"], &["o-9"]),
    ] {
        let mut with = |to, ids: &[&str], wanted: &str| -> Vec<String> {
            let is = |id: &&&str| match status(simulator, to, id).as_str() {
                "PENDING" | "PLACED" => panic!("{case}: {to} {id} still waits"),
                found => found == wanted,
            };
            ids.iter().filter(is).map(|id| (*id).to_owned()).collect()
        };
        let confirmed = with("reservation", reservations, "CONFIRMED");
        let accepted = with("order", orders, "ACCEPTED");
        let held = |state: Value, field: &str| {
            let holds = state["holds"].as_array().unwrap().iter();
            let mut held: Vec<_> =
                holds.map(|hold| hold[field].as_str().unwrap().to_owned()).collect();
            held.sort();
            held
        };
        assert_eq!(held(simulator.state("room", room), "reservationId"), confirmed, "{case}");
        let state = simulator.state("account", account);
        assert_eq!(state["balance"], json!(1_000), "{case}");
        assert_eq!(held(state, "paymentId"), accepted, "{case}");
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
                claim(&mut simulator, "r-1", "12A", 1);
                claim(&mut simulator, "r-2", "12A", 11);
                claim(&mut simulator, "r-9", "12B", 1);
                place(&mut simulator, "o-1", "a", 100);
                place(&mut simulator, "o-2", "a", 200);
                place(&mut simulator, "o-9", "b", 300);
                simulator.settle();
                let first = parked_for(&simulator, victim, &case);

                // Nobody else waits. A bus that takes its time lets deadlines pass: that is another end, and no waiting.
                for (other, id) in [("reservation", "r-9"), ("order", "o-9")] {
                    let status = status(&mut simulator, other, id);
                    let late = way == Way::Delayed && !["PENDING", "PLACED"].contains(&&*status);
                    let done = ["CONFIRMED", "ACCEPTED"].contains(&&*status);
                    assert!(done || late, "{case}: {other} {id} is {status}");
                }

                // What comes later for the same sequence queues up behind what is parked.
                drop(simulator.send("reservation", "r-1", "CancelReservation", json!({})));
                drop(simulator.send("order", "o-1", "CancelOrder", json!({})));
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
                claim(&mut simulator, "r-3", "12A", 21);
                place(&mut simulator, "o-3", "a", 300);
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
            claim(&mut simulator, "r-1", "12A", 1);
            place(&mut simulator, "o-1", "a", 100);
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
            // An account that is asked too late, after a minute, refuses: that is another end.
            if to != "account" || attempts < 4 {
                assert_eq!(streams(&mut simulator), streams(&mut plain), "{case}");
            } else {
                assert_eq!(status(&mut simulator, "order", "o-1"), "DECLINED", "{case}");
            }
        }
    }
}
