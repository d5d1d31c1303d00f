//! The policy of rooms.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used)]

use edgefold_flow::Participant;
use edgefold_kernel::{CommandSet, Id, Principal, Scope};
use edgefold_roles::{ADMIN, CAST, DEVICE, GUEST, SERVICE, STAFF};
use edgefold_room::{Room, commands::Command, state::State};
use edgefold_testing::who;
use serde_json::{Value, json};

fn id() -> Id {
    Id::parse("12A").unwrap()
}

fn room() -> Option<State> {
    serde_json::from_value(json!({
        "status": "OPEN", "hotelId": "grand", "number": "12A", "capacity": 2, "nightlyRate": 9900,
        "holdCount": 0, "holds": [],
    }))
    .unwrap()
}

fn may_send(name: &str, payload: &Value, room: &Option<State>) -> Vec<String> {
    let command = Command::read(name, payload).unwrap();
    who(CAST, |somebody| Room::may_send(somebody, &id(), &command, room))
}

#[test]
fn the_staff_opens_and_closes_rooms() {
    let add = json!({"hotelId": "grand", "number": "12A", "capacity": 2, "nightlyRate": 9900});
    assert_eq!(may_send("AddRoom", &add, &None), ["staff sam"]);
    assert_eq!(may_send("CloseRoom", &json!({}), &room()), ["staff sam"]);
}

#[test]
fn nobody_sends_what_reservations_send() {
    let hold = json!({"reservationId": "ana", "dateStart": "2026-03-01", "dateEnd": "2026-03-02"});
    assert_eq!(may_send("HoldRoom", &hold, &room()), [""; 0]);
    assert_eq!(may_send("ReleaseRoom", &json!({"reservationId": "ana"}), &room()), [""; 0]);
}

#[test]
fn the_staff_sees_who_holds_nights_and_everybody_lists_rooms() {
    for room in [room(), None] {
        let see = who(CAST, |somebody| Room::may_see(somebody, &id(), &room));
        assert_eq!(see, ["staff sam", "service ana"]);
    }
    for role in [GUEST, STAFF, DEVICE, SERVICE, ADMIN] {
        assert_eq!(Room::may_list(&Principal::new(id(), role.clone())), Scope::All, "{role:?}");
    }
}
