//! How described types are read: what the attribute macros say of them is held here.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
    forward_to_deserialize_any,
};

use crate::{
    Amount, Balance, Text,
    shape::{Described, SAFE_INTEGER, Shape},
};

/// A value that `#[within]` can bound.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no bounds",
    label = "`#[within]` bounds numbers, amounts, texts and lists"
)]
pub trait Measured: Described {
    /// The number itself, or the number of characters or items.
    fn measure(&self) -> i64;
}

macro_rules! numbers {
    ($($number:ty)+) => { $(impl Measured for $number {
        fn measure(&self) -> i64 {
            i64::try_from(*self).unwrap_or(i64::MAX)
        }
    })+ };
}

numbers! { u8 u16 u32 u64 usize i32 i64 }

impl Measured for Amount {
    fn measure(&self) -> i64 {
        self.minor_units()
    }
}

impl Measured for Balance {
    fn measure(&self) -> i64 {
        self.minor_units()
    }
}

impl Measured for Text {
    fn measure(&self) -> i64 {
        characters(self.as_str())
    }
}

impl Measured for String {
    fn measure(&self) -> i64 {
        characters(self)
    }
}

impl<T: Described> Measured for Vec<T> {
    fn measure(&self) -> i64 {
        i64::try_from(self.len()).unwrap_or(i64::MAX)
    }
}

fn characters(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// Reads a value within bounds.
///
/// # Errors
/// The value is none, or out of bounds; the error says what was expected.
pub fn read<'de, T, D>(source: D, least: i64, most: i64) -> Result<T, D::Error>
where
    T: Measured + Deserialize<'de>,
    D: Deserializer<'de>,
{
    check(T::deserialize(source), least, most)
}

/// Reads a value within bounds, or none.
///
/// # Errors
/// The value is out of bounds; the error says what was expected.
pub fn read_optional<'de, T, D>(source: D, least: i64, most: i64) -> Result<Option<T>, D::Error>
where
    T: Measured + Deserialize<'de>,
    D: Deserializer<'de>,
{
    match Option::deserialize(source) {
        Ok(None) => Ok(None),
        Ok(Some(value)) => check(Ok(value), least, most).map(Some),
        Err(error) => check(Err(error), least, most).map(Some),
    }
}

fn check<T: Measured, E: Error>(read: Result<T, E>, least: i64, most: i64) -> Result<T, E> {
    let shape = T::SHAPE.within(least, most);
    let (least, most) = shape.bounds();
    match read {
        Ok(value) if (least..=most).contains(&value.measure()) => Ok(value),
        // What is wrong within an item of a list says so itself.
        Err(error) if matches!(shape, Shape::List { .. }) => Err(error),
        _ => Err(E::custom(expected(&shape))),
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

/// Gives a struct's reader objects only: serde would take its fields as an array, too, by position.
#[derive(Debug)]
pub struct Fields<D>(pub D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Fields<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, reader: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(reader)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
