//! Accepted events can be read: arbitrary commands of every aggregate are decided and stored, and every accepted event
//! is read back from its text by all of its readers, GraphQL among them, as after an eviction.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod seen;

use std::{cell::Cell, fs, path::Path};

use edgefold_account::Account;
use edgefold_catalogue::Catalogue;
use edgefold_core::CATALOGUE;
use edgefold_device::Device;
use edgefold_flow::{
    Instance, Message, Participant, Stamp,
    append::storage::{Storage, Write},
    door::Asker,
    instance::When,
    journal::Partition,
    participant::Column,
};
use edgefold_kernel::{
    Aggregate, Envelope, Failure, Foreign, ForeignState, Id, Metadata, Rejection, StreamId,
    Timestamp, command::CommandKind,
};
use edgefold_order::Order;
use edgefold_reservation::Reservation;
use edgefold_room::Room;
use edgefold_round::Round;
use edgefold_testing::{MemoryJournal, MemoryStorage, samples};
use proptest::{
    collection::vec, prelude::any, prop_assert, prop_oneof, proptest, sample, strategy::Strategy,
    test_runner::Config,
};
use serde_json::{Value, value::RawValue};

/// Values at the bounds of what fields take and beside them, and values of every type.
fn odd() -> Vec<Value> {
    let shapes = CATALOGUE.entries.iter().flat_map(|entry| entry.commands).map(|kind| kind.shape);
    let fields = shapes.flat_map(|shape| shape.object().unwrap().fields);
    fields.flat_map(|field| samples::odd(&field.shape)).chain(samples::anything()).collect()
}

/// Values of every kind, near what some field takes and far from it.
fn values() -> impl Strategy<Value = Value> {
    let instants = "[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-5][0-9])";
    let days = "[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]";
    prop_oneof![
        4 => sample::select(odd()),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => (-9_i64..9).prop_map(Value::from),
        1 => "\\PC{0,12}".prop_map(Value::from),
        1 => "[!-~]{1,128}".prop_map(Value::from),
        4 => instants.prop_map(Value::from),
        // The parser of RFC 3339 takes them, and they lie after the last second of the calendar.
        1 => sample::select(vec!["9999-12-31T23:59:60Z", "9999-12-31T22:59:60-01:00"]).prop_map(Value::from),
        1 => days.prop_map(Value::from),
    ]
}

/// One command: which of the samples, and what is put into which of its places. Numbers count round and round.
type Asked = (usize, Vec<(usize, Value)>);

fn asked() -> impl Strategy<Value = Vec<Asked>> {
    let changes = |count| vec((0..1_000_usize, values()), count);
    // Most stay as they are, so that a story gets somewhere.
    let changes = prop_oneof![2 => changes(0..1), 1 => changes(1..3)];
    vec((0..1_000_usize, changes), 1..12)
}

/// Every place in a payload that holds no object or array.
fn leaves(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| leaves(value, format!("{at}/{name}"), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(n, value)| leaves(value, format!("{at}/{n}"), found));
        }
        _ => found.push(at),
    }
}

/// Name and payload of a command of this aggregate.
fn message(aggregate: &str, (which, changes): &Asked, number: usize) -> Message {
    let commands = CATALOGUE.entry(aggregate).unwrap().commands;
    let good = |kind: &'static CommandKind| {
        samples::good(&kind.shape).into_iter().map(|payload| (kind.name, payload))
    };
    let samples: Vec<(&str, Value)> = commands.iter().flat_map(good).collect();
    // The first command begins the stream, for the caller to whom the golden instances belong.
    let (name, mut payload) = match number {
        0 => (commands[0].name, samples::example(&commands[0].shape)),
        _ => samples[which % samples.len()].clone(),
    };
    for (place, value) in changes {
        let mut places = Vec::new();
        leaves(&payload, String::new(), &mut places);
        if !places.is_empty() {
            *payload.pointer_mut(&places[place % places.len()]).unwrap() = value.clone();
        }
    }
    Message {
        aggregate_type: aggregate.into(),
        aggregate_id: None,
        name: name.into(),
        payload,
        command_id: Id::parse(format!("c-{number}")).ok(),
        expected_version: None,
        metadata: None,
    }
}

