//! Identifiers.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    limits,
    shape::{Described, Shape},
};

/// Identifier of an aggregate instance, a command, a person: 1–128 visible ASCII characters without `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Id(String);

impl Id {
    /// Reads an identifier.
    ///
    /// # Errors
    /// The text is not well formed; the error says what was expected.
    pub fn parse(text: impl Into<String>) -> Result<Self, &'static str> {
        let text = text.into();
        if text.is_empty() {
            return Err("an id of 1 to 128 characters, got an empty one");
        }
        if text.len() > limits::ID_BYTES {
            return Err("an id of at most 128 characters, got a longer one");
        }
        if !text.bytes().all(|b| b.is_ascii_graphic() && b != b'/') {
            return Err("an id of visible ASCII characters without '/'");
        }
        Ok(Self(text))
    }

    /// A placeholder for a missing identifier: `-`.
    pub fn nobody() -> Self {
        Self("-".to_owned())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(source)?).map_err(D::Error::custom)
    }
}

impl Described for Id {
    const SHAPE: Shape = Shape::Id;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_visible_ascii_without_a_slash() {
        assert!(Id::parse("room-12:A").is_ok());
        for bad in ["", "a/b", "a b", "tab\t", "é", "nul\0", &"x".repeat(129)] {
            assert!(Id::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Id::parse("x".repeat(128)).is_ok());
    }
}
