//! The rules of a device.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use edgefold_device::{
    Device,
    commands::{Command, DecommissionDevice, Model, RegisterDevice, Status, UpdateDeviceStatus},
    events::{DeviceDecommissioned, DeviceRegistered, DeviceStatusUpdated, Event},
    state::State,
};
use edgefold_kernel::{CommandSet, Decider, Id, Timestamp};
use edgefold_testing::given;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: &str = "2026-01-01T12:00:00Z";

fn register() -> RegisterDevice {
    let model = Model::parse("Thermo 2").unwrap();
    RegisterDevice { model, owner_id: Id::parse("ana").unwrap().into() }
}

fn registered() -> Event {
    let RegisterDevice { model, owner_id } = register();
    DeviceRegistered { model, owner_id }.into()
}

fn update(status: Status, reading: f64, observed_at: &str) -> UpdateDeviceStatus {
    UpdateDeviceStatus { status, reading, observed_at: Timestamp::parse(observed_at).unwrap() }
}

fn event(update: UpdateDeviceStatus) -> Event {
    let UpdateDeviceStatus { status, reading, observed_at } = update;
    DeviceStatusUpdated { status, reading, observed_at }.into()
}

fn updated(status: Status, reading: f64, observed_at: &str) -> Event {
    event(update(status, reading, observed_at))
}

fn decommissioned() -> Event {
    DeviceDecommissioned {}.into()
}

/// The latest report in the state.
fn latest(device: &State) -> Value {
    json!([device.status, device.reading, device.observed_at])
}

#[test]
fn a_device_that_is_out_of_service_is_not_registered_again() {
    given::<Device>([registered(), decommissioned()])
        .when(register())
        .then_refused("DEVICE_EXISTS");
}

#[test]
fn a_device_says_nothing_before_its_first_report() {
    let state = given::<Device>([]).when(register()).then([registered()]);
    let expected = json!({
        "model": "Thermo 2", "ownerId": "ana", "decommissioned": false, "readings": 0, "late": 0,
    });
    assert_eq!(serde_json::to_value(state).unwrap(), expected);
}

#[test]
fn a_report_says_how_the_device_is() {
    let state = given::<Device>([registered()])
        .at(NOW)
        .when(update(Status::Warn, 21.5, NOW))
        .then([updated(Status::Warn, 21.5, NOW)])
        .unwrap();
    assert_eq!(latest(&state), json!(["WARN", 21.5, "2026-01-01T12:00:00.000Z"]));
    assert_eq!((state.readings, state.late), (1, 0));
}

#[test]
fn a_late_report_is_kept_as_history_and_changes_nothing_else() {
    let (later, earlier) = ("2026-01-01T11:00:00Z", "2026-01-01T10:59:59.999Z");
    let state = given::<Device>([registered(), updated(Status::Ok, 20.0, later)])
        .at(NOW)
        .when(update(Status::Fault, 99.0, earlier))
        .then([updated(Status::Fault, 99.0, earlier)])
        .unwrap();
    assert_eq!(latest(&state), json!(["OK", 20.0, "2026-01-01T11:00:00.000Z"]));
    assert_eq!((state.readings, state.late), (2, 1));
}

#[test]
fn of_two_reports_of_the_same_instant_the_one_that_arrives_later_counts() {
    let state = given::<Device>([registered(), updated(Status::Ok, 20.0, NOW)])
        .at(NOW)
        .when(update(Status::Warn, 20.0, "2026-01-01T13:00:00+01:00"))
        .then([updated(Status::Warn, 20.0, NOW)])
        .unwrap();
    assert_eq!(latest(&state), json!(["WARN", 20.0, "2026-01-01T12:00:00.000Z"]));
    assert_eq!((state.readings, state.late), (2, 0));
}

#[test]
fn an_exact_repeat_of_the_latest_report_changes_nothing() {
    let reported = || given::<Device>([registered(), updated(Status::Ok, 20.0, NOW)]).at(NOW);
    reported().when(update(Status::Ok, 20.0, NOW)).then_nothing();
    for other in [
        update(Status::Warn, 20.0, NOW),
        update(Status::Ok, 20.1, NOW),
        update(Status::Ok, 20.0, "2026-01-01T12:00:00.001Z"),
    ] {
        reported().when(other.clone()).then([event(other)]);
    }
}

#[test]
fn a_clock_that_is_more_than_a_day_ahead_is_refused() {
    let at_now = |events: Vec<Event>| given::<Device>(events).at(NOW);
    let edge = "2026-01-02T12:00:00Z";
    at_now(vec![registered()]).when(update(Status::Ok, 20.0, edge)).then([updated(
        Status::Ok,
        20.0,
        edge,
    )]);
    for beyond in ["2026-01-02T12:00:00.001Z", "9999-12-31T23:59:59Z"] {
        at_now(vec![registered()])
            .when(update(Status::Ok, 20.0, beyond))
            .then_refused("CLOCK_AHEAD");
    }
    let past = "1970-01-01T00:00:00Z";
    at_now(vec![registered()]).when(update(Status::Ok, 20.0, past)).then([updated(
        Status::Ok,
        20.0,
        past,
    )]);
}

#[test]
fn a_decommissioned_device_reports_nothing_any_more() {
    given::<Device>([registered()]).when(DecommissionDevice {}).then([decommissioned()]);
    let reported = updated(Status::Ok, 20.0, NOW);
    let gone = || given::<Device>([registered(), reported.clone(), decommissioned()]).at(NOW);
    gone().when(DecommissionDevice {}).then_nothing();
    for report in [update(Status::Ok, 20.0, NOW), update(Status::Warn, 21.0, NOW)] {
        gone().when(report).then_refused("DEVICE_DECOMMISSIONED");
    }
}

