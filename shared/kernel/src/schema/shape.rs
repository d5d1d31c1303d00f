//! A [`Shape`] as a JSON Schema, in both directions.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::Direction;
use crate::{
    Id, Subject, Text, Timestamp, limits,
    shape::{Choice, Described, Field, Object, SAFE_INTEGER, Shape},
};

/// The schema of a shape. What has a name of its own stands under `$defs`.
pub fn print(shape: &Shape, direction: Direction) -> Schema {
    let is_strict = shape.object().is_some_and(|object| object.is_strict);
    let mut printer = Printer { direction, is_strict, defs: BTreeMap::new() };
    let mut root = match shape {
        Shape::Object(object) => printer.object(object),
        Shape::Choice(choice) => of_choice(choice),
        other => printer.value(other),
    };
    root.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    if !printer.defs.is_empty() {
        root.insert("$defs".into(), json!(printer.defs));
    }
    root
}

struct Printer {
    direction: Direction,
    /// What is read as a whole refuses unknown fields, at any depth.
    is_strict: bool,
    defs: BTreeMap<String, Schema>,
}

impl Printer {
    fn value(&mut self, shape: &Shape) -> Schema {
        match shape {
            Shape::Id => self.named("Id", of_value(shape, self.direction)),
            Shape::Subject => self.named("Subject", of_value(shape, self.direction)),
            Shape::Date => self.named("Date", of_value(shape, self.direction)),
            Shape::Timestamp => self.named("Timestamp", of_value(shape, self.direction)),
            Shape::Code => self.named("Code", of_value(shape, self.direction)),
            Shape::Money { min, max } => self.money(*min, *max),
            Shape::Choice(choice) => self.named(choice.name, of_choice(choice)),
            Shape::Object(object) => {
                let printed = self.object(object);
                self.named(object.name, printed)
            }
            Shape::List { of, min, max } => {
                let mut list = json_schema!({"type": "array", "items": self.value(of)});
                bounds(&mut list, "Items", *min, *max);
                list
            }
            Shape::Map { of } => {
                json_schema!({"type": "object", "additionalProperties": self.value(of)})
            }
            Shape::Text { name: "Text", min, max, .. } => self.text(*min, *max),
            Shape::Text { name, .. } if !name.is_empty() => {
                self.named(name, of_value(shape, self.direction))
            }
            Shape::Text { .. } | Shape::Integer { .. } | Shape::Real | Shape::Bool | Shape::Any => {
                of_value(shape, self.direction)
            }
        }
    }

    /// A reference to what has a name of its own. Two that share one name and differ get a number.
    fn named(&mut self, name: &str, printed: Schema) -> Schema {
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let is_free = |name: &String| self.defs.get(name).is_none_or(|def| *def == printed);
        let name = names.find(is_free).unwrap_or_default();
        let reference = json_schema!({"$ref": format!("#/$defs/{name}")});
        self.defs.insert(name, printed);
        reference
    }

    /// An amount or a balance, and what bounds it besides.
    fn money(&mut self, min: i64, max: i64) -> Schema {
        let (name, about, least, most) = match min {
            0.. => (
                "Amount",
                "Amount of money in minor units (cents), 0 to 10^12. Never a float.",
                0,
                limits::AMOUNT_MAX,
            ),
            _ => (
                "Balance",
                "Money in minor units (cents) that may be negative. Never a float.",
                -SAFE_INTEGER,
                SAFE_INTEGER,
            ),
        };
        let whole = json_schema!({"description": about, "type": "integer", "minimum": least, "maximum": most});
        let mut money = self.named(name, whole);
        if min > least {
            money.insert("minimum".into(), json!(min));
        }
        if max < most {
            money.insert("maximum".into(), json!(max));
        }
        money
    }

    /// A [`Text`], and what bounds it besides.
    fn text(&mut self, min: u32, max: u32) -> Schema {
        let (least, most) = (1, limits::TEXT_CHARS as u32);
        let mut text = self.named("Text", of_value(&Text::SHAPE, self.direction));
        bounds(
            &mut text,
            "Length",
            if min > least { min } else { 0 },
            if max < most { max } else { u32::MAX },
        );
        text
    }

    fn object(&mut self, object: &Object) -> Schema {
        let fields = object.fields.iter();
        let properties: BTreeMap<&str, Schema> =
            fields.map(|field| (field.name, self.field(field))).collect();
        let mut printed = json_schema!({"description": object.about, "type": "object"});
        if !properties.is_empty() {
            printed.insert("properties".into(), json!(properties));
        }
        let required = object.fields.iter().filter(|field| !self.may_be_absent(field));
        let required: Vec<&str> = required.map(|field| field.name).collect();
        if !required.is_empty() {
            printed.insert("required".into(), json!(required));
        }
        if self.is_strict {
            printed.insert("additionalProperties".into(), json!(false));
        }
        printed
    }

