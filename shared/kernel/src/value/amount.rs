//! Amounts of money.

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    limits,
    shape::{Described, Shape},
};

/// Amount of money in minor units (cents), 0 to 10^12. Never a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// Reads an amount.
    ///
    /// # Errors
    /// The amount is out of range; the error says what was expected.
    pub fn parse(minor_units: i64) -> Result<Self, &'static str> {
        match minor_units {
            0..=limits::AMOUNT_MAX => Ok(Self(minor_units)),
            _ => Err("a whole number of minor units from 0 to 1000000000000"),
        }
    }

    /// The amount in minor units.
    pub fn minor_units(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(i64::deserialize(source)?).map_err(D::Error::custom)
    }
}

impl Described for Amount {
    const SHAPE: Shape = Shape::Money { min: 0, max: limits::AMOUNT_MAX };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_whole_number_within_bounds() {
        assert!(serde_json::from_str::<Amount>("1000000000000").is_ok());
        for bad in ["-1", "1000000000001", "1.5", "\"1\"", "1e3"] {
            assert!(serde_json::from_str::<Amount>(bad).is_err(), "{bad}");
        }
    }
}
