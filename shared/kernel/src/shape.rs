//! What a type is: its name, its fields, its bounds and their documentation, read off from the type itself.
//!
//! `#[command]`, `#[event]` and `#[state]` write the [`Described`] of a struct or an enum; the values of the kernel say theirs
//! themselves. GraphQL, JSON Schema, OpenAPI, the columns of the read models and the samples of the tests are made from it, and from
//! nothing else.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A type that says what it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it is",
    label = "expected a value of the kernel, or a type with `#[command]`, `#[event]`, `#[state]` or `#[text]`"
)]
pub trait Described {
    /// What it is.
    const SHAPE: Shape;

    /// Takes it out of JSON that was held against its shape. The attribute macros write that of their types; any other type
    /// reads itself.
    ///
    /// # Errors
    /// What is wrong with the value.
    fn taken(value: Value) -> Result<Self, String>
    where
        Self: Sized + DeserializeOwned,
    {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }
}

/// What a value is. Its form as JSON is the same at every door.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// An [`Id`](crate::Id).
    Id,
    /// A [`Subject`](crate::Subject).
    Subject,
    /// A [`Date`](crate::Date).
    Date,
    /// A [`Timestamp`](crate::Timestamp).
    Timestamp,
    /// Money in minor units: an [`Amount`](crate::Amount), or a [`Balance`](crate::Balance).
    Money {
        /// The least, in minor units.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A stable [`Code`](crate::Code) of a refusal.
    Code,
    /// A text.
    Text {
        /// Name of its type in Rust, where it has one of its own; empty otherwise.
        name: &'static str,
        /// What it is, where it has a type of its own; empty otherwise.
        about: &'static str,
        /// What is said to who sends something else, where that is more than the bounds; empty otherwise.
        expected: &'static str,
        /// Its least number of characters.
        min: u32,
        /// Its greatest number of characters; [`u32::MAX`] where only the size of the command bounds it.
        max: u32,
        /// A regular expression of JSON Schema that all of it matches; empty where any character may stand in it.
        pattern: &'static str,
        /// True if a whole number is taken, too, as its digits.
        takes_number: bool,
        /// True of the characters that may stand in it: those of the pattern.
        is_taken: fn(char) -> bool,
    },
    /// A whole number.
    Integer {
        /// The least.
        min: i64,
        /// The greatest: at most 2^53 - 1, which JavaScript holds exactly.
        max: i64,
    },
    /// A finite number.
    Real,
    /// True or false.
    Bool,
    /// Values of one shape, in order.
    List {
        /// The shape of each.
        of: &'static Shape,
        /// Their least number.
        min: u32,
        /// Their greatest number; [`u32::MAX`] where only the size of the command bounds it.
        max: u32,
    },
    /// Values of one shape by a text.
    Map {
        /// The shape of each value.
        of: &'static Shape,
    },
    /// An object.
    Object(&'static Object),
    /// One of several names.
    Choice(&'static Choice),
    /// Any JSON. What is read from it has rules of its own.
    Any,
}

/// A struct.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    /// Name of the type in Rust.
    pub name: &'static str,
    /// What it is: its documentation.
    pub about: &'static str,
    /// Its fields, in order.
    pub fields: &'static [Field],
    /// True if a reader refuses a field that is not among them, or lacks one: callers are told of their mistakes, stored data are
    /// not refused. It counts for the whole of what is read, and for what lies within it.
    pub is_strict: bool,
}

/// A field of a struct.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// What it is: its documentation.
    pub about: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// True if it may be left out. What is not there is left out when it is written, never null.
    pub is_optional: bool,
    /// True if it is the caller where it is left out: `#[caller]`.
    pub is_caller: bool,
    /// True if others do not see it: `#[inner]`.
    pub is_inner: bool,
}

/// An enum without data.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Name of the type in Rust.
    pub name: &'static str,
    /// What it is: its documentation.
    pub about: &'static str,
    /// Its values, in order: the name on the wire, such as `TIME_UP`, and the documentation of each.
    pub values: &'static [(&'static str, &'static str)],
}

/// The largest whole number that JavaScript holds exactly.
pub const SAFE_INTEGER: i64 = (1 << 53) - 1;

impl Shape {
    /// A text of which only the size of the command is a bound.
    pub const ANY_TEXT: Self = Self::Text {
        name: "",
        about: "",
        expected: "",
        min: 0,
        max: u32::MAX,
        pattern: "",
        takes_number: false,
        is_taken: |_| true,
    };

    /// The object, if it is one.
    pub const fn object(&self) -> Option<&'static Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The least and the greatest number, number of characters or number of items; [`i64::MAX`] where only the size of the
    /// command bounds it.
    pub const fn bounds(&self) -> (i64, i64) {
        match *self {
            Self::Money { min, max } | Self::Integer { min, max } => (min, max),
            Self::Text { min, max, .. } | Self::List { min, max, .. } => {
                (min as i64, if max == u32::MAX { i64::MAX } else { max as i64 })
            }
            _ => (i64::MIN, i64::MAX),
        }
    }

    /// True of what this text may be. Other shapes are no texts.
    pub fn is_text(&self, text: &str) -> bool {
        match *self {
            Self::Text { min, max, is_taken, .. } => {
                (min as usize..=max as usize).contains(&text.chars().count())
                    && text.chars().all(is_taken)
            }
            _ => false,
        }
    }

