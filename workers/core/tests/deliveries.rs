//! The result is the same in every way of delivery: every process manager over duplicate, reordered,
//! lost, overlapping and delayed delivery.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use edgefold_account::{Account, process::HELD_FOR_MS};
use edgefold_core::CATALOGUE;
use edgefold_order::Order;
use edgefold_reservation::Reservation;
use edgefold_room::Room;
use edgefold_round::{Round, process::MOVE_WITHIN_MS};
use edgefold_testing::{Simulator, WAYS, Way};
use serde_json::{Value, json};

const SEEDS: u64 = 25;

/// A hotel with a room, an account with 1,000, over a bus that delivers its letters in this way.
fn simulator(way: Way, seed: u64) -> Simulator {
    let mut simulator = Simulator::new(*CATALOGUE, seed)
        .with::<Account>()
        .with::<Order>()
        .with::<Room>()
        .with::<Reservation>()
        .with::<Round>()
        .over(way);
    let room = json!({"hotelId": "grand", "number": "12A", "capacity": 2, "nightlyRate": 9900});
    simulator.send("room", "12A", "AddRoom", room).unwrap();
    let open = json!({"ownerId": "ana", "currency": "EUR", "overdraftLimit": 0});
    simulator.send("account", "a", "OpenAccount", open).unwrap();
    simulator.send("account", "a", "Deposit", json!({"amount": 1_000})).unwrap();
    simulator.settle();
    simulator
}

fn claim(from: u8, to: u8) -> Value {
    json!({"userId": "ana", "roomId": "12A", "dateStart": format!("2026-03-{from:02}"), "dateEnd": format!("2026-03-{to:02}")})
}

fn goods(units: u64) -> Value {
    let line = json!({"sku": "tea", "quantity": 1, "unitPrice": units});
    json!({"customerId": "ana", "accountId": "a", "lines": [line]})
}

/// One command after the other, each when all that follows from the one before it has happened. What is refused, because
/// time has passed on the way, is left out.
fn act(simulator: &mut Simulator, steps: Vec<(&str, &str, &str, Value)>) {
    for (to, id, name, payload) in steps {
        drop(simulator.send(to, id, name, payload));
        simulator.settle();
    }
}

/// A reservation that is confirmed, one that is declined, one that is cancelled, and one in its place.
fn hotel(simulator: &mut Simulator) {
    act(
        simulator,
        vec![
            ("reservation", "r-1", "CreateReservation", claim(1, 3)),
            ("reservation", "r-2", "CreateReservation", claim(2, 4)),
            ("reservation", "r-1", "CancelReservation", json!({})),
            ("reservation", "r-3", "CreateReservation", claim(2, 4)),
        ],
    );
}

/// An order that is shipped, one that is too dear, one that is cancelled, and one whose payment expires.
fn shop(simulator: &mut Simulator) {
    act(
        simulator,
        vec![
            ("order", "o-1", "PlaceOrder", goods(400)),
            ("order", "o-1", "UpdateOrderStatus", json!({"status": "SHIPPED"})),
            ("order", "o-2", "PlaceOrder", goods(1_001)),
            ("order", "o-3", "PlaceOrder", goods(300)),
            ("order", "o-3", "CancelOrder", json!({})),
            ("order", "o-4", "PlaceOrder", goods(200)),
        ],
    );
    simulator.wait(HELD_FOR_MS);
    simulator.pass_deadlines();
    simulator.settle();
}

/// A round that nobody plays any more.
fn game(simulator: &mut Simulator) {
    act(
        simulator,
        vec![
            ("round", "g", "StartGameRound", json!({"game": "chess", "maxPlayers": 2})),
            ("round", "g", "JoinRound", json!({"playerId": "ana"})),
            ("round", "g", "Play", json!({"playerId": "ana", "move": "e4", "points": 1})),
        ],
    );
    simulator.wait(MOVE_WITHIN_MS);
    simulator.pass_deadlines();
    simulator.settle();
}

type Story = fn(&mut Simulator);

/// The steps of each process manager.
const STORIES: [(&str, Story); 3] =
    [("reservation", hotel), ("order and account", shop), ("round", game)];

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
    let (mut confirmed, mut accepted, mut paid) = (Vec::new(), Vec::new(), 0);
    for stream in streams.keys() {
        let (to, id) = stream.split_once(' ').unwrap();
        match to {
            "reservation" => {
                let status = status(simulator, stream);
                let ends = ["CONFIRMED", "DECLINED", "CANCELLED", "EXPIRED"];
                assert!(ends.contains(&status.as_str()), "{case}: {stream} is left {status}");
                confirmed.extend((status == "CONFIRMED").then(|| id.to_owned()));
            }
            "order" => match status(simulator, stream).as_str() {
                "ACCEPTED" => accepted.push(id.to_owned()),
                "SHIPPED" => paid += simulator.state("order", id)["total"].as_i64().unwrap(),
                "DECLINED" | "CANCELLED" => {}
                other => panic!("{case}: {stream} is left {other}"),
            },
            "round" => assert_eq!(status(simulator, stream), "FINISHED", "{case}"),
            _ => {}
        }
    }
    let held = |state: &Value, field: &str| {
        let holds = state["holds"].as_array().unwrap().iter();
        let mut held: Vec<_> = holds.map(|hold| hold[field].as_str().unwrap().to_owned()).collect();
        held.sort();
        held
    };
    let room = simulator.state("room", "12A");
    assert_eq!(held(&room, "reservationId"), confirmed, "{case}: the room holds what is confirmed");
    let account = simulator.state("account", "a");
    assert_eq!(held(&account, "paymentId"), accepted, "{case}: the account holds what is accepted");
    assert_eq!(account["balance"], json!(1_000 - paid), "{case}: what has shipped is paid");
}

#[test]
fn every_process_comes_to_the_same_end_whatever_the_bus_does() {
    for (process, story) in STORIES {
        let mut plain = simulator(Way::InOrder, 1);
        story(&mut plain);
        check(&mut plain, process);
        let (expected, sent) = (streams(&mut plain), plain.letters());
        for way in WAYS {
            for seed in 0..SEEDS {
                let case = format!("{process}, {way:?}, seed {seed}");
                let mut simulator = simulator(way, seed);
                story(&mut simulator);
                check(&mut simulator, &case);
                // A bus that takes its time lets deadlines pass: the end is another one, and a right one.
                if way != Way::Delayed {
                    assert_eq!(streams(&mut simulator), expected, "{case}");
                }
                if way == Way::Lost {
                    assert!(simulator.letters() > sent, "{case}: what was lost was sent again");
                }
            }
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
