//! JSON Schemas (2020-12) of commands, events and states, printed from their shapes; and those of the engine's own types, by
//! schemars.
//!
//! # Layout
//!
//! | room | what it is for |
//! |---|---|
//! | `shape` | a [`Shape`] as a schema, and the values of the kernel as schemars has them |
//!
//! **Invariant:** only tests switch the feature `schema` on. Nothing of it reaches the Worker.
//!
//! A schema describes one of two directions: the form that a reader takes (a command), or the form that is written (an
//! event, a state). They differ where a reader is generous: it takes an instant in any offset, and UTC is written.

mod shape;

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::transform_subschemas};
use serde_json::{Value, json};

use crate::{
    command::CommandKind,
    envelope::data_schema,
    event::EventKind,
    shape::{Object, SAFE_INTEGER, Shape},
};

pub use shape::print;

/// The schema of the form that a reader of `T`, a type of the engine, takes.
pub fn taken<T: JsonSchema>() -> Schema {
    root::<T>(SchemaSettings::draft2020_12().for_deserialize())
}

/// The schema of the form in which `T`, a type of the engine, is written.
pub fn written<T: JsonSchema>() -> Schema {
    root::<T>(SchemaSettings::draft2020_12().for_serialize().with_transform(absent_not_null))
}

fn root<T: JsonSchema>(settings: SchemaSettings) -> Schema {
    let settings = settings.with_transform(plain_numbers).with_transform(one_line);
    settings.into_generator().into_root_schema_for::<T>()
}

/// Which form a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The form that a reader takes.
    Taken,
    /// The form that is written.
    Written,
}

/// Adds `$id` and title to a schema.
#[must_use]
pub fn named(id: &str, title: &str, mut schema: Schema) -> Schema {
    schema.insert("$id".to_owned(), json!(id));
    schema.insert("title".to_owned(), json!(title));
    schema
}

/// The schema of the payload of a command.
pub fn command(aggregate_type: &str, kind: &CommandKind) -> Schema {
    let id = format!("urn:edgefold:{aggregate_type}:{}:command", kind.name);
    named(&id, kind.name, print(&kind.shape, Direction::Taken))
}

/// The schemas of the data of an event, of every schema version from the first. The name of each is the event's `dataschema`.
pub fn events(aggregate_type: &str, kind: &EventKind) -> Vec<(u32, Schema)> {
    let print = |(version, shape): (u32, &Shape)| {
        let id = data_schema(aggregate_type, kind.name, version);
        (version, named(&id, kind.name, print(shape, Direction::Written)))
    };
    (1..).zip(kind.before.iter().chain([&kind.shape])).map(print).collect()
}

/// The schema of the state of an aggregate.
pub fn state(aggregate_type: &str, version: u32, state: &'static Object) -> Schema {
    let id = format!("urn:edgefold:{aggregate_type}:state:{version}");
    named(&id, "State", print(&Shape::Object(state), Direction::Written))
}

/// Replaces Rust's number formats by bounds: other readers do not know formats such as `uint32`.
fn plain_numbers(schema: &mut Schema) {
    let format = schema.get("format").and_then(Value::as_str).map(str::to_owned);
    let bound = match format.as_deref() {
        Some("uint16") => Some(u16::MAX.into()),
        Some("uint32") => Some(u32::MAX.into()),
        Some("uint" | "uint64") => Some(SAFE_INTEGER),
        Some("int32" | "int64" | "double") => None,
        _ => return transform_subschemas(&mut plain_numbers, schema),
    };
    schema.remove("format");
    if let Some(bound) = bound.filter(|_| schema.get("maximum").is_none()) {
        schema.insert("maximum".to_owned(), json!(bound));
    }
}

/// Joins the lines of a description: they were broken for the width of the source, not for the reader.
fn one_line(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    transform_subschemas(&mut one_line, schema);
}

/// Removes null from optional fields: the writer leaves an empty field out and never writes null.
fn absent_not_null(schema: &mut Schema) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let required = |name: &str| required.as_array().is_some_and(|all| all.contains(&json!(name)));
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (_, property) in properties.iter_mut().filter(|(name, _)| !required(name)) {
            not_null(property);
        }
    }
    transform_subschemas(&mut absent_not_null, schema);
}

fn not_null(property: &mut Value) {
    let Some(property) = property.as_object_mut() else { return };
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            property.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(mut choices)) = property.remove("anyOf") {
        choices.retain(|choice| *choice != json!({"type": "null"}));
        match choices.as_slice() {
            [Value::Object(only)] => property.extend(only.clone()),
            _ => {
                property.insert("anyOf".to_owned(), Value::Array(choices));
            }
        }
    }
}
