//! Arguments, as JSON. The registry has validated their types; what they mean is for the domain to say, so that a wrong date
//! or an id that is none is a refusal with its field.

use async_graphql::{Context, ServerResult, Value};
use edgefold_kernel::{
    Rejection, Timestamp, payload,
    shape::{Object, Shape},
};
use serde_json::{Map, Value as Json};

use super::api::{Api, Field, Is};
use crate::door::json::plain;

/// The arguments of a field at a root. Null counts as left out.
pub(super) struct Arguments(Map<String, Json>);

impl Arguments {
    /// Those of the field that is resolved.
    ///
    /// # Errors
    /// Fails for a variable that is not there.
    pub(super) fn of(api: &Api, context: &Context<'_>, described: &[Field]) -> ServerResult<Self> {
        let given = context.field().arguments()?;
        let given = given.into_iter().map(|(name, value)| (name.to_string(), value));
        Ok(Self(known(api, described, given)))
    }

    /// Takes an argument.
    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        self.0.remove(name)
    }

    /// Takes a text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name) {
            Some(Json::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Takes a text that the schema requires.
    pub(super) fn required(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    /// Takes what is true or false; it is false when left out.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.take(name) == Some(Json::Bool(true))
    }

    /// Takes an object. The registry lets any value pass for one.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub(super) fn object(&mut self, name: &str) -> Result<Map<String, Json>, Rejection> {
        match self.take(name) {
            None => Ok(Map::new()),
            Some(Json::Object(fields)) => Ok(fields),
            Some(_) => {
                let detail = format!("{name}: expected an object");
                Err(Rejection::shape("INVALID_FIELD", name, detail))
            }
        }
    }

    /// Takes the name of a type of aggregate, as it is stored.
    pub(super) fn aggregate_type(&mut self, name: &str) -> Option<String> {
        self.text(name).map(|shown| shown.to_ascii_lowercase())
    }

    /// All that was not taken.
    pub(super) fn rest(self) -> Map<String, Json> {
        self.0
    }
}

/// What was given, without nulls. A field that nobody has described stays: where a variable of an argument has no value the
/// registry does not look at the rest of it, and whoever reads it says what is wrong.
fn known(
    api: &Api,
    described: &[Field],
    given: impl Iterator<Item = (String, Value)>,
) -> Map<String, Json> {
    let taken = |(name, value)| {
        let of = described.iter().find(|field| field.name == name);
        let value = taken(api, of.map_or("", |of| &of.of), value);
        (!value.is_null()).then_some((name, value))
    };
    given.filter_map(taken).collect()
}

/// A value of this type: ids are texts, a single value is a list of one, null is left out, numbers are written in one way.
fn taken(api: &Api, of: &str, value: Value) -> Json {
    let of = of.trim_end_matches('!');
    if let Some(item) = of.strip_prefix('[').and_then(|of| of.strip_suffix(']')) {
        return match value {
            Value::Null => Json::Null,
            Value::List(items) => items.into_iter().map(|it| taken(api, item, it)).collect(),
            one => Json::Array(vec![taken(api, item, one)]),
        };
    }
    let is_input = matches!(api.types.get(of).map(|it| &it.is), Some(Is::Input(_)));
    match value {
        Value::Number(number) if of == "ID" => Json::String(number.to_string()),
        Value::Object(fields) if is_input => {
            let given = fields.into_iter().map(|(name, value)| (name.to_string(), value));
            Json::Object(known(api, api.fields(of), given))
        }
        value => plain(value.into_json().unwrap_or_default()),
    }
}

/// A value in the form in which it is stored, when its shape allows it.
///
/// # Errors
/// `INVALID_FIELD`.
pub(super) fn checked(shape: &Shape, field: &str, value: Json) -> Result<Json, Rejection> {
    payload::hold(shape, field, &value).map_err(|refusal| {
        let detail = format!("{field}: {}", refusal.detail);
        Rejection { detail, ..refusal }
    })?;
    Ok(stored(shape, value))
}

/// An instant may come in any offset.
fn stored(shape: &Shape, value: Json) -> Json {
    match (shape, value) {
        (Shape::Timestamp, Json::String(text)) => {
            Timestamp::parse(&text).map_or(text.into(), |at| at.to_string().into())
        }
        (Shape::List { of, .. }, Json::Array(items)) => {
            items.into_iter().map(|item| stored(of, item)).collect()
        }
        (_, value) => value,
    }
}

/// The fields of an object in order, each checked; null for one that was left out.
///
/// # Errors
/// `INVALID_FIELD`.
pub(super) fn in_order(
    object: &Object,
    mut given: Map<String, Json>,
) -> Result<Vec<Json>, Rejection> {
    let value = |field: &edgefold_kernel::shape::Field| match given.remove(field.name) {
        Some(value) => checked(&field.shape, field.name, value),
        None => Ok(Json::Null),
    };
    object.fields.iter().map(value).collect()
}
