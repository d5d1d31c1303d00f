//! Balances of money.

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    Amount,
    shape::{Described, SAFE_INTEGER, Shape},
};

/// Money in minor units (cents) that may be negative, as a balance or a difference is; whole, and small enough for JavaScript
/// to hold it exactly (2^53 - 1). Never a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Balance(i64);

impl Balance {
    /// So many minor units, or the nearest that there are.
    pub fn of(minor_units: i64) -> Self {
        Self(minor_units.clamp(-SAFE_INTEGER, SAFE_INTEGER))
    }

    /// The balance in minor units.
    pub fn minor_units(self) -> i64 {
        self.0
    }

    /// The balance with an amount added.
    #[must_use]
    pub fn plus(self, amount: Amount) -> Self {
        Self::of(self.0 + amount.minor_units())
    }

    /// The balance with an amount taken off.
    #[must_use]
    pub fn minus(self, amount: Amount) -> Self {
        Self::of(self.0 - amount.minor_units())
    }
}

impl From<Amount> for Balance {
    fn from(amount: Amount) -> Self {
        Self(amount.minor_units())
    }
}

impl<'de> Deserialize<'de> for Balance {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let minor_units = i64::deserialize(source)?;
        if (-SAFE_INTEGER..=SAFE_INTEGER).contains(&minor_units) {
            Ok(Self(minor_units))
        } else {
            Err(D::Error::custom("a whole number of minor units below 2^53"))
        }
    }
}

impl Described for Balance {
    const SHAPE: Shape = Shape::Money { min: -SAFE_INTEGER, max: SAFE_INTEGER };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balance_goes_below_zero_and_stays_within_what_javascript_holds() {
        let amount = |minor_units| Amount::parse(minor_units).unwrap();
        let balance = Balance::default().minus(amount(3));
        assert_eq!(balance.minor_units(), -3);
        assert_eq!(balance.plus(amount(5)), amount(2).into());
        assert_eq!(serde_json::to_string(&balance).unwrap(), "-3");
        for most in [SAFE_INTEGER, -SAFE_INTEGER] {
            assert_eq!(serde_json::from_str::<Balance>(&most.to_string()).unwrap(), Balance(most));
        }
        assert_eq!(Balance::of(i64::MAX).plus(amount(1)).minor_units(), SAFE_INTEGER);
        for bad in ["9007199254740992", "-9007199254740992", "1.5", "\"1\"", "null"] {
            assert!(serde_json::from_str::<Balance>(bad).is_err(), "{bad}");
        }
    }
}
