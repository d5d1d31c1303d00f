//! Reservations that race for one room, over a bus that doubles and reorders, with instances evicted in between.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_flow::{Catalogue, Hooks, route::Entry};
use edgefold_reservation::Reservation;
use edgefold_room::Room;
use edgefold_testing::Simulator;
use proptest::prelude::*;
use serde_json::json;

const CATALOGUE: Catalogue = Catalogue {
    entries: &[Entry::of::<Room>("ROOM"), Entry::of::<Reservation>("RESERVATION")],
    projections: &[],
    hooks: Hooks::NONE,
    roles: &[],
};

fn simulator(seed: u64) -> Simulator {
    let mut simulator = Simulator::new(CATALOGUE, seed).with::<Room>().with::<Reservation>();
    let room = json!({"hotelId": "grand", "number": "12A", "capacity": 2, "nightlyRate": 9900});
    simulator.send("room", "12A", "AddRoom", room).unwrap();
    simulator
}

fn claim(from: u8, to: u8) -> serde_json::Value {
    json!({"userId": "ana", "roomId": "12A", "dateStart": format!("2026-03-{from:02}"), "dateEnd": format!("2026-03-{to:02}")})
}

#[test]
fn a_claim_is_pending_until_the_room_has_answered() {
    let mut simulator = simulator(7);
    simulator.send("reservation", "a", "CreateReservation", claim(1, 3)).unwrap();
    assert_eq!(simulator.state("reservation", "a")["status"], "PENDING");
    simulator.settle();
    assert_eq!(simulator.state("reservation", "a")["status"], "CONFIRMED");
    simulator.send("reservation", "b", "CreateReservation", claim(2, 4)).unwrap();
    simulator.settle();
    let declined = simulator.state("reservation", "b");
    assert_eq!(
        (&declined["status"], &declined["refusal"]),
        (&json!("DECLINED"), &json!("NIGHTS_TAKEN"))
    );
    simulator.send("reservation", "a", "CancelReservation", json!({})).unwrap();
    simulator.settle();
    assert_eq!(simulator.state("room", "12A")["holds"], json!([]));
}

#[test]
fn a_claim_that_is_not_answered_in_time_expires_and_a_late_hold_is_given_back() {
    let mut simulator = simulator(7);
    simulator.send("reservation", "a", "CreateReservation", claim(1, 3)).unwrap();
    simulator.wait(59_999);
    simulator.ring();
    assert_eq!(simulator.state("reservation", "a")["status"], "PENDING");
    simulator.wait(1);
    simulator.ring();
    assert_eq!(simulator.state("reservation", "a")["status"], "EXPIRED");
    simulator.settle();
    assert_eq!(simulator.state("room", "12A")["holds"], json!([]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// For any interleaving: confirmed reservations do not overlap, the room holds exactly the confirmed ones, and
    /// nobody is left pending.
    #[test]
    fn overlapping_claims_are_never_both_confirmed(
        seed in any::<u64>(),
        steps in prop::collection::vec((0_u8..8, 1_u8..20, 1_u8..6, 0_u8..6), 5..60),
    ) {
        let mut simulator = simulator(seed);
        let mut names = std::collections::BTreeSet::new();
        for (who, day, nights, step) in steps {
            let name = format!("r{who}");
            match step {
                0 | 1 => {
                    if simulator.send("reservation", &name, "CreateReservation", claim(day, day + nights)).is_ok() {
                        names.insert(name);
                    }
                }
                2 => drop(simulator.send("reservation", &name, "CancelReservation", json!({}))),
                3 => {
                    simulator.wait(20_000);
                    simulator.ring();
                }
                _ => simulator.deliver_one(),
            }
        }
        simulator.settle();
        let holds = simulator.state("room", "12A")["holds"].as_array().unwrap().clone();
        let mut confirmed = Vec::new();
        for name in &names {
            let state = simulator.state("reservation", name);
            prop_assert_ne!(&state["status"], "PENDING");
            if state["status"] == "CONFIRMED" {
                confirmed.push(json!({"reservationId": name, "userId": state["userId"], "dateStart": state["dateStart"], "dateEnd": state["dateEnd"]}));
            }
        }
        for (index, one) in confirmed.iter().enumerate() {
            for other in &confirmed[index + 1..] {
                let apart = one["dateEnd"].as_str() <= other["dateStart"].as_str() || other["dateEnd"].as_str() <= one["dateStart"].as_str();
                prop_assert!(apart, "{one} overlaps {other}");
            }
        }
        let by_id = |list: &[serde_json::Value]| {
            let mut list = list.to_vec();
            list.sort_by_key(|hold| hold["reservationId"].to_string());
            list
        };
        prop_assert_eq!(by_id(&holds), by_id(&confirmed));
    }
}