/// The states of the foreign instances that somebody decides on: after one golden event each.
fn foreign(streams: Vec<StreamId>) -> Foreign {
    let ask = |stream: StreamId| {
        let state = match stream.aggregate_type.as_str() {
            Room::TYPE => begun::<Room>(&stream, "RoomAdded"),
            Account::TYPE => begun::<Account>(&stream, "AccountOpened"),
            other => panic!("nobody decides on a {other}"),
        };
        (stream, state)
    };
    streams.into_iter().map(ask).collect()
}

/// The state of a foreign instance after this golden event.
fn begun<A: Participant>(stream: &StreamId, name: &str) -> ForeignState {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/golden");
    let path = golden.join(A::TYPE).join(format!("{name}.v1.json"));
    let event = Envelope {
        id: "0190a7a0-0000-7000-8000-000000000001".into(),
        stream: stream.clone(),
        version: 1,
        event_type: name.into(),
        schema_version: 1,
        time: Timestamp::from_millis(1_767_225_600_000),
        command_id: Id::parse("c-0").unwrap(),
        metadata: Metadata::default(),
        data: RawValue::from_string(fs::read_to_string(path).unwrap()).unwrap(),
    };
    let storage = MemoryStorage::default();
    storage.commit(&Write { events: vec![event], ..Write::default() }).unwrap();
    Instance::of::<A>(stream.aggregate_id.clone(), storage).foreign().unwrap()
}

/// Sends them to one instance; says how many were accepted, or what could not be read.
fn tell<A: Participant>(story: &[Asked]) -> Result<usize, String> {
    let id = Id::parse("it").unwrap();
    let storage = MemoryStorage::default();
    let (mut accepted, made) = (0, Cell::new(0_u64));
    let fresh = || {
        made.set(made.get() + 1);
        format!("0190a7a0-0000-7000-8000-{:012}", made.get())
    };
    for (number, asked) in story.iter().enumerate() {
        let instance = Instance::of::<A>(id.clone(), storage.clone());
        let message = message(A::TYPE, asked, number);
        let now = Timestamp::from_millis(1_767_225_600_000).plus_millis(number as i64 * 40_000);
        let stamp = Stamp { now, fresh: &fresh, by: &Asker::System };
        let streams = instance.rests_on(&instance.wanted(&message), &stamp).unwrap();
        match instance.handle(&instance.wanted(&message), &foreign(streams), &stamp) {
            Ok(_) => accepted += 1,
            Err(Failure::Rejected(Rejection { code, detail, .. }))
                if code == "EVENT_UNREADABLE" =>
            {
                return Err(format!("the rules take what cannot be stored: {detail}"));
            }
            Err(Failure::Rejected(_)) => continue,
            Err(Failure::Faulted(fault)) => return Err(format!("{fault}: {}", message.payload)),
        }
        let here = instance.view(When::Now).map_err(|error| error.to_string())?;
        let evicted = Instance::of::<A>(id.clone(), storage.clone());
        let there = evicted.view(When::Now).map_err(|error| error.to_string())?;
        if here.state != there.state {
            return Err(format!("{} was {}", there.state, here.state));
        }
        read_all::<A>(&evicted).map_err(|said| format!("{said} after {}", message.payload))?;
    }
    if accepted > 0 {
        read_over_graphql::<A>(&Instance::of::<A>(id, storage))?;
    }
    Ok(accepted)
}

