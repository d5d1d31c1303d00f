//! The stored events of a device, and how they are read.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_device::{
    Device,
    commands::{Model, Status},
    events::{DeviceRegistered, DeviceStatusUpdated, Event},
};
use edgefold_flow::{
    Instance,
    append::storage::{Storage, Write},
    instance::When,
};
use edgefold_kernel::{Aggregate, Envelope, EventSet, Failure, Fault, Id, StreamId, Timestamp};
use edgefold_testing::{MemoryStorage, scenario::envelopes};
use proptest::prelude::*;
use serde_json::{json, value::RawValue};

fn registered() -> Event {
    let model = Model::parse("Thermo 2").unwrap();
    DeviceRegistered { model, owner_id: Id::parse("ana").unwrap().into() }.into()
}

fn updated(reading: f64) -> Event {
    let observed_at = Timestamp::parse("2026-01-01T12:00:00.250Z").unwrap();
    DeviceStatusUpdated { status: Status::Warn, reading, observed_at }.into()
}

fn device(id: &str, events: &[Envelope]) -> Instance<MemoryStorage> {
    let storage = MemoryStorage::default();
    storage.commit(&Write { events: events.to_vec(), ..Write::default() }).unwrap();
    Instance::of::<Device>(Id::parse(id).unwrap(), storage)
}

fn stream(id: &str) -> StreamId {
    Device::stream(&Id::parse(id).unwrap())
}

/// The same event as an older or an unknown code stored it.
fn stored_as(event: &Envelope, event_type: &str, schema_version: u32, data: &str) -> Envelope {
    let data = RawValue::from_string(data.to_owned()).unwrap();
    Envelope { event_type: event_type.to_owned(), schema_version, data, ..event.clone() }
}

#[test]
fn every_schema_version_of_a_report_tells_of_the_same_event() {
    for (version, data) in [
        (1, include_str!("../../../schema/golden/device/DeviceStatusUpdated.v1.json")),
        (2, include_str!("../../../schema/golden/device/DeviceStatusUpdated.v2.json")),
        (3, include_str!("../../../schema/golden/device/DeviceStatusUpdated.v3.json")),
    ] {
        let read = Event::read("DeviceStatusUpdated", version, data);
        assert_eq!(read, Ok(updated(21.5)), "v{version}");
    }
}

#[test]
fn a_stream_of_mixed_schema_versions_folds_as_one_of_the_current_version() {
    let current =
        envelopes(&stream("it"), [registered(), updated(1.0), updated(2.0), updated(3.0)]);
    let name = "DeviceStatusUpdated";
    let v1 = r#"{"status":"WARN","value":1,"at":1767268800250}"#;
    let v2 = r#"{"status":"WARN","value":2,"observedAt":"2026-01-01T12:00:00.250Z"}"#;
    let mut mixed = current.clone();
    mixed[1] = stored_as(&current[1], name, 1, v1);
    mixed[2] = stored_as(&current[2], name, 2, v2);
    let state = |events| device("it", events).view(When::Now).unwrap().state;
    assert_eq!(state(&mixed), state(&current));
}

#[test]
fn old_data_that_its_own_version_does_not_explain_is_a_fault() {
    for (version, data) in [
        (1, "{}"),
        (1, "[]"),
        (1, r#"{"status":"OK","value":1,"at":"2026-01-01T12:00:00Z"}"#),
        (1, r#"{"status":"OK","value":1,"at":9223372036854775807}"#),
        (1, r#"{"status":"OK","value":1,"at":253402300800000}"#),
        (1, r#"{"status":"OK","reading":1,"at":1767268800250}"#),
        (2, r#"{"status":"OK","reading":1,"observedAt":"2026-01-01T12:00:00Z"}"#),
        (3, r#"{"status":"OK","value":1,"observedAt":"2026-01-01T12:00:00Z"}"#),
        (0, "{}"),
    ] {
        let read = Event::read("DeviceStatusUpdated", version, data);
        assert!(matches!(read, Err(Fault::Unreadable(_))), "v{version} {data}: {read:?}");
    }
}

#[test]
fn what_only_newer_code_can_have_stored_is_a_fault_that_names_it() {
    let read = Event::read("DeviceExploded", 1, "{}");
    assert_eq!(read, Err(Fault::Newer("unknown event type \"DeviceExploded\"".into())));
    let current = r#"{"status":"OK","reading":1,"observedAt":"2026-01-01T12:00:00Z"}"#;
    let read = Event::read("DeviceStatusUpdated", 4, current);
    let said = "DeviceStatusUpdated v4: this code knows v1 to v3";
    assert_eq!(read, Err(Fault::Newer(said.into())));
}

#[test]
fn an_unknown_event_type_is_a_fault_of_its_own_stream_only() {
    let good = envelopes(&stream("good"), [registered(), updated(1.0)]);
    let mut bad = envelopes(&stream("bad"), [registered(), updated(1.0)]);
    bad[1] = stored_as(&bad[1], "DeviceExploded", 1, "{}");
    let (good, bad) = (device("good", &good), device("bad", &bad));
    for _ in 0..2 {
        let seen = bad.view(When::Now);
        assert!(matches!(seen, Err(Failure::Faulted(Fault::Newer(_)))), "{seen:?}");
        assert_eq!(good.view(When::Now).unwrap().state["readings"], json!(1));
    }
}

proptest! {
    /// A number that is stored comes back as it was, to the last bit: a replay is the same state, and a repeat is known.
    #[test]
    fn a_reading_comes_back_as_it_was_stored(number in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO) {
        let event = updated(number);
        let stored = event.write().unwrap();
        prop_assert_eq!(Event::read("DeviceStatusUpdated", 3, &stored), Ok(event));
        let payload: serde_json::Value = serde_json::from_str(&number.to_string()).unwrap();
        prop_assert_eq!(payload.as_f64(), Some(number));
    }
}
