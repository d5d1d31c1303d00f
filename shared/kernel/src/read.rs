//! How described types are taken out of JSON: what the attribute macros write calls these.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    Amount, Balance, Text,
    shape::{Choice, Described, Shape},
};

/// A value that `#[within]` can bound.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no bounds",
    label = "`#[within]` bounds numbers, amounts, texts and lists"
)]
pub trait Measured: Described {}

macro_rules! measured {
    ($($type:ty)+) => { $(impl Measured for $type {})+ };
}

measured! { u8 u16 u32 u64 usize i32 i64 Amount Balance Text String }

impl<T: Described + DeserializeOwned> Measured for Vec<T> {}

/// The shape of a type within bounds.
pub const fn within<T: Measured>(least: i64, most: i64) -> Shape {
    T::SHAPE.within(least, most)
}

type Taken<T> = fn(Value) -> Result<T, String>;

fn within_field(name: &str, said: &str) -> String {
    format!("{name}: {said}")
}

/// The members of an object that was held against a shape, to be taken one by one.
#[derive(Debug)]
pub struct Members(Map<String, Value>);

impl Members {
    /// Those of this value.
    ///
    /// # Errors
    /// It is no object.
    pub fn of(value: Value) -> Result<Self, String> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            _ => Err("an object".to_owned()),
        }
    }

    /// One that has to be there, taken by this function: [`Described::taken`] of its type.
    ///
    /// # Errors
    /// It is missing, or something else.
    pub fn take<T>(&mut self, name: &str, taken: Taken<T>) -> Result<T, String> {
        let value = self.given(name).ok_or_else(|| format!("{name} is missing"))?;
        taken(value).map_err(|said| within_field(name, &said))
    }

    /// One that may be left out.
    ///
    /// # Errors
    /// It is something else.
    pub fn may<T>(&mut self, name: &str, taken: Taken<T>) -> Result<Option<T>, String> {
        match self.given(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match taken(value) {
                Ok(it) => Ok(Some(it)),
                Err(said) => Err(within_field(name, &said)),
            },
        }
    }

    // Once in the script, and not once for each type that is taken.
    #[inline(never)]
    fn given(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// One as JSON; null where it is left out.
    pub fn json(&mut self, name: &str) -> Value {
        self.given(name).unwrap_or_default()
    }
}

/// What a number, a text or a list of this shape is, in words.
pub(crate) fn expected(shape: &Shape) -> String {
    let (noun, unit, rest) = match shape {
        Shape::Text { expected, .. } if !expected.is_empty() => return (*expected).to_owned(),
        Shape::Text { pattern: "", .. } => ("a text", " characters", ""),
        Shape::Text { .. } => ("a text", " characters", " without control characters"),
        Shape::List { .. } => ("a list", " items", ""),
        Shape::Money { .. } => ("a whole number of minor units", "", ""),
        _ => ("a whole number", "", ""),
    };
    let from = if unit.is_empty() { "from" } else { "of" };
    match shape.bounds() {
        (0, i64::MAX) => format!("{noun}{rest}"),
        (least, i64::MAX) => format!("{noun} of at least {least}{unit}{rest}"),
        (least, most) if least == most => format!("{noun} of {most}{unit}{rest}"),
        (least, most) => format!("{noun} {from} {least} to {most}{unit}{rest}"),
    }
}

/// The place of a name among those of a choice.
///
/// # Errors
/// It is none of them.
pub fn choice(value: &Value, choice: &Choice) -> Result<usize, String> {
    let place = choice.values.iter().position(|(name, _)| value == name);
    place.ok_or_else(|| {
        let names: Vec<_> = choice.values.iter().map(|(name, _)| *name).collect();
        format!("one of {}", names.join(", "))
    })
}

/// A text, or the digits of a whole number where one is taken.
///
/// # Errors
/// It is neither.
pub fn text(value: Value, takes_number: bool) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) if takes_number && number.is_u64() => Ok(number.to_string()),
        _ => Err("a text".to_owned()),
    }
}
