//! The JSON Schemas in `schema/json/` say what the code does: they are printed from the types, and what the readers take
//! and the writers write is held against them.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod printed;
mod stored;

use cargo_metadata::{DependencyKind, MetadataCommand};
use edgefold_core::CATALOGUE;
use edgefold_flow::{
    Accepted, Message, admin,
    command::{EventRef, Incoming, Problem},
    contract::{EventsPage, StateView},
    door::{allowance::Allowance, header::check_trace, ticket::Ticket},
    journal::{
        correlation::{Caused, entries},
        status::{ProcessorStatus, Processors, Readiness},
    },
    queued::OnQueue,
    route::Entry,
};
use edgefold_kernel::{
    Envelope, Failure, Fault, Id, Metadata, Principal, Rejection, StreamId, Timestamp,
    command::CommandKind,
    schema::{self, named, taken, written},
    shape::{Described, Field, Object, Shape},
};
use edgefold_testing::samples::{example, good, variants};
use jsonschema::{Draft, Validator};
use printed::{Files, below, compare, root};
use schemars::Schema;
use serde_json::{Value, json, value::RawValue};

/// The formats that do not belong to one aggregate.
fn shared() -> [(&'static str, Schema); 17] {
    let shared =
        |name: &'static str, schema| (name, named(&format!("urn:edgefold:{name}"), name, schema));
    [
        shared("message", taken::<Incoming>()),
        shared("accepted", written::<Accepted>()),
        shared("problem", written::<Problem>()),
        shared("queued", written::<OnQueue>()),
        shared("view", written::<StateView>()),
        shared("events", written::<EventsPage>()),
        shared("dead-letters", written::<admin::Page>()),
        shared("dead-letter", written::<admin::SequencePage>()),
        shared("dead-letter-outcome", written::<admin::Outcome>()),
        shared("dead-letter-outcomes", written::<admin::BulkOutcome>()),
        shared("dead-letter-discard", taken::<admin::Discard>()),
        shared("projections", written::<Processors>()),
        shared("projection", written::<ProcessorStatus>()),
        shared("readiness", written::<Readiness>()),
        shared("ticket", written::<Ticket>()),
        shared("correlation", written::<Caused>()),
        shared("cloudevent", written::<Envelope>()),
    ]
}

fn files() -> Vec<(String, Schema)> {
    let shared =
        shared().into_iter().map(|(name, schema)| (format!("schema/json/{name}.json"), schema));
    shared.chain(CATALOGUE.entries.iter().flat_map(files_of)).collect()
}

fn files_of(entry: &Entry) -> Vec<(String, Schema)> {
    let of = entry.aggregate_type;
    let folder = format!("schema/json/{of}");
    let commands = entry
        .commands
        .iter()
        .map(|kind| (format!("{folder}/{}.command.json", kind.name), schema::command(of, kind)));
    let events = entry.events.iter().flat_map(|kind| {
        let path = |version| format!("{folder}/{}.v{version}.event.json", kind.name);
        schema::events(of, kind).into_iter().map(move |(version, schema)| (path(version), schema))
    });
    let state = schema::state(of, entry.state_version, entry.state);
    let state = (format!("{folder}/state.v{}.json", entry.state_version), state);
    commands.chain(events).chain([state]).collect()
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

/// An event on the wire, with the stored data of a golden file.
fn envelope(stream: StreamId, version: u64, event: &str, schema_version: u32) -> Envelope {
    let data = stored::data(&stream.aggregate_type, event, schema_version).to_string();
    Envelope {
        id: "0190a7a0-0000-7000-8000-000000000001".into(),
        stream,
        version,
        event_type: event.to_owned(),
        schema_version,
        time: Timestamp::from_millis(1_767_225_600_000),
        command_id: Id::parse("c-1").unwrap(),
        metadata: Metadata::default(),
        data: RawValue::from_string(data).unwrap(),
    }
}

/// Every event version of the catalogue, with what it is.
fn event_versions() -> Vec<(&'static str, &'static str, u32, &'static Shape, Schema)> {
    let of = |entry: &'static Entry| {
        entry.events.iter().flat_map(|kind| {
            let shapes = kind.before.iter().chain([&kind.shape]);
            schema::events(entry.aggregate_type, kind).into_iter().zip(shapes).map(
                |((version, schema), shape)| {
                    (entry.aggregate_type, kind.name, version, shape, schema)
                },
            )
        })
    };
    CATALOGUE.entries.iter().flat_map(of).collect()
}

#[test]
fn the_printed_json_schemas_are_up_to_date() {
    let text = |schema: Schema| serde_json::to_string_pretty(schema.as_value()).unwrap() + "\n";
    let printed: Files = files().into_iter().map(|(path, schema)| (path, text(schema))).collect();
    compare(&below("schema/json"), &printed);
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
    for (aggregate, name, version, _, schema) in event_versions() {
        let data = stored::data(aggregate, name, version);
        assert_eq!(complaints(&schema, &data), [""; 0], "{name} v{version}");
        let required = schema.as_value()["required"].as_array();
        if let Some(field) = required.and_then(|fields| fields.first()).and_then(Value::as_str) {
            let mut less = data.clone();
            less.as_object_mut().unwrap().remove(field);
            assert_ne!(complaints(&schema, &less), [""; 0], "{name} v{version} without {field}");
        }
    }
}

#[test]
fn what_an_event_may_be_is_read_and_is_what_its_schema_says() {
    for (aggregate, name, version, shape, schema) in event_versions() {
        let run = CATALOGUE.entry(aggregate).unwrap().run;
        for data in good(shape) {
            assert_eq!(complaints(&schema, &data), [""; 0], "{name} v{version}");
            let read = run.canonical(name, version, &data.to_string());
            assert!(read.is_ok(), "{name} v{version} {data}: {read:?}");
        }
    }
}

#[test]
fn every_state_is_what_its_schema_says() {
    for entry in CATALOGUE.entries {
        let schema = schema::state(entry.aggregate_type, entry.state_version, entry.state);
        let stream = || StreamId::new(entry.aggregate_type, Id::parse("12A").unwrap());
        let stories =
            (0..=entry.events.len()).map(|length| entry.events.iter().take(length).collect());
        // Each event right after the one that begins the stream, too.
        let first = &entry.events[0];
        let pairs = entry.events.iter().map(|kind| vec![first, kind]);
        for story in stories.chain(pairs).filter(|story: &Vec<_>| !story.is_empty()) {
            let events = (1..).zip(&story);
            let events =
                events.map(|(version, kind)| envelope(stream(), version, kind.name, kind.version));
            let folded = entry.run.fold(None, &events.collect::<Vec<_>>()).unwrap();
            for text in [folded.state, folded.outline] {
                let state = serde_json::from_str(&text).unwrap();
                assert_eq!(
                    complaints(&schema, &state),
                    [""; 0],
                    "{}: {story:?}",
                    entry.aggregate_type
                );
            }
        }
        assert_ne!(complaints(&schema, &json!({})), [""; 0], "{}", entry.aggregate_type);
    }
}

/// The payload as the door hands it on: who acts for itself may leave itself out.
fn admitted(kind: &CommandKind, payload: &Value) -> Value {
    let mut payload = payload.clone();
    if let Some(members) = payload.as_object_mut() {
        for field in kind.shape.object().unwrap().fields.iter().filter(|field| field.is_caller) {
            if members.get(field.name).is_none_or(Value::is_null) {
                members.insert(field.name.to_owned(), json!("ana"));
            }
        }
    }
    payload
}

/// True if a command was refused by a rule that concerns more than one field, and is beyond JSON Schema. Its code is
/// documented.
fn is_beyond(kind: &CommandKind, refused: &Rejection) -> bool {
    let mut codes = CATALOGUE.entries.iter().flat_map(|entry| entry.refusals);
    kind.checked && codes.any(|(code, _)| *code == refused.code)
}

#[test]
fn the_schema_of_a_command_takes_what_its_reader_takes() {
    for entry in CATALOGUE.entries {
        for kind in entry.commands {
            let name = kind.name;
            let validator = validator(&schema::command(entry.aggregate_type, kind));
            let read = |payload: &Value| entry.run.read(name, &admitted(kind, payload)).map(drop);
            assert_eq!(read(&example(&kind.shape)), Ok(()), "{name}");
            for payload in good(&kind.shape) {
                for payload in variants(&kind.shape, &payload) {
                    let read = read(&payload);
                    if !matches!(&read, Err(refused) if is_beyond(kind, refused)) {
                        let is_valid = validator.is_valid(&payload);
                        assert_eq!(is_valid, read.is_ok(), "{name} {payload}: {read:?}");
                    }
                }
            }
        }
    }
}

/// A message, as the variants of one are made: its own reader and its own schema say more.
const MESSAGE: Shape = Shape::Object(&Object {
    name: "Message",
    about: "",
    fields: &[
        field("aggregateType", Shape::ANY_TEXT),
        field("aggregateId", Shape::Id),
        field("name", Shape::ANY_TEXT),
        field(
            "payload",
            Shape::Object(&Object { name: "Payload", about: "", fields: &[], is_strict: true }),
        ),
        field("commandId", Shape::Id),
        field("expectedVersion", u64::SHAPE),
        field("metadata", Shape::Object(METADATA)),
    ],
    is_strict: true,
});

const METADATA: &Object = &Object { name: "Metadata", about: "", fields: &[], is_strict: true };

const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, about: "", shape, is_optional: true, is_caller: false, is_inner: false }
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
        "aggregateType": "door", "aggregateId": "12A", "name": "CloseDoor", "payload": {}, "commandId": "c-1",
        "expectedVersion": 3,
        "metadata": {"correlationId": "r-1", "causationId": "e-1", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    });
    let mut bodies = variants(&MESSAGE, &message);
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
        let version =
            Message::from_value(body.clone()).ok().and_then(|message| message.expected_version);
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
    let traced = Metadata {
        correlation_id: Some(id("r-1")),
        causation_id: Some(id("e-1")),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        via: Some(id("shop").into()),
        ..Metadata::default()
    };
    let reader = Principal::new(id("ana"), CATALOGUE.roles[0].role.clone());
    for (aggregate, name, version, _, data) in event_versions() {
        for metadata in [Metadata::default(), traced.clone()] {
            let plain = envelope(StreamId::new(aggregate, id("12A")), 12, name, version);
            let envelope = Envelope { metadata, ..plain };
            let entries = entries(CATALOGUE, &reader, &envelope);
            let page = json!(Caused { entries, next: None });
            assert_eq!(complaints(&listing, &page), [""; 0], "{page}");
            let event = json!(envelope);
            assert_eq!(complaints(&schema, &event), [""; 0], "{event}");
            assert!(knows(&schema, &event), "{event}");
            let named = &data.as_value()["$id"];
            assert_eq!(event["dataschema"], *named, "an event names the schema of its data");
        }
    }
    assert_ne!(complaints(&schema, &json!({"specversion": "0.3"})), [""; 0]);
}

#[test]
fn an_answer_is_what_its_schema_says() {
    let [_, (_, accepted), (_, refused), ..] = shared();
    let answer = json!(Accepted {
        command_id: Id::parse("c-1").unwrap(),
        aggregate_type: "door".into(),
        aggregate_id: Id::parse("12A").unwrap(),
        first_version: 1,
        version: 1,
        events: vec![EventRef {
            id: "0190a7a0-0000-7000-8000-000000000001".into(),
            event_type: "DoorOpened".into(),
            version: 1,
        }],
        confirm_within_ms: 5_000,
        duplicate: false,
    });
    assert_eq!(complaints(&accepted, &answer), [""; 0]);
    assert!(knows(&accepted, &answer));
    for failure in [
        Failure::from(Rejection::rule("DOOR_LOCKED", "locked").at(3)),
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
    assert!(optional >= 2, "the check sees what it should");
}
