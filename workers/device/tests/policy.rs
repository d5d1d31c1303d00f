//! The policy of devices.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used)]

use edgefold_device::{Device, commands::Command, state::State};
use edgefold_flow::Participant;
use edgefold_kernel::{CommandSet, Id, Principal, Scope};
use edgefold_roles::{ADMIN, CAST, DEVICE, GUEST, STAFF};
use edgefold_testing::who;
use serde_json::{Value, json};

fn id() -> Id {
    Id::parse("d-1").unwrap()
}

fn of(owner: &str) -> Option<State> {
    serde_json::from_value(json!({
        "model": "Thermo 2", "ownerId": owner, "decommissioned": false, "readings": 0, "late": 0,
    }))
    .unwrap()
}

fn may_send(name: &str, payload: &Value, state: &Option<State>) -> Vec<String> {
    let command = Command::read(name, payload).unwrap();
    who(CAST, |somebody| Device::may_send(somebody, &id(), &command, state))
}

#[test]
fn a_device_updates_itself() {
    let report = json!({"status": "OK", "reading": 20.5, "observedAt": "2026-01-01T00:00:00Z"});
    let reports = |state: &Option<State>| may_send("UpdateDeviceStatus", &report, state);
    assert_eq!(reports(&of("ana")), ["device d-1", "staff sam"]);
    let told = ["device d-1", "staff sam", "service ana"];
    assert_eq!(reports(&None), told, "whoever lists it is told that there is none");
}

#[test]
fn the_staff_takes_devices_into_service_and_out_of_it() {
    let register = json!({"model": "Thermo 2", "ownerId": "ana"});
    assert_eq!(may_send("RegisterDevice", &register, &None), ["staff sam"]);
    assert_eq!(may_send("DecommissionDevice", &json!({}), &of("ana")), ["staff sam"]);
}

#[test]
fn the_device_its_owner_and_the_staff_see_it() {
    let see = |state: &Option<State>| who(CAST, |somebody| Device::may_see(somebody, &id(), state));
    assert_eq!(see(&of("ana")), ["guest ana", "device d-1", "staff sam", "service ana"]);
    assert_eq!(see(&of("eve")), ["device d-1", "staff sam", "service ana"]);
    assert_eq!(see(&None), ["staff sam", "service ana"]);
}

#[test]
fn the_list_shows_an_owner_its_own_and_a_device_itself() {
    for (role, scope) in
        [(STAFF, Scope::All), (GUEST, Scope::Own), (DEVICE, Scope::Itself), (ADMIN, Scope::Nothing)]
    {
        assert_eq!(Device::may_list(&Principal::new(id(), role.clone())), scope, "{role:?}");
    }
}
