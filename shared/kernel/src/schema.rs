//! JSON Schemas (2020-12) of commands, events and states, printed from the types.
//!
//! **Invariant:** only tests switch the feature `schema` on. Nothing of it reaches the Worker.
//!
//! A schema describes one of two directions: the form that a reader takes (a command), or the form that is written (an
//! event, a state). They differ where a reader is generous: it takes an instant in any offset, and UTC is written.

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::transform_subschemas};
use serde_json::{Value, json};

use crate::{Aggregate, CommandSet, EventSet, envelope::data_schema};

/// Largest whole number that JavaScript holds exactly. Versions and counts stay below it.
const SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The schema of the form that a reader of `T` takes.
pub fn taken<T: JsonSchema>() -> Schema {
    print::<T>(SchemaSettings::draft2020_12().for_deserialize())
}

/// The schema of the form in which `T` is written.
pub fn written<T: JsonSchema>() -> Schema {
    print::<T>(SchemaSettings::draft2020_12().for_serialize().with_transform(absent_not_null))
}

fn print<T: JsonSchema>(settings: SchemaSettings) -> Schema {
    let settings = settings.with_transform(plain_numbers).with_transform(one_line);
    settings.into_generator().into_root_schema_for::<T>()
}

/// Adds `$id` and title to a schema.
#[must_use]
pub fn named(id: &str, title: &str, mut schema: Schema) -> Schema {
    schema.insert("$id".to_owned(), json!(id));
    schema.insert("title".to_owned(), json!(title));
    schema
}

/// A list of types: `(A, (B, ()))`.
pub trait Types {
    /// The schema of each, printed in one direction.
    fn print(direction: Direction) -> Vec<Schema>;
}

/// [`taken`] or [`written`], for each type of a list.
#[derive(Clone, Copy, Debug)]
pub enum Direction {
    /// The form that a reader takes.
    Taken,
    /// The form that is written.
    Written,
}

impl Types for () {
    fn print(_: Direction) -> Vec<Schema> {
        Vec::new()
    }
}

impl<First: JsonSchema, Rest: Types> Types for (First, Rest) {
    fn print(direction: Direction) -> Vec<Schema> {
        let first = match direction {
            Direction::Taken => taken::<First>(),
            Direction::Written => written::<First>(),
        };
        std::iter::once(first).chain(Rest::print(direction)).collect()
    }
}

/// A list of lists of types: of each event type, the data of every schema version.
pub trait Versions {
    /// The schemas as they are written, version by version.
    fn print() -> Vec<Vec<Schema>>;
}

impl Versions for () {
    fn print() -> Vec<Vec<Schema>> {
        Vec::new()
    }
}

impl<First: Types, Rest: Versions> Versions for (First, Rest) {
    fn print() -> Vec<Vec<Schema>> {
        std::iter::once(First::print(Direction::Written)).chain(Rest::print()).collect()
    }
}

/// Every command of an aggregate with the schema of its payload.
pub fn commands<A: Aggregate>() -> Vec<(&'static str, Schema)>
where
    <A::Command as CommandSet>::Payloads: Types,
{
    let schemas = <A::Command as CommandSet>::Payloads::print(Direction::Taken);
    let names = A::Command::KINDS.iter().map(|kind| kind.name);
    let id = |name: &str| format!("urn:edgefold:{}:{name}:command", A::TYPE);
    names.zip(schemas).map(|(name, schema)| (name, named(&id(name), name, schema))).collect()
}

/// Every event type of an aggregate and every schema version of it, with the schema of its data. The schema's name is
/// the event's `dataschema`.
pub fn events<A: Aggregate>() -> Vec<(&'static str, u32, Schema)>
where
    <A::Event as EventSet>::Versions: Versions,
{
    let names = A::Event::KINDS.iter().map(|kind| kind.name);
    let versions = |(name, schemas): (&'static str, Vec<Schema>)| {
        (1..).zip(schemas).map(move |(version, schema)| {
            (name, version, named(&data_schema(A::TYPE, name, version), name, schema))
        })
    };
    names.zip(<A::Event as EventSet>::Versions::print()).flat_map(versions).collect()
}

/// The state of an aggregate.
pub fn state<A: Aggregate>() -> Schema
where
    A::State: JsonSchema,
{
    let id = format!("urn:edgefold:{}:state:{}", A::TYPE, A::STATE_VERSION);
    named(&id, "State", written::<A::State>())
}

/// Replaces Rust's number formats by bounds: other readers do not know formats such as `uint32`.
fn plain_numbers(schema: &mut Schema) {
    let format = schema.get("format").and_then(Value::as_str).map(str::to_owned);
    let bound = match format.as_deref() {
        Some("uint16") => Some(u64::from(u16::MAX)),
        Some("uint32") => Some(u64::from(u32::MAX)),
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
