//! What callers send is held against the shape of its type, by one function for all types: what is wrong is told with its place.
//! Only then is it taken out of JSON. What is stored is held against its shape once, before it is stored.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::{Map, Value};

use crate::{
    Code, Date, Id, Rejection, Subject, Timestamp,
    command::{CommandKind, unknown_command},
    read::{choice, expected},
    shape::{Described, Field, Object, SAFE_INTEGER, Shape},
};

/// What is wrong, and where.
struct Mistake {
    code: &'static str,
    /// Below what was looked at, such as `.lines[2].sku`; empty for itself.
    place: String,
    detail: String,
}

impl Mistake {
    fn expected(what: impl Into<String>) -> Self {
        let detail = format!("expected: {}", what.into());
        Self { code: "INVALID_FIELD", place: String::new(), detail }
    }

    fn field(code: &'static str, name: &str, detail: String) -> Self {
        Self { code, place: format!(".{name}"), detail }
    }

    fn within(mut self, place: &str) -> Self {
        self.place.insert_str(0, place);
        self
    }
}

/// Holds the payload of the named command against its shape. Then it can be [taken](Described::taken).
///
/// # Errors
/// `UNKNOWN_COMMAND`; `UNKNOWN_FIELD`, `MISSING_FIELD` or `INVALID_FIELD`, with the path of the field, such as
/// `payload.lines[2].sku`.
pub fn check(kinds: &[CommandKind], name: &str, payload: &Value) -> Result<(), Rejection> {
    let kind = kinds.iter().find(|kind| kind.name == name);
    hold(&kind.ok_or_else(|| unknown_command(name))?.shape, "payload", payload)
}

/// Holds a value against a shape.
///
/// # Errors
/// `UNKNOWN_FIELD`, `MISSING_FIELD` or `INVALID_FIELD`, with the path of what is wrong, which begins with `root`.
pub fn hold(shape: &Shape, root: &str, value: &Value) -> Result<(), Rejection> {
    look(shape, value).map_err(|Mistake { code, place, detail }| {
        Rejection::shape(code, format!("{root}{place}"), detail)
    })
}

/// Reads what a caller sends to the engine itself, an object that is called `root` where it is wrong as a whole.
///
/// # Errors
/// As of [`hold`], with a path that begins with the name of the field.
pub fn body<T: Described + DeserializeOwned>(root: &str, value: Value) -> Result<T, Rejection> {
    hold(&T::SHAPE, "", &value).map_err(|mistake| {
        let place = mistake.field.unwrap_or_default();
        let field = place.strip_prefix('.').unwrap_or(root);
        Rejection { field: Some(field.to_owned()), ..mistake }
    })?;
    T::taken(value).map_err(|said| untaken(root, &said))
}

/// The refusal of what was held against its shape and could not be [taken](Described::taken) even so, by rules that the shape
/// does not tell: it has no place below `root`.
pub fn untaken(root: &str, said: &str) -> Rejection {
    Rejection::shape("INVALID_FIELD", root, format!("expected: {said}"))
}

/// Takes the nulls out that say that a field is left out, at any depth: both ways of saying so are one content.
pub fn without_nulls(shape: &Shape, payload: &mut Value) {
    match (shape, payload) {
        (Shape::Object(object), Value::Object(fields)) => {
            fields.retain(|name, value| {
                let field = object.field(name);
                field.into_iter().for_each(|field| without_nulls(&field.shape, value));
                !value.is_null() || field.is_none_or(|field| !field.is_optional)
            });
        }
        (Shape::List { of, .. }, Value::Array(items)) => {
            items.iter_mut().for_each(|item| without_nulls(of, item));
        }
        (Shape::Map { of }, Value::Object(values)) => {
            values.values_mut().for_each(|value| without_nulls(of, value));
        }
        _ => {}
    }
}

/// A payload that was written as text; null if it could not be.
pub fn written(text: serde_json::Result<String>) -> Value {
    text.and_then(|text| serde_json::from_str(&text)).unwrap_or_default()
}

/// A payload without the fields that its shape does not know, at any depth.
pub fn known(shape: &Shape, payload: &Value) -> Value {
    let all = |of: &Shape, fields: &Map<String, Value>| {
        fields.iter().map(|(name, value)| (name.clone(), known(of, value))).collect()
    };
    match (shape, payload) {
        (Shape::Object(object), Value::Object(fields)) => {
            let field = |(name, value)| {
                Some((String::clone(name), known(&object.field(name)?.shape, value)))
            };
            Value::Object(fields.iter().filter_map(field).collect())
        }
        (Shape::List { of, .. }, Value::Array(items)) => {
            items.iter().map(|item| known(of, item)).collect()
        }
        (Shape::Map { of }, Value::Object(values)) => Value::Object(all(of, values)),
        _ => payload.clone(),
    }
}

/// Reads a described type that callers write: its shape is all of its rules.
///
/// # Errors
/// What is wrong, after the place of the field.
pub fn read<'de, T, D>(source: D) -> Result<T, D::Error>
where
    T: Described + DeserializeOwned,
    D: Deserializer<'de>,
{
    let value = Value::deserialize(source)?;
    described(&T::SHAPE, &value).and_then(|()| T::taken(value)).map_err(D::Error::custom)
}

