//! The JSON Schemas in `schema/json/` say what the code does: they are printed from the types, and what the readers take
//! and the writers write is held against them.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod printed;
mod samples;

use std::{collections::BTreeSet, fs};

use cargo_metadata::{DependencyKind, MetadataCommand};
use edgefold_account::Account;
use edgefold_core::CATALOGUE;
use edgefold_device::Device;
use edgefold_flow::{
    Accepted, Message, admin,
    command::{EventRef, Incoming, Problem},
    contract::{EventsPage, StateView},
    door::{allowance::Allowance, header::check_trace, ticket::Ticket},
    journal::correlation::{Caused, entries},
};
use edgefold_kernel::{
    Aggregate, CommandSet, Envelope, EventSet, Failure, Fault, Id, Metadata, Rejection, StreamId,
    Timestamp,
    schema::{Types, Versions, commands, events, named, state, taken, written},
};
use edgefold_order::Order;
use edgefold_reservation::Reservation;
use edgefold_room::Room;
use edgefold_round::Round;
use jsonschema::{Draft, Validator};
use printed::{Files, below, compare, root};
use samples::{good, variants};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json, value::RawValue};

/// The printed formats of one aggregate, and the code that they are compared with.
struct Formats {
    aggregate: &'static str,
    state_version: u32,
    commands: Vec<(&'static str, Schema)>,
    events: Vec<(&'static str, u32, Schema)>,
    state: Schema,
    read: fn(&str, &Value) -> Result<(), Rejection>,
    fold: fn(&[&str]) -> Value,
}

fn formats<A: Aggregate>() -> Formats
where
    <A::Command as CommandSet>::Payloads: Types,
    <A::Event as EventSet>::Versions: Versions,
    A::State: JsonSchema,
{
    Formats {
        aggregate: A::TYPE,
        state_version: A::STATE_VERSION,
        commands: commands::<A>(),
        events: events::<A>(),
        state: state::<A>(),
        read: |name, payload| A::Command::read(name, payload).map(drop),
        fold: |names| {
            let mut state = A::State::default();
            let kinds = names
                .iter()
                .flat_map(|name| A::Event::KINDS.iter().find(|kind| kind.name == *name));
            for (version, kind) in (1..).zip(kinds) {
                let data = golden(A::TYPE, kind.name, kind.version).to_string();
                let event = A::Event::read(kind.name, kind.version, &data).unwrap();
                A::evolve(&mut state, &event, version);
            }
            json!(state)
        },
    }
}

/// Every aggregate of the catalogue.
fn all() -> Vec<Formats> {
    vec![
        formats::<Room>(),
        formats::<Reservation>(),
        formats::<Device>(),
        formats::<Account>(),
        formats::<Order>(),
        formats::<Round>(),
    ]
}

/// The formats that do not belong to one aggregate.
fn shared() -> [(&'static str, Schema); 13] {
    let shared =
        |name: &'static str, schema| (name, named(&format!("urn:edgefold:{name}"), name, schema));
    [
        shared("message", taken::<Incoming>()),
        shared("accepted", written::<Accepted>()),
        shared("problem", written::<Problem>()),
        shared("view", written::<StateView>()),
        shared("events", written::<EventsPage>()),
        shared("dead-letters", written::<admin::Page>()),
        shared("dead-letter", written::<admin::SequencePage>()),
        shared("dead-letter-outcome", written::<admin::Outcome>()),
        shared("dead-letter-outcomes", written::<admin::BulkOutcome>()),
        shared("dead-letter-discard", taken::<admin::Discard>()),
        shared("ticket", written::<Ticket>()),
        shared("correlation", written::<Caused>()),
        shared("cloudevent", written::<Envelope>()),
    ]
}

fn files() -> Vec<(String, Schema)> {
    let shared =
        shared().into_iter().map(|(name, schema)| (format!("schema/json/{name}.json"), schema));
    let of = |it: Formats| {
        let folder = format!("schema/json/{}", it.aggregate);
        let state = (format!("{folder}/state.v{}.json", it.state_version), it.state);
        let commands = it
            .commands
            .into_iter()
            .map(|(name, schema)| (format!("{folder}/{name}.command.json"), schema));
        let events = it.events.into_iter().map(|(name, version, schema)| {
            (format!("{folder}/{name}.v{version}.event.json"), schema)
        });
        commands.chain(events).chain([state]).collect::<Vec<_>>()
    };
    shared.chain(all().into_iter().flat_map(of)).collect()
}

fn validator(schema: &Schema) -> Validator {
    let options =
        jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options
        .build(schema.as_value())
        .unwrap_or_else(|error| panic!("{error}: {}", schema.as_value()))
}

/// The errors, one line each; empty if there are none.
fn complaints(schema: &Schema, value: &Value) -> Vec<String> {
    let complaint =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator(schema).iter_errors(value).map(complaint).collect()
}

fn golden(aggregate: &str, event: &str, version: u32) -> Value {
    let path = format!("schema/golden/{aggregate}/{event}.v{version}.json");
    serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

#[test]
fn the_printed_json_schemas_are_up_to_date() {
    let text = |schema: Schema| serde_json::to_string_pretty(schema.as_value()).unwrap() + "\n";
    let printed: Files = files().into_iter().map(|(path, schema)| (path, text(schema))).collect();
    compare(&below("schema/json"), &printed);
}

#[test]
fn every_command_and_every_event_version_of_the_catalogue_is_printed() {
    let paths: BTreeSet<String> = files().into_iter().map(|(path, _)| path).collect();
    for entry in CATALOGUE.entries {
        let folder = format!("schema/json/{}", entry.aggregate_type);
        let commands =
            entry.commands.iter().map(|kind| format!("{folder}/{}.command.json", kind.name));
        let events = entry
            .events
            .iter()
            .flat_map(|kind| (1..=kind.version).map(|version| (kind.name, version)));
        let events = events.map(|(name, version)| format!("{folder}/{name}.v{version}.event.json"));
        let expected: BTreeSet<String> = commands.chain(events).collect();
        let found = paths
            .iter()
            .filter(|path| path.starts_with(&format!("{folder}/")) && !path.contains("/state.v"));
        let found: BTreeSet<_> = found.cloned().collect();
        assert_eq!(found, expected, "all of {} is printed", entry.aggregate_type);
    }
}

#[test]
fn every_printed_schema_is_one() {
    for (path, schema) in files() {
        assert!(jsonschema::meta::is_valid(schema.as_value()), "{path}");
        validator(&schema);
    }
}

#[test]
fn every_golden_file_is_what_the_schema_of_its_version_says() {
    for it in all() {
        for (name, version, schema) in &it.events {
            let data = golden(it.aggregate, name, *version);
            assert_eq!(complaints(schema, &data), [""; 0], "{name} v{version}");
            let required = &schema.as_value()["required"];
            let required = required.as_array().and_then(|fields| fields.first());
            if let Some(field) = required.and_then(Value::as_str) {
                let mut less = data.clone();
                less.as_object_mut().unwrap().remove(field);
                assert_ne!(complaints(schema, &less), [""; 0], "{name} v{version} without {field}");
            }
        }
    }
}

#[test]
fn every_state_is_what_its_schema_says() {
    for it in all() {
        let names: Vec<_> =
            CATALOGUE.entry(it.aggregate).unwrap().events.iter().map(|kind| kind.name).collect();
        let stories = (0..=names.len()).map(|length| names[..length].to_vec());
        // Each event right after the one that begins the stream, too.
        for story in stories.chain(names.iter().map(|name| vec![names[0], name])) {
            let state = (it.fold)(&story);
            assert_eq!(complaints(&it.state, &state), [""; 0], "{}: {story:?}", it.aggregate);
        }
        assert_ne!(complaints(&it.state, &json!({})), [""; 0], "{}", it.aggregate);
    }
}

#[test]
fn the_schema_of_a_command_takes_what_its_reader_takes() {
    let good = good();
    for it in all() {
        for (name, schema) in &it.commands {
            let found = good
                .iter()
                .find(|(aggregate, command, _)| (aggregate, command) == (&it.aggregate, name));
            let (_, _, payloads) = found.unwrap_or_else(|| panic!("no sample of {name}"));
            let validator = validator(schema);
            for payload in payloads {
                assert_eq!((it.read)(name, payload), Ok(()), "{payload}");
            }
            for payload in payloads.iter().flat_map(variants) {
                let read = (it.read)(name, &payload);
                // What concerns two fields is beyond JSON Schema.
                if !matches!(&read, Err(refused) if refused.code == "DATES_REVERSED") {
                    assert_eq!(
                        validator.is_valid(&payload),
                        read.is_ok(),
                        "{name} {payload}: {read:?}"
                    );
                }
            }
        }
    }
}

/// Whether the door takes the trace context; it looks at it when it admits the message.
fn is_traced(message: &Message) -> bool {
    message.metadata.as_ref().is_none_or(|metadata| check_trace(metadata).is_ok())
}

#[test]
fn the_schema_of_a_message_takes_what_the_door_takes() {
    let [(_, schema), ..] = shared();
    let validator = validator(&schema);
    let message = json!({
        "aggregateType": "room", "aggregateId": "12A", "name": "CloseRoom", "payload": {}, "commandId": "c-1",
        "expectedVersion": 3,
        "metadata": {"correlationId": "r-1", "causationId": "e-1", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    });
    let mut bodies = variants(&message);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let later = parent.replacen("00", "cc", 1);
    let traces = [190, 201].map(|length| json!(format!("{later}-{}", "x".repeat(length))));
    let others = [later.as_str(), &parent.to_uppercase(), "garbage", "é", "", "00-1-2-01"]
        .map(|it| json!(it));
    for trace in traces.into_iter().chain(others).chain([json!(1), json!(null)]) {
        let mut traced = message.clone();
        traced["metadata"]["traceparent"] = trace;
        bodies.push(traced);
    }
    bodies.extend([0, 1, 2, 100, 101].map(|count| json!(vec![&message; count])));
    for body in bodies {
        let read = match Incoming::parse(body.to_string().as_bytes(), &Allowance::default()) {
            Ok(Incoming::One(message)) => message.payload.is_object() && is_traced(&message),
            Ok(Incoming::Many(items)) => items.iter().all(Result::is_ok),
            Err(_) => false,
        };
        // Versions stay below 2^53; the door leaves it to the instance to say so.
        let version = Message::from_value(&body).ok().and_then(|message| message.expected_version);
        if version.is_none_or(|version| version < 1 << 53) {
            assert_eq!(validator.is_valid(&body), read, "{body}");
        }
    }
}

/// True if the schema knows every written field.
fn knows(schema: &Schema, written: &Value) -> bool {
    written
        .as_object()
        .unwrap()
        .keys()
        .all(|field| schema.as_value()["properties"].get(field).is_some())
}

#[test]
fn an_event_on_the_wire_is_what_its_schema_says() {
    let [.., (_, listing), (_, schema)] = shared();
    let id = |text: &str| Id::parse(text).unwrap();
    let plain = Metadata::default();
    let traced = Metadata {
        correlation_id: Some(id("r-1")),
        causation_id: Some(id("e-1")),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        via: Some(id("shop").into()),
        ..Metadata::default()
    };
    for it in all() {
        for (name, version, data) in &it.events {
            for metadata in [&plain, &traced] {
                let envelope = Envelope {
                    id: "0190a7a0-0000-7000-8000-000000000001".into(),
                    stream: StreamId::new(it.aggregate, id("12A")),
                    version: 12,
                    event_type: (*name).into(),
                    schema_version: *version,
                    time: Timestamp::from_millis(1_767_225_600_000),
                    command_id: id("c-1"),
                    metadata: metadata.clone(),
                    data: RawValue::from_string(golden(it.aggregate, name, *version).to_string())
                        .unwrap(),
                };
                let entries = entries(CATALOGUE, &envelope);
                let page = json!(Caused { entries, next: None });
                assert_eq!(complaints(&listing, &page), [""; 0], "{page}");
                let event = json!(envelope);
                assert_eq!(complaints(&schema, &event), [""; 0], "{event}");
                assert!(knows(&schema, &event), "{event}");
                assert_eq!(
                    event["dataschema"],
                    data.as_value()["$id"],
                    "an event names the schema of its data"
                );
            }
        }
    }
    assert_ne!(complaints(&schema, &json!({"specversion": "0.3"})), [""; 0]);
}

#[test]
fn an_answer_is_what_its_schema_says() {
    let [_, (_, accepted), (_, refused), ..] = shared();
    let answer = json!(Accepted {
        command_id: Id::parse("c-1").unwrap(),
        aggregate_type: "room".into(),
        aggregate_id: Id::parse("12A").unwrap(),
        first_version: 1,
        version: 1,
        events: vec![EventRef {
            id: "0190a7a0-0000-7000-8000-000000000001".into(),
            event_type: "RoomAdded".into(),
            version: 1,
        }],
        confirm_within_ms: 5_000,
        duplicate: false,
    });
    assert_eq!(complaints(&accepted, &answer), [""; 0]);
    assert!(knows(&accepted, &answer));
    for failure in [
        Failure::from(Rejection::rule("ROOM_CLOSED", "closed").at(3)),
        Rejection::shape("MISSING_FIELD", "payload.number", "number is required").into(),
        Fault::Defect("not told".into()).into(),
    ] {
        let answer = json!(Problem::of(&failure).of_command(Id::parse("c-1").ok().as_ref()));
        assert_eq!(complaints(&refused, &answer), [""; 0], "{answer}");
        assert!(knows(&refused, &answer), "{answer}");
        assert_ne!(complaints(&accepted, &answer), [""; 0]);
    }
    assert_ne!(complaints(&refused, &answer), [""; 0]);
}

#[test]
fn only_tests_switch_the_printing_of_schemas_on() {
    let metadata =
        MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let mut optional = 0;
    for package in &metadata.packages {
        let switched = package.features.get("default").cloned().unwrap_or_default();
        assert!(!switched.contains(&"schema".to_owned()), "{} switches it on", package.name);
        for dependency in
            package.dependencies.iter().filter(|it| it.kind != DependencyKind::Development)
        {
            assert!(
                !dependency.features.contains(&"schema".to_owned()),
                "{} switches it on",
                package.name
            );
            if dependency.name == "schemars" {
                assert!(dependency.optional, "{} brings schemars along", package.name);
                optional += 1;
            }
        }
    }
    assert!(optional >= 5, "the check sees what it should");
}
