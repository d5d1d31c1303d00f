//! Orders that are paid from one account, over a bus that loses, doubles and reorders, with instances evicted in between:
//! the books balance to the cent, and nothing is held for ever.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_account::{Account, process::HELD_FOR_MS};
use edgefold_flow::{Catalogue, Hooks, route::Entry};
use edgefold_order::Order;
use edgefold_testing::{Simulator, Way};
use proptest::prelude::*;
use serde_json::{Value, json};

const CATALOGUE: Catalogue = Catalogue {
    entries: &[Entry::of::<Account>("ACCOUNT"), Entry::of::<Order>("ORDER")],
    projections: &[],
    hooks: Hooks::NONE,
    roles: &[],
};

fn simulator(seed: u64, units: u64) -> Simulator {
    let mut simulator = Simulator::new(CATALOGUE, seed).with::<Account>().with::<Order>();
    let open = json!({"ownerId": "ana", "currency": "EUR", "overdraftLimit": 0});
    simulator.send("account", "a", "OpenAccount", open).unwrap();
    simulator.send("account", "a", "Deposit", json!({"amount": units})).unwrap();
    simulator
}

fn goods(units: u64) -> Value {
    let line = json!({"sku": "tea", "quantity": 1, "unitPrice": units});
    json!({"customerId": "ana", "accountId": "a", "lines": [line]})
}

fn progress(status: &str) -> Value {
    json!({ "status": status })
}

/// Balance, and what is held for which payment.
fn books(simulator: &mut Simulator) -> (Value, Value) {
    let account = simulator.state("account", "a");
    let held = account["holds"].as_array().unwrap();
    let held = held.iter().map(|hold| json!([hold["paymentId"], hold["amount"]])).collect();
    (account["balance"].clone(), held)
}

/// Its status, and why it is so: the code of a refusal, or the reason that somebody gave.
fn status(simulator: &mut Simulator, order: &str) -> (Value, Value) {
    let state = simulator.state("order", order);
    let why = if state["refusal"].is_null() { &state["reason"] } else { &state["refusal"] };
    (state["status"].clone(), why.clone())
}

#[test]
fn an_order_is_placed_accepted_shipped_and_delivered() {
    let mut simulator = simulator(7, 1_000);
    simulator.send("order", "o", "PlaceOrder", goods(400)).unwrap();
    assert_eq!(status(&mut simulator, "o").0, "PLACED");
    simulator.settle();
    assert_eq!(status(&mut simulator, "o").0, "ACCEPTED");
    assert_eq!(books(&mut simulator), (json!(1_000), json!([["o", 400]])));
    simulator.send("order", "o", "UpdateOrderStatus", progress("SHIPPED")).unwrap();
    assert_eq!(status(&mut simulator, "o").0, "SHIPPING");
    simulator.settle();
    assert_eq!(status(&mut simulator, "o").0, "SHIPPED");
    assert_eq!(books(&mut simulator), (json!(600), json!([])));
    simulator.send("order", "o", "UpdateOrderStatus", progress("DELIVERED")).unwrap();
    assert_eq!(status(&mut simulator, "o").0, "DELIVERED");
}

#[test]
fn an_order_that_is_too_dear_is_declined_and_one_that_is_cancelled_frees_the_money() {
    let mut simulator = simulator(7, 1_000);
    simulator.send("order", "o", "PlaceOrder", goods(1_001)).unwrap();
    simulator.send("order", "p", "PlaceOrder", goods(1_000)).unwrap();
    simulator.settle();
    assert_eq!(status(&mut simulator, "o"), (json!("DECLINED"), json!("INSUFFICIENT_FUNDS")));
    simulator.send("order", "p", "CancelOrder", json!({"reason": "rain"})).unwrap();
    simulator.settle();
    assert_eq!(status(&mut simulator, "p"), (json!("CANCELLED"), json!("rain")));
    assert_eq!(books(&mut simulator), (json!(1_000), json!([])));
}

#[test]
fn an_order_that_is_not_answered_in_time_is_declined_and_a_late_authorisation_is_released() {
    let mut simulator = simulator(7, 1_000);
    simulator.send("order", "o", "PlaceOrder", goods(400)).unwrap();
    simulator.wait(60_000);
    simulator.ring();
    assert_eq!(status(&mut simulator, "o"), (json!("DECLINED"), json!("NO_ANSWER")));
    simulator.settle();
    assert_eq!(books(&mut simulator), (json!(1_000), json!([])));
}

#[test]
fn an_order_whose_authorisation_expires_is_cancelled_and_does_not_ship_unpaid() {
    for ship_first in [false, true] {
        let mut simulator = simulator(7, 1_000).over(Way::InOrder);
        simulator.send("order", "o", "PlaceOrder", goods(400)).unwrap();
        simulator.settle();
        simulator.wait(HELD_FOR_MS);
        if ship_first {
            // The capture comes after the end of the authorisation, and before the alarm that says so.
            simulator.send("order", "o", "UpdateOrderStatus", progress("SHIPPED")).unwrap();
            simulator.settle();
            assert_eq!(status(&mut simulator, "o").0, "SHIPPING");
        }
        simulator.ring();
        simulator.settle();
        assert_eq!(status(&mut simulator, "o"), (json!("CANCELLED"), json!("PAYMENT_EXPIRED")));
        assert_eq!(books(&mut simulator), (json!(1_000), json!([])));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// For any interleaving: the money of shipped orders went out, that of accepted ones is held, and no order waits.
    #[test]
    fn the_books_balance(
        seed in any::<u64>(),
        steps in prop::collection::vec((0_u8..8, 1_u64..600, 0_u8..10), 5..80),
    ) {
        let mut simulator = simulator(seed, 1_500);
        let mut placed = std::collections::BTreeMap::new();
        for (who, units, step) in steps {
            let order = format!("o{who}");
            match step {
                0 | 1 => {
                    if simulator.send("order", &order, "PlaceOrder", goods(units)).is_ok() {
                        placed.insert(order, units);
                    }
                }
                2 => drop(simulator.send("order", &order, "CancelOrder", json!({}))),
                3 => drop(simulator.send("order", &order, "UpdateOrderStatus", progress("SHIPPED"))),
                4 => {
                    simulator.wait(if units > 550 { HELD_FOR_MS } else { 20_000 });
                    simulator.ring();
                }
                _ => simulator.deliver_one(),
            }
        }
        simulator.settle();
        simulator.ring();
        simulator.settle();
        let (mut paid, mut held) = (0, Vec::new());
        for (order, units) in &placed {
            match status(&mut simulator, order).0.as_str().unwrap() {
                "SHIPPED" => paid += units,
                "ACCEPTED" => held.push(json!([order, units])),
                "DECLINED" | "CANCELLED" => {}
                other => prop_assert!(false, "{order} is left {other}"),
            }
        }
        let (balance, holds) = books(&mut simulator);
        prop_assert_eq!(balance, json!(1_500 - paid));
        let sorted = |list: &[Value]| {
            let mut list: Vec<_> = list.iter().map(ToString::to_string).collect();
            list.sort();
            list
        };
        prop_assert_eq!(sorted(holds.as_array().unwrap()), sorted(&held));
    }
}
