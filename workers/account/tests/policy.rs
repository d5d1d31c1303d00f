//! The policy of accounts.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used)]

use edgefold_account::{Account, commands::Command, state::State};
use edgefold_flow::Participant;
use edgefold_kernel::{CommandSet, Id, Principal, Scope};
use edgefold_roles::{ADMIN, CAST, DEVICE, GUEST, SERVICE, STAFF};
use edgefold_testing::who;
use serde_json::{Value, json};

fn id() -> Id {
    Id::parse("a-1").unwrap()
}

fn of(owner: &str) -> Option<State> {
    serde_json::from_value(json!({
        "ownerId": owner, "currency": "EUR", "overdraftLimit": 0, "balance": 0, "available": 0,
        "overdrawn": false, "held": 0, "holdCount": 0, "holds": [],
    }))
    .unwrap()
}

fn may_send(name: &str, payload: &Value, state: &Option<State>) -> Vec<String> {
    let command = Command::read(name, payload).unwrap();
    who(CAST, |somebody| Account::may_send(somebody, &id(), &command, state))
}

fn for_guest(guest: &str, overdraft: u32) -> Value {
    json!({"ownerId": guest, "currency": "EUR", "overdraftLimit": overdraft})
}

#[test]
fn a_guest_opens_an_account_for_itself_and_only_the_staff_grants_an_overdraft() {
    let open = |guest, overdraft| may_send("OpenAccount", &for_guest(guest, overdraft), &None);
    assert_eq!(open("ana", 0), ["guest ana", "staff sam"]);
    assert_eq!(open("eve", 0), ["staff sam"]);
    assert_eq!(open("ana", 1), ["staff sam"]);
}

#[test]
fn a_guest_meets_no_account_of_another() {
    let again = |owner| may_send("OpenAccount", &for_guest("ana", 0), &of(owner));
    assert_eq!(again("ana"), ["guest ana", "staff sam"], "the owner is told that it exists");
    assert_eq!(again("ben"), ["staff sam"]);
}

#[test]
fn a_guest_moves_its_own_money_and_cannot_tell_another_account_from_none() {
    for name in ["Deposit", "Withdraw"] {
        let moves = |state: &Option<State>| may_send(name, &json!({"amount": 1}), state);
        assert_eq!(moves(&of("ana")), ["guest ana", "staff sam"], "{name}");
        assert_eq!(moves(&of("eve")), ["staff sam"], "{name}");
        assert_eq!(
            moves(&None),
            ["staff sam", "service ana"],
            "{name}: whoever lists all is told that there is none"
        );
    }
}

#[test]
fn payments_are_the_staffs_and_those_of_orders_nobodys() {
    for (name, payload) in [
        ("AuthorisePayment", json!({"paymentId": "p", "amount": 1})),
        ("CapturePayment", json!({"paymentId": "p"})),
        ("ReleasePayment", json!({"paymentId": "p"})),
    ] {
        assert_eq!(may_send(name, &payload, &of("ana")), ["staff sam"], "{name}");
        let mut of_order = payload;
        of_order["orderId"] = json!("p");
        assert_eq!(may_send(name, &of_order, &of("ana")), [""; 0], "{name}");
    }
    assert_eq!(may_send("ExpirePayment", &json!({"paymentId": "p"}), &of("ana")), [""; 0]);
}

#[test]
fn the_owner_and_the_staff_see_it() {
    let see =
        |state: &Option<State>| who(CAST, |somebody| Account::may_see(somebody, &id(), state));
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
        assert_eq!(Account::may_list(&Principal::new(id(), role.clone())), scope, "{role:?}");
    }
}