#[test]
fn a_decommissioned_device_shows_its_latest_report() {
    let state = given::<Device>([registered(), updated(Status::Ok, 20.0, NOW)])
        .when(DecommissionDevice {})
        .then([decommissioned()])
        .unwrap();
    assert!(state.decommissioned);
    assert_eq!(latest(&state), json!(["OK", 20.0, "2026-01-01T12:00:00.000Z"]));
}

fn refusal(name: &str, payload: &Value) -> (String, String) {
    let refusal = Command::read(name, payload).unwrap_err();
    (refusal.code.into_owned(), refusal.field.unwrap_or_default())
}

#[test]
fn a_report_of_another_shape_is_refused_with_its_field() {
    let report = json!({"status": "OK", "reading": 20, "observedAt": NOW});
    assert_eq!(
        Command::read("UpdateDeviceStatus", &report),
        Ok(update(Status::Ok, 20.0, NOW).into())
    );
    for (field, value) in [
        ("status", json!("BROKEN")),
        ("status", json!("ok")),
        ("status", json!({"OK": null})),
        ("status", Value::Null),
        ("reading", json!("20")),
        ("reading", Value::Null),
        ("reading", json!([20])),
        ("observedAt", json!("yesterday")),
        ("observedAt", json!(1_767_268_800_000_i64)),
        ("observedAt", json!("2026-01-01T12:00:00")),
        ("observedAt", json!("0000-01-01T00:00:00+00:01")),
    ] {
        let mut bad = report.clone();
        bad[field] = value;
        let expected = ("INVALID_FIELD".to_owned(), format!("payload.{field}"));
        assert_eq!(refusal("UpdateDeviceStatus", &bad), expected, "{bad}");
    }
    let mut more = report.clone();
    more["unit"] = json!("C");
    let expected = ("UNKNOWN_FIELD".to_owned(), "payload.unit".to_owned());
    assert_eq!(refusal("UpdateDeviceStatus", &more), expected);
}

#[test]
fn a_reading_is_finite() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let report = json!({"status": "OK", "reading": number, "observedAt": NOW});
        let expected = ("INVALID_FIELD".to_owned(), "payload.reading".to_owned());
        assert_eq!(refusal("UpdateDeviceStatus", &report), expected);
    }
    assert!(serde_json::from_str::<Value>("1e999").is_err());
}

#[test]
fn a_model_has_1_to_100_characters() {
    let device = |model: String| json!({"model": model, "ownerId": "ana"});
    assert!(Command::read("RegisterDevice", &device("ü".repeat(100))).is_ok());
    for bad in [String::new(), "x".repeat(101), "a\nb".into()] {
        let expected = ("INVALID_FIELD".to_owned(), "payload.model".to_owned());
        assert_eq!(refusal("RegisterDevice", &device(bad)), expected);
    }
}

/// The state after these reports, decided and applied one by one.
fn after(reports: &[UpdateDeviceStatus]) -> State {
    use edgefold_kernel::{Context, Foreign};
    let (id, foreign) = (Id::parse("it").unwrap(), Foreign::default());
    let now = Timestamp::parse(NOW).unwrap();
    let context = Context { id: &id, now, by: None, foreign: &foreign };
    let (mut state, mut version) = (None, 1);
    Device::evolve(&mut state, &registered(), version);
    for report in reports {
        for event in Device::decide(&state, &report.clone().into(), &context).unwrap() {
            version += 1;
            Device::evolve(&mut state, &event, version);
        }
    }
    state.unwrap()
}

fn report() -> impl Strategy<Value = (i64, UpdateDeviceStatus)> {
    let status = prop_oneof![Just(Status::Ok), Just(Status::Warn), Just(Status::Fault)];
    (0_i64..1_000_000, status, -1e3_f64..1e3).prop_map(|(millis, status, reading)| {
        let observed_at = Timestamp::parse(NOW).unwrap().plus_millis(-millis);
        (millis, UpdateDeviceStatus { status, reading, observed_at })
    })
}

fn shuffled_reports() -> impl Strategy<Value = Vec<UpdateDeviceStatus>> {
    // A map, so that no two are of the same instant.
    prop::collection::vec(report(), 1..60)
        .prop_map(|reports| reports.into_iter().collect::<std::collections::BTreeMap<_, _>>())
        .prop_map(|reports| reports.into_values().collect())
        .prop_shuffle()
}

proptest! {
    /// For any order of arrival: the latest report by the device's clock counts, and every report is kept.
    #[test]
    fn the_latest_by_device_time_counts_in_whatever_order_reports_arrive(reports in shuffled_reports()) {
        let state = after(&reports);
        let last = reports.iter().max_by_key(|report| report.observed_at).unwrap();
        prop_assert_eq!(latest(&state), json!([last.status, last.reading, last.observed_at]));
        prop_assert_eq!(state.readings, reports.len() as u64);
        let late = |(index, report): &(usize, &UpdateDeviceStatus)| {
            reports[..*index].iter().any(|before| before.observed_at > report.observed_at)
        };
        prop_assert_eq!(state.late, reports.iter().enumerate().filter(late).count() as u64);
    }

    /// A burst that is sent twice in a row leaves the same latest report.
    #[test]
    fn a_repeated_burst_leaves_the_same_latest_report(reports in shuffled_reports()) {
        let twice = [reports.clone(), reports.clone()].concat();
        prop_assert_eq!(latest(&after(&twice)), latest(&after(&reports)));
    }
}
