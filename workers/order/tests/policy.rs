//! The policy of orders.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used)]

use edgefold_flow::Participant;
use edgefold_kernel::{CommandSet, Id, Principal, Scope};
use edgefold_order::{Order, commands::Command, state::State};
use edgefold_roles::{ADMIN, CAST, DEVICE, GUEST, SERVICE, STAFF};
use edgefold_testing::who;
use serde_json::{Value, json};

fn id() -> Id {
    Id::parse("o-1").unwrap()
}

fn of(owner: &str) -> Option<State> {
    serde_json::from_value(json!({
        "status": "ACCEPTED", "customerId": owner, "accountId": "a-1", "lines": [], "total": 0,
        "confirmBy": "2026-01-01T12:00:00.000Z",
    }))
    .unwrap()
}

fn may_send(name: &str, payload: &Value, state: &Option<State>) -> Vec<String> {
    let command = Command::read(name, payload).unwrap();
    who(CAST, |somebody| Order::may_send(somebody, &id(), &command, state))
}

fn for_guest(guest: &str) -> Value {
    let line = json!({"sku": "tea", "quantity": 1, "unitPrice": 1});
    json!({"customerId": guest, "accountId": "a-1", "lines": [line]})
}

#[test]
fn a_guest_orders_for_itself_and_the_staff_for_anybody() {
    let place = |guest| may_send("PlaceOrder", &for_guest(guest), &None);
    assert_eq!(place("ana"), ["guest ana", "staff sam"]);
    assert_eq!(place("eve"), ["staff sam"]);
}

#[test]
fn a_guest_meets_no_order_of_another() {
    let again = |owner| may_send("PlaceOrder", &for_guest("ana"), &of(owner));
    assert_eq!(again("ana"), ["guest ana", "staff sam"], "the owner is told that it exists");
    assert_eq!(again("ben"), ["staff sam"]);
}

#[test]
fn a_guest_cancels_its_own_and_cannot_tell_another_from_none() {
    let cancel = |state: &Option<State>| may_send("CancelOrder", &json!({}), state);
    assert_eq!(cancel(&of("ana")), ["guest ana", "staff sam"]);
    assert_eq!(cancel(&of("eve")), ["staff sam"]);
    assert_eq!(
        cancel(&None),
        ["staff sam", "service ana"],
        "whoever lists all is told that there is none"
    );
}

#[test]
fn how_far_the_goods_have_come_is_for_the_staff_to_say() {
    for status in ["SHIPPED", "DELIVERED"] {
        let sent = may_send("UpdateOrderStatus", &json!({ "status": status }), &of("ana"));
        assert_eq!(sent, ["staff sam"], "{status}");
    }
}

#[test]
fn nobody_sends_what_the_account_answers() {
    let reason = json!({"reason": "PAYMENT_EXPIRED"});
    for (name, payload) in [
        ("AcceptOrder", json!({})),
        ("DeclineOrder", reason.clone()),
        ("TimeOutOrder", json!({})),
        ("ShipOrder", json!({})),
        ("LosePayment", reason),
        ("ReturnPayment", json!({})),
    ] {
        assert_eq!(may_send(name, &payload, &of("ana")), [""; 0], "{name}");
    }
}

#[test]
fn the_owner_and_the_staff_see_it() {
    let see = |state: &Option<State>| who(CAST, |somebody| Order::may_see(somebody, &id(), state));
    assert_eq!(see(&of("ana")), ["guest ana", "staff sam", "service ana"]);
    assert_eq!(see(&of("eve")), ["staff sam", "service ana"]);
    assert_eq!(see(&None), ["staff sam", "service ana"]);
}

#[test]
fn the_list_shows_a_guest_its_own() {
    for (role, scope) in [
        (STAFF, Scope::All),
        (GUEST, Scope::Own),
        (SERVICE, Scope::All),
        (DEVICE, Scope::Nothing),
        (ADMIN, Scope::Nothing),
    ] {
        assert_eq!(Order::may_list(&Principal::new(id(), role.clone())), scope, "{role:?}");
    }
}
