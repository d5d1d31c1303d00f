//! Codes of refusals.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::shape::{Described, Shape};

/// Stable code of a refusal, such as `ROOM_CLOSED`: upper-case letters, digits and `_`, a letter first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Code(Cow<'static, str>);

impl Code {
    /// Stands for a code that is none: whoever sent it has no stable codes.
    pub const OTHER: Self = Self::new("OTHER");

    /// The code of this name.
    ///
    /// # Panics
    /// While a constant is compiled whose text is no code.
    pub const fn new(code: &'static str) -> Self {
        assert!(is_code(code.as_bytes()), "a code in upper case, such as ROOM_CLOSED");
        Self(Cow::Borrowed(code))
    }

    /// Reads a code.
    ///
    /// # Errors
    /// The text is not well formed; the error says what was expected.
    pub fn parse(text: impl Into<Cow<'static, str>>) -> Result<Self, &'static str> {
        let text = text.into();
        match is_code(text.as_bytes()) {
            true => Ok(Self(text)),
            false => Err("a code in upper case, such as ROOM_CLOSED"),
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_code(name: &[u8]) -> bool {
    let mut rest = name;
    while let [byte, more @ ..] = rest {
        let is_first = rest.len() == name.len();
        if !byte.is_ascii_uppercase() && (is_first || !matches!(byte, b'0'..=b'9' | b'_')) {
            return false;
        }
        rest = more;
    }
    !name.is_empty()
}

/// The code of a refusal; [`OTHER`](Code::OTHER) where that is none.
impl From<Cow<'static, str>> for Code {
    fn from(code: Cow<'static, str>) -> Self {
        Self::parse(code).unwrap_or(Self::OTHER)
    }
}

/// The code of a refusal; [`OTHER`](Code::OTHER) where that is none.
impl From<&'static str> for Code {
    fn from(code: &'static str) -> Self {
        Cow::Borrowed(code).into()
    }
}

impl PartialEq<str> for Code {
    fn eq(&self, code: &str) -> bool {
        self.0 == code
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(source)?).map_err(D::Error::custom)
    }
}

impl Described for Code {
    const SHAPE: Shape = Shape::Code;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_word_in_upper_case() {
        for good in ["A", "ROOM_CLOSED", "HTTP_404", "A__B_"] {
            assert_eq!(&Code::parse(good).unwrap(), good);
        }
        for bad in ["", "room", "Room", "_A", "4A", "A B", "A-B", "É"] {
            assert!(Code::parse(bad).is_err(), "{bad:?}");
            assert!(serde_json::from_value::<Code>(bad.into()).is_err(), "{bad:?}");
            assert_eq!(Code::from(bad), Code::OTHER);
        }
    }
}
