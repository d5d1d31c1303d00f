//! Currencies of amounts.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::shape::{Described, Shape};

/// What is said to who sends something else.
const EXPECTED: &str = "a code of ISO 4217, such as EUR";

/// Code of a currency as in ISO 4217.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Currency(String);

impl Currency {
    /// Reads a code.
    ///
    /// # Errors
    /// The text is not well formed; the error says what was expected.
    pub fn parse(text: impl Into<String>) -> Result<Self, &'static str> {
        let text = text.into();
        if Self::SHAPE.is_text(&text) { Ok(Self(text)) } else { Err(EXPECTED) }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(source)?).map_err(D::Error::custom)
    }
}

impl Described for Currency {
    const SHAPE: Shape = Shape::Text {
        name: "Currency",
        about: "Code of a currency as in ISO 4217.",
        expected: EXPECTED,
        min: 3,
        max: 3,
        pattern: "^[A-Z]{3}$",
        takes_number: false,
        is_taken: |letter| letter.is_ascii_uppercase(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_three_letters_in_upper_case() {
        assert_eq!(Currency::parse("EUR").unwrap().as_str(), "EUR");
        for bad in ["", "EU", "EURO", "eur", "E1R", "ÄÖÜ"] {
            assert_eq!(Currency::parse(bad), Err(EXPECTED), "{bad:?}");
        }
    }
}
