//! How described types are read: what the attribute macros say of them is held here.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, Visitor},
};
use serde_json::{Map, Value};

use crate::{
    Amount, Balance, Text,
    shape::{Described, SAFE_INTEGER, Shape},
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
            _ => Err("expected: an object".to_owned()),
        }
    }

    /// One that has to be there, taken by this function: [`Described::taken`] of its type.
    ///
    /// # Errors
    /// It is missing, or something else.
    pub fn take<T>(&mut self, name: &str, taken: Taken<T>) -> Result<T, String> {
        let value = self.0.remove(name).ok_or_else(|| format!("{name} is missing"))?;
        taken(value).map_err(|said| within_field(name, &said))
    }

    /// One that may be left out.
    ///
    /// # Errors
    /// It is something else.
    pub fn may<T>(&mut self, name: &str, taken: Taken<T>) -> Result<Option<T>, String> {
        let value = self.0.remove(name).filter(|value| !value.is_null());
        value.map(taken).transpose().map_err(|said| within_field(name, &said))
    }

    /// One as JSON; null where it is left out.
    pub fn json(&mut self, name: &str) -> Value {
        self.0.remove(name).unwrap_or_default()
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

/// Reads one of several names.
///
/// # Errors
/// It is another one, or no text; the error says which there are.
pub fn read_choice<'de, T: Copy, D: Deserializer<'de>>(
    source: D,
    values: &[(&str, T)],
) -> Result<T, D::Error> {
    let name = String::deserialize(source)?;
    let found = values.iter().find(|(value, _)| *value == name);
    found.map(|(_, value)| *value).ok_or_else(|| D::Error::custom(one_of(values)))
}

fn one_of<T>(values: &[(&str, T)]) -> String {
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    format!("one of {}", names.join(", "))
}

/// Reads a text, or a whole number as its digits.
///
/// # Errors
/// It is neither.
pub fn text_or_number<'de, D: Deserializer<'de>>(
    source: D,
    expected: &'static str,
) -> Result<String, D::Error> {
    struct TextOrNumber(&'static str);

    impl Visitor<'_> for TextOrNumber {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
            if number > SAFE_INTEGER as u64 {
                return Err(E::custom(self.0));
            }
            Ok(number.to_string())
        }
    }

    source.deserialize_any(TextOrNumber(expected))
}
