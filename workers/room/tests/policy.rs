//! The policy of rooms.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used)]

use edgefold_flow::Participant;
use edgefold_kernel::{CommandSet, Id, Principal, Scope};
use edgefold_roles::{ADMIN, CAST, DEVICE, GUEST, SERVICE, STAFF};
use edgefold_room::{Room, RoomCommand};
use edgefold_testing::who;
use serde_json::{Value, json};

fn id() -> Id {
    Id::parse("12A").unwrap()
}

fn may_send(name: &str, payload: &Value) -> Vec<String> {
    let command = RoomCommand::read(name, payload).unwrap();
    who(CAST, |somebody| Room::may_send(somebody, &id(), &command, &None))
}

#[test]
fn the_staff_opens_and_closes_rooms() {
    let room = json!({"hotelId": "grand", "number": "12A", "capacity": 2, "nightlyRate": 9900});
    assert_eq!(may_send("AddRoom", &room), ["staff sam"]);
    assert_eq!(may_send("CloseRoom", &json!({})), ["staff sam"]);
}

#[test]
fn nobody_sends_what_reservations_send() {
    let hold = json!({"reservationId": "ana", "dateStart": "2026-03-01", "dateEnd": "2026-03-02"});
    assert_eq!(may_send("HoldRoom", &hold), [""; 0]);
    assert_eq!(may_send("ReleaseRoom", &json!({"reservationId": "ana"})), [""; 0]);
}

#[test]
fn the_staff_sees_who_holds_nights_and_everybody_lists_rooms() {
    assert_eq!(
        who(CAST, |somebody| Room::may_see(somebody, &id(), &None)),
        ["staff sam", "service ana"]
    );
    for role in [GUEST, STAFF, DEVICE, SERVICE, ADMIN] {
        assert_eq!(Room::may_list(&Principal::new(id(), role.clone())), Scope::All, "{role:?}");
    }
}