    /// The same shape within these bounds: of the number itself, of the characters of a text, of the items of a list. Others have
    /// none, and stay as they are.
    ///
    /// # Panics
    /// While a constant is compiled whose bounds hold nothing.
    #[must_use]
    pub const fn within(self, least: i64, most: i64) -> Self {
        let (lowest, highest) = self.bounds();
        let holds_any = larger(lowest, least) <= smaller(highest, most);
        assert!(holds_any, "no value is within these bounds");
        match self {
            Self::Money { min, max } => {
                Self::Money { min: larger(min, least), max: smaller(max, most) }
            }
            Self::Integer { min, max } => {
                Self::Integer { min: larger(min, least), max: smaller(max, most) }
            }
            Self::Text { name, about, min, max, pattern, takes_number, is_taken, .. } => {
                Self::Text {
                    name,
                    about,
                    expected: "",
                    min: larger(min as i64, least) as u32,
                    max: smaller(max as i64, most) as u32,
                    pattern,
                    takes_number,
                    is_taken,
                }
            }
            Self::List { of, min, max } => Self::List {
                of,
                min: larger(min as i64, least) as u32,
                max: smaller(max as i64, most) as u32,
            },
            other => other,
        }
    }
}

const fn larger(one: i64, other: i64) -> i64 {
    if one > other { one } else { other }
}

const fn smaller(one: i64, other: i64) -> i64 {
    if one < other { one } else { other }
}

impl Field {
    /// A field that is always there and that others see.
    pub const fn new(name: &'static str, about: &'static str, shape: Shape) -> Self {
        Self { name, about, shape, is_optional: false, is_caller: false, is_inner: false }
    }

    /// The same field when it may be left out.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }
}

impl Object {
    /// A field by its name in JSON.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// True if something within one of its fields is `#[inner]`. [`outline`](StateShape::outline) would show it: it empties the
    /// fields of the state alone.
    pub const fn hides_within(&self) -> bool {
        let mut fields = self.fields;
        while let Some((field, rest)) = fields.split_first() {
            if !field.is_inner && field.shape.hides() {
                return true;
            }
            fields = rest;
        }
        false
    }
}

impl Shape {
    /// True if a field within it is `#[inner]`.
    const fn hides(&self) -> bool {
        match self {
            Self::List { of, .. } | Self::Map { of } => of.hides(),
            Self::Object(object) => {
                let mut fields = object.fields;
                while let Some((field, rest)) = fields.split_first() {
                    if field.is_inner {
                        return true;
                    }
                    fields = rest;
                }
                object.hides_within()
            }
            _ => false,
        }
    }
}

macro_rules! shapes {
    ($($type:ty => $shape:expr,)+) => { $(impl Described for $type { const SHAPE: Shape = $shape; })+ };
}

shapes! {
    bool => Shape::Bool,
    u8 => Shape::Integer { min: 0, max: u8::MAX as i64 },
    u16 => Shape::Integer { min: 0, max: u16::MAX as i64 },
    u32 => Shape::Integer { min: 0, max: u32::MAX as i64 },
    u64 => Shape::Integer { min: 0, max: SAFE_INTEGER },
    usize => Shape::Integer { min: 0, max: SAFE_INTEGER },
    i32 => Shape::Integer { min: i32::MIN as i64, max: i32::MAX as i64 },
    i64 => Shape::Integer { min: -SAFE_INTEGER, max: SAFE_INTEGER },
    f64 => Shape::Real,
    String => Shape::ANY_TEXT,
}

impl<T: Described + DeserializeOwned> Described for Vec<T> {
    const SHAPE: Shape = Shape::List { of: &T::SHAPE, min: 0, max: u32::MAX };

    fn taken(value: Value) -> Result<Self, String> {
        match value {
            Value::Array(items) => items.into_iter().map(T::taken).collect(),
            _ => Err("a list".to_owned()),
        }
    }
}

impl<K, T: Described> Described for BTreeMap<K, T> {
    const SHAPE: Shape = Shape::Map { of: &T::SHAPE };
}

/// A state as an aggregate declares it. Written by `#[state]`.
pub trait StateShape: Described + Sized {
    /// Name in JSON of the field that names the owner, `#[owner]`.
    const OWNER: Option<&'static str>;

    /// The owner.
    fn owner(&self) -> Option<&crate::Subject>;

    /// The part that others see: other aggregates decide on it, lists and subscriptions show it. Its `#[inner]` fields are
    /// empty.
    fn outline(&self) -> Self;
}

/// The reasons for which an aggregate refuses. Written by `#[refusals]` on an enum.
pub trait Refusals: Copy {
    /// Every code, such as `ROOM_CLOSED`, and what it means.
    const CODES: &'static [(&'static str, &'static str)];

    /// The code of this one, and what it means.
    fn code(self) -> (&'static str, &'static str);
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn object(fields: &'static [Field]) -> Object {
        Object { name: "Any", about: "", fields, is_strict: false }
    }

    const HIDDEN: Field = Field { is_inner: true, ..Field::new("hidden", "", Shape::Bool) };

    #[test]
    fn what_an_outline_cannot_empty_is_found() {
        const HIDES: Object = object(&[Field::new("plain", "", Shape::Bool), HIDDEN]);
        const LIST: Object = object(&[Field::new(
            "all",
            "",
            Shape::List { of: &Shape::Object(&HIDES), min: 0, max: 9 },
        )]);
        const DEEP: Object = object(&[Field::new("deep", "", Shape::Object(&LIST))]);
        const WHOLE: Object =
            object(&[Field { is_inner: true, ..Field::new("deep", "", Shape::Object(&LIST)) }]);
        assert_eq!(
            [&HIDES, &LIST, &DEEP, &WHOLE].map(Object::hides_within),
            [false, true, true, false]
        );
    }
}
