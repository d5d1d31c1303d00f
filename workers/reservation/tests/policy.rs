//! The policy of reservations.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used)]

use edgefold_flow::Participant;
use edgefold_kernel::{CommandSet, Id, Principal, Scope};
use edgefold_reservation::{Reservation, commands::Command, state::State};
use edgefold_roles::{ADMIN, CAST, DEVICE, GUEST, SERVICE, STAFF};
use edgefold_testing::who;
use serde_json::{Value, json};

fn id() -> Id {
    Id::parse("r-1").unwrap()
}

fn of(owner: &str) -> Option<State> {
    serde_json::from_value(json!({
        "status": "PENDING", "userId": owner, "roomId": "12A", "dateStart": "2026-03-01",
        "dateEnd": "2026-03-02", "confirmBy": "2026-01-01T12:00:00.000Z",
    }))
    .unwrap()
}

fn may_send(name: &str, payload: &Value, state: &Option<State>) -> Vec<String> {
    let command = Command::read(name, payload).unwrap();
    who(CAST, |somebody| Reservation::may_send(somebody, &id(), &command, state))
}

fn for_guest(guest: &str) -> Value {
    json!({"userId": guest, "roomId": "12A", "dateStart": "2026-03-01", "dateEnd": "2026-03-02"})
}

#[test]
fn a_guest_claims_nights_for_itself_and_the_staff_for_anybody() {
    let claim = |guest| may_send("CreateReservation", &for_guest(guest), &None);
    assert_eq!(claim("ana"), ["guest ana", "staff sam"]);
    assert_eq!(claim("ben"), ["guest ben", "staff sam"]);
    assert_eq!(claim("eve"), ["staff sam"]);
}

#[test]
fn a_guest_meets_no_reservation_of_another() {
    let again = |owner| may_send("CreateReservation", &for_guest("ana"), &of(owner));
    assert_eq!(again("ana"), ["guest ana", "staff sam"], "the owner is told that it exists");
    assert_eq!(again("ben"), ["staff sam"]);
}

#[test]
fn a_guest_cancels_its_own_and_cannot_tell_another_from_none() {
    let cancel = |state: &Option<State>| may_send("CancelReservation", &json!({}), state);
    assert_eq!(cancel(&of("ana")), ["guest ana", "staff sam"]);
    assert_eq!(cancel(&of("eve")), ["staff sam"]);
    assert_eq!(
        cancel(&None),
        ["staff sam", "service ana"],
        "whoever lists all is told that there is none"
    );
}

#[test]
fn nobody_sends_what_the_room_answers() {
    for (name, payload) in [
        ("ConfirmReservation", json!({})),
        ("DeclineReservation", json!({"reason": "NIGHTS_TAKEN"})),
        ("ExpireReservation", json!({})),
        ("ReturnHold", json!({})),
    ] {
        assert_eq!(may_send(name, &payload, &of("ana")), [""; 0], "{name}");
    }
}

#[test]
fn the_owner_and_the_staff_see_it() {
    let see =
        |state: &Option<State>| who(CAST, |somebody| Reservation::may_see(somebody, &id(), state));
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
        assert_eq!(Reservation::may_list(&Principal::new(id(), role.clone())), scope, "{role:?}");
    }
}