/// Reads a stream as every reader does.
fn read_all<A: Participant>(instance: &Instance<MemoryStorage>) -> Result<(), String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let entry = CATALOGUE.entry(A::TYPE).map_err(|error| said(&error))?;
    let page = instance.page(&seen::reader(), 0, 1_000).map_err(|error| said(&error))?;
    let mut events = Vec::new();
    for event in page.events {
        let text = serde_json::to_string(&event).map_err(|error| said(&error))?;
        let event: Envelope = serde_json::from_str(&text).map_err(|error| said(&error))?;
        entry.errands(&event).map_err(|error| said(&error))?;
        events.push(event);
    }
    let folded = entry.run.fold(None, &events).map_err(|error| said(&error))?;
    let row: Value = serde_json::from_str(&folded.outline).map_err(|error| said(&error))?;
    for Column { name, kind, .. } in entry.listed.columns() {
        let value = row.get(name).unwrap_or(&Value::Null);
        if !value.is_null() && kind.cell(value).is_none() {
            return Err(format!("no {kind:?} for the column {name}: {value}"));
        }
    }
    let later = Timestamp::from_millis(1_767_225_600_000).plus_millis(100 * 24 * 3_600_000);
    instance.overdue(60_000, later).map_err(|error| said(&error))?;
    let sent = instance.to_journal(later).map_err(|error| said(&error))?;
    let partition = Partition::new(MemoryJournal::default());
    if let Some(sent) = sent {
        let answers = partition.append_all(&[sent.text]);
        answers.into_iter().collect::<Result<Vec<_>, _>>().map_err(|error| said(&error))?;
    }
    instance.pull(0).map_err(|error| said(&error))?;
    Ok(())
}

/// Reads everything that GraphQL shows.
fn read_over_graphql<A: Participant>(instance: &Instance<MemoryStorage>) -> Result<(), String> {
    let said = |error: Failure| error.to_string();
    let (row, page) = (
        instance.row(When::Now).map_err(said)?,
        instance.page(&seen::reader(), 0, 1_000).map_err(said)?,
    );
    let happened = page.events.len();
    let shown = seen::shown(A::TYPE, row, page)?;
    let events = shown["events"]["nodes"].as_array().ok_or("no events")?;
    let is_typed = |event: &&Value| event["node"]["details"].is_object();
    match events.iter().filter(is_typed).count() == happened && shown["one"].is_object() {
        true => Ok(()),
        false => Err(format!("not all of it is shown: {shown}")),
    }
}

macro_rules! everything_accepted_is_read_back {
    ($($test:ident: $aggregate:ty),+ $(,)?) => {
        proptest! {
            #![proptest_config(Config::with_cases(400))]
            $(#[test]
            fn $test(story in asked()) {
                let told = tell::<$aggregate>(&story);
                prop_assert!(told.is_ok(), "{}", told.unwrap_err());
            })+
        }
    };
}

everything_accepted_is_read_back! {
    what_a_room_accepts_is_read_back: Room,
    what_a_reservation_accepts_is_read_back: Reservation,
    what_a_device_accepts_is_read_back: Device,
    what_an_account_accepts_is_read_back: Account,
    what_a_catalogue_accepts_is_read_back: Catalogue,
    what_an_order_accepts_is_read_back: Order,
    what_a_round_accepts_is_read_back: Round,
}

#[test]
fn every_aggregate_accepts_something_here() {
    let plain: Vec<Asked> = vec![(0, Vec::new())];
    for (aggregate, accepted) in [
        (Room::TYPE, tell::<Room>(&plain)),
        (Reservation::TYPE, tell::<Reservation>(&plain)),
        (Device::TYPE, tell::<Device>(&plain)),
        (Account::TYPE, tell::<Account>(&plain)),
        (Catalogue::TYPE, tell::<Catalogue>(&plain)),
        (Order::TYPE, tell::<Order>(&plain)),
        (Round::TYPE, tell::<Round>(&plain)),
    ] {
        assert_eq!(accepted, Ok(1), "{aggregate}");
    }
}
