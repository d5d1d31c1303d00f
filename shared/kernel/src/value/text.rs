//! Free texts.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    limits,
    shape::{Described, Shape},
};

/// Free text: 1–500 characters, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    /// The text is empty, too long or holds control characters; the error says what was expected.
    pub fn parse(text: impl Into<String>) -> Result<Self, &'static str> {
        let text = text.into();
        match Self::SHAPE.is_text(&text) {
            true => Ok(Self(text)),
            false => Err("a text of 1 to 500 characters without control characters"),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(source)?).map_err(D::Error::custom)
    }
}

impl Described for Text {
    const SHAPE: Shape = Shape::Text {
        name: "Text",
        about: "Free text: 1–500 characters, no control characters.",
        expected: "",
        min: 1,
        max: limits::TEXT_CHARS as u32,
        pattern: r"^[^\x00-\x1F\x7F-\x9F]*$",
        takes_number: false,
        is_taken: |letter| !letter.is_control(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_no_control_characters() {
        assert!(Text::parse("späte Anreise").is_ok());
        for bad in ["", "a\nb", &"x".repeat(501)] {
            assert!(Text::parse(bad).is_err(), "{bad:?}");
        }
    }
}