    fn may_be_absent(&self, field: &Field) -> bool {
        field.is_optional || (field.is_caller && self.direction == Direction::Taken)
    }

    fn field(&mut self, field: &Field) -> Schema {
        let mut printed = self.value(&field.shape);
        // A reader takes null for what is absent; a writer leaves it out.
        if self.may_be_absent(field) && self.direction == Direction::Taken {
            printed = or_null(printed);
        }
        let about = match field.is_caller && self.direction == Direction::Taken {
            true => format!("{} The caller, when it is left out.", field.about),
            false => field.about.to_owned(),
        };
        printed.insert("description".into(), about.into());
        printed
    }
}

/// A value that has no parts.
fn of_value(shape: &Shape, direction: Direction) -> Schema {
    match shape {
        Shape::Id => json_schema!({
            "description": "Identifier of an aggregate instance, a command, a person: 1–128 visible ASCII characters without `/`.",
            "type": "string",
            "minLength": 1,
            "maxLength": limits::ID_BYTES,
            "pattern": "^[!-.0-~]*$",
        }),
        Shape::Subject => json_schema!({
            "description": "Name of somebody who calls, as the issuer of the tokens gives it: 1–255 printable ASCII \
                characters, as OpenID Connect allows them, such as `auth0|5f7c` or `https://id.example/users/7`.",
            "type": "string",
            "minLength": 1,
            "maxLength": limits::SUBJECT_BYTES,
            "pattern": "^[ -~]*$",
        }),
        Shape::Date => json_schema!({
            "description": "Day of the calendar, `YYYY-MM-DD`, without a time zone.",
            "type": "string",
            "format": "date",
        }),
        Shape::Timestamp if direction == Direction::Written => json_schema!({
            "description": "Instant as RFC 3339, in UTC with milliseconds.",
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
        }),
        Shape::Timestamp => json_schema!({
            "description": "Instant as RFC 3339, in any offset. Kept to the millisecond.",
            "type": "string",
            "format": "date-time",
        }),
        Shape::Code => json_schema!({
            "description": "Stable code of a refusal, for programs.",
            "type": "string",
            "pattern": "^[A-Z][A-Z0-9_]*$",
        }),
        Shape::Text { about, min, max, pattern, takes_number, .. } => {
            let mut text = json_schema!({"type": "string"});
            bounds(&mut text, "Length", *min, *max);
            if !pattern.is_empty() {
                text.insert("pattern".into(), json!(pattern));
            }
            if *takes_number && direction == Direction::Taken {
                let number = json_schema!({"type": "integer", "minimum": least(*min), "maximum": most(*max)});
                text = json_schema!({"anyOf": [text, number]});
            }
            if !about.is_empty() {
                text.insert("description".into(), json!(about));
            }
            text
        }
        Shape::Integer { min, max } => {
            json_schema!({"type": "integer", "minimum": min, "maximum": max})
        }
        Shape::Real => json_schema!({"type": "number"}),
        Shape::Bool => json_schema!({"type": "boolean"}),
        _ => Schema::default(),
    }
}

/// The least whole number whose digits are so many characters.
fn least(characters: u32) -> i64 {
    if characters < 2 { 0 } else { 10_i64.saturating_pow(characters - 1) }
}

/// The greatest that is taken.
fn most(characters: u32) -> i64 {
    10_i64.checked_pow(characters).map_or(SAFE_INTEGER, |beyond| SAFE_INTEGER.min(beyond - 1))
}

fn of_choice(choice: &Choice) -> Schema {
    let value = |(name, about): &(&str, &str)| json_schema!({"const": name, "description": about, "type": "string"});
    let values: Vec<Schema> = choice.values.iter().map(value).collect();
    json_schema!({"description": choice.about, "oneOf": values})
}

fn bounds(printed: &mut Schema, of: &str, min: u32, max: u32) {
    if min > 0 {
        printed.insert(format!("min{of}"), json!(min));
    }
    if max < u32::MAX {
        printed.insert(format!("max{of}"), json!(max));
    }
}

fn or_null(mut printed: Schema) -> Schema {
    if let Some(choices) = printed.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.push(json!({"type": "null"}));
        return printed;
    }
    match printed.get("type") {
        Some(Value::String(only)) => {
            printed.insert("type".into(), json!([only, "null"]));
            printed
        }
        _ => json_schema!({"anyOf": [printed, {"type": "null"}]}),
    }
}

macro_rules! values {
    ($($value:ty, $name:literal;)+) => { $(impl JsonSchema for $value {
        fn schema_name() -> Cow<'static, str> {
            $name.into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let direction = match generator.contract().is_serialize() {
                true => Direction::Written,
                false => Direction::Taken,
            };
            of_value(&<$value as Described>::SHAPE, direction)
        }
    })+ };
}

// Those that stand in the engine's own types.
values! {
    Id, "Id";
    Subject, "Subject";
    Timestamp, "Timestamp";
}