/// Reads a described type that was held against its shape when it was stored.
///
/// # Errors
/// What is wrong, after the place of the field.
pub fn read_stored<'de, T, D>(source: D) -> Result<T, D::Error>
where
    T: Described + DeserializeOwned,
    D: Deserializer<'de>,
{
    T::taken(Value::deserialize(source)?).map_err(D::Error::custom)
}

/// Holds a value against a shape, and says what is wrong in one sentence.
///
/// # Errors
/// What is wrong, after the place of the field.
pub fn described(shape: &Shape, value: &Value) -> Result<(), String> {
    look(shape, value).map_err(|Mistake { place, detail, .. }| match place.strip_prefix('.') {
        Some(place) => format!("{place}: {detail}"),
        None => format!("{place}{detail}"),
    })
}

fn look(shape: &Shape, value: &Value) -> Result<(), Mistake> {
    look_within(shape, value, shape.object().is_some_and(|object| object.is_strict))
}

/// `is_strict`: callers are told of fields that are unknown or missing, at any depth. What is stored is read even so: newer code
/// may have written more, and what it lacks its type may make up for.
fn look_within(shape: &Shape, value: &Value, is_strict: bool) -> Result<(), Mistake> {
    match *shape {
        Shape::Object(object) => look_at_fields(object, value, is_strict),
        Shape::List { of, min, max } => {
            let items = value.as_array().ok_or_else(|| Mistake::expected(expected(shape)))?;
            for (index, item) in items.iter().enumerate() {
                look_within(of, item, is_strict)
                    .map_err(|mistake| mistake.within(&format!("[{index}]")))?;
            }
            is((min as usize..=max as usize).contains(&items.len()), || expected(shape))
        }
        Shape::Map { of } => {
            let values = value.as_object().ok_or_else(|| Mistake::expected("an object"))?;
            values.iter().try_for_each(|(name, value)| {
                look_within(of, value, is_strict)
                    .map_err(|mistake| mistake.within(&format!(".{name}")))
            })
        }
        Shape::Choice(of) => choice(value, of).map(drop).map_err(Mistake::expected),
        Shape::Money { min, max } | Shape::Integer { min, max } => {
            let is_within = value.as_i64().is_some_and(|number| (min..=max).contains(&number));
            is(is_within, || expected(shape))
        }
        Shape::Real => is(value.is_number(), || "a number".to_owned()),
        Shape::Bool => is(value.is_boolean(), || "true or false".to_owned()),
        Shape::Text { takes_number: true, .. } if is_digits(value) => {
            look_within(shape, &Value::String(value.to_string()), is_strict)
        }
        Shape::Text { .. } => {
            is(value.as_str().is_some_and(|text| shape.is_text(text)), || expected(shape))
        }
        Shape::Id => parse(value, |text| Id::parse(text).err()),
        Shape::Subject => parse(value, |text| Subject::parse(text).err()),
        Shape::Date => parse(value, |text| Date::parse(text).err()),
        Shape::Timestamp => parse(value, |text| Timestamp::parse(text).err()),
        Shape::Code => parse(value, |text| Code::parse(text.to_owned()).err()),
        Shape::Any => Ok(()),
    }
}

fn look_at_fields(object: &Object, value: &Value, is_strict: bool) -> Result<(), Mistake> {
    let fields = value.as_object().ok_or_else(|| Mistake::expected("an object"))?;
    for (name, value) in fields {
        match object.field(name) {
            Some(field) if field.is_optional && value.is_null() => {}
            Some(field) => look_within(&field.shape, value, is_strict)
                .map_err(|mistake| mistake.within(&format!(".{name}")))?,
            None if is_strict => {
                let names: Vec<_> = object.fields.iter().map(|field| field.name).collect();
                let there_are = match names.as_slice() {
                    [] => "there are no fields".to_owned(),
                    names => format!("expected one of {}", names.join(", ")),
                };
                let detail = format!("unknown field {name:?}, {there_are}");
                return Err(Mistake::field("UNKNOWN_FIELD", name, detail));
            }
            None => {}
        }
    }
    let is_missing = |field: &&Field| !field.is_optional && !fields.contains_key(field.name);
    let missing = object.fields.iter().filter(|_| is_strict).find(is_missing);
    missing.map_or(Ok(()), |field| {
        let detail = format!("{} is required", field.name);
        Err(Mistake::field("MISSING_FIELD", field.name, detail))
    })
}

fn is(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Mistake> {
    if holds { Ok(()) } else { Err(Mistake::expected(otherwise())) }
}

fn is_digits(value: &Value) -> bool {
    value.as_i64().is_some_and(|number| (0..=SAFE_INTEGER).contains(&number))
}

fn parse(value: &Value, mistake: fn(&str) -> Option<&'static str>) -> Result<(), Mistake> {
    let text = value.as_str().ok_or_else(|| Mistake::expected("a text"))?;
    mistake(text).map_or(Ok(()), |said| Err(Mistake::expected(said)))
}
