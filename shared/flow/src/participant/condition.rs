//! A condition on the rows of a list, as data.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A condition on one column. Null fulfils none, nor does a column that there is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Name of the column.
    pub column: String,
    /// How the two are compared.
    pub op: Op,
    /// The value: a text, a number or a boolean. One that the column cannot hold is fulfilled by no row.
    pub value: Value,
}

/// A comparison: the column stands on its left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Equal.
    Eq,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater or equal.
    Ge,
}

impl Op {
    /// The operator in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Ge => ">=",
        }
    }
}

impl Condition {
    /// The column equals the value.
    pub fn equal(column: &str, value: impl Into<Value>) -> Self {
        Self { column: column.to_owned(), op: Op::Eq, value: value.into() }
    }
}
