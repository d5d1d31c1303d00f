//! The custom scalars. Each is read by the domain and not here, so that a wrong one is a refusal with its field, as at
//! every other door; here only its JSON type is checked.

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use serde::{Deserialize, Serialize};

/// Reads a scalar that is a string.
fn text<T: InputType>(value: Value, make: impl FnOnce(String) -> T) -> InputValueResult<T> {
    match value {
        Value::String(text) => Ok(make(text)),
        other => Err(InputValueError::expected_type(other)),
    }
}

/// Day of the calendar, `YYYY-MM-DD`, without a time zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub String);

/// Day of the calendar, `YYYY-MM-DD`, without a time zone.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, Self)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Instant, RFC 3339. Taken in any offset, given in UTC with milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DateTime(pub String);

/// Instant, RFC 3339. Taken in any offset, given in UTC with milliseconds.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value, Self)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Amount of money in minor units. `Int` ends at two thousand million, an amount at 10^12. Negative only where something
/// is owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(pub i64);

/// Amount of money, a whole number of minor units up to 10^12, as a JSON number. From 0, unless the field says that it may
/// be negative.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for Amount {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => {
                number.as_i64().map(Self).ok_or_else(|| InputValueError::expected_type(value))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}
