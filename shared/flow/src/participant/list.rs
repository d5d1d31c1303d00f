//! By what the rows of an aggregate are listed: the one description of which the table with its indexes, the statement of a
//! page, and the filter of a subscription are made.

use serde_json::Value;

/// The lists of an aggregate.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// The fields of a row that lists filter by or order by.
    pub columns: &'static [Column],
    /// The orders of the list, the default one first. Each is by something that never changes.
    pub orders: &'static [Order],
    /// The column that names the owner of a row: [`Scope::Own`](edgefold_kernel::Scope::Own) lists those of the caller.
    pub owner: Option<&'static str>,
}

impl Listed {
    /// A list in the order in which the streams began, without filters.
    pub const PLAIN: Self = Self { columns: &[], orders: &[Order::newest("NEWEST")], owner: None };

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// True if a column picks a few rows out of many, as that of the owner does: it has an index in the default order.
    pub fn picks(&self, column: &Column) -> bool {
        column.is_indexed || self.owner == Some(column.name)
    }
}

/// A field of a row. Its column in D1 is computed from the row's JSON.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Name of the field, in the JSON of the row and in D1.
    pub name: &'static str,
    /// Its type in SQL.
    pub kind: ColumnKind,
    /// True if it picks a few rows out of many: then it gets an index in the default order.
    pub is_indexed: bool,
}

/// Type of a column. A field that is null or left out is null in its column; any other value of the field is of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Texts, days, instants, ids and enums. Instants are always printed alike, and sort as time does.
    Text,
    /// Whole numbers, and booleans as 0 and 1.
    Integer,
    /// Other numbers.
    Real,
}

/// What a column holds. Two of one column compare as SQLite compares them.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Cell<'a> {
    /// Texts compare byte by byte.
    Text(&'a str),
    /// Numbers compare as numbers, exactly so up to 2^53.
    Number(f64),
}

impl ColumnKind {
    /// A value of JSON in a column of this type; `None` where the column has null, or can hold no such value.
    pub fn cell(self, value: &Value) -> Option<Cell<'_>> {
        match (self, value) {
            (Self::Text, Value::String(text)) => Some(Cell::Text(text)),
            (Self::Integer | Self::Real, Value::Number(number)) => {
                number.as_f64().map(Cell::Number)
            }
            (Self::Integer, Value::Bool(flag)) => Some(Cell::Number(f64::from(u8::from(*flag)))),
            _ => None,
        }
    }
}

impl Column {
    /// A text.
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Text, is_indexed: false }
    }

    /// A whole number or a boolean.
    pub const fn integer(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Integer, is_indexed: false }
    }

    /// Another number.
    pub const fn real(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Real, is_indexed: false }
    }

    /// The same column with an index in the default order.
    #[must_use]
    pub const fn indexed(self) -> Self {
        Self { is_indexed: true, ..self }
    }
}

/// Name of the column that holds the instant at which a stream began. Every table has it.
pub const BEGAN: &str = "began";

/// An order of a list.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Name, as the enum in GraphQL has it.
    pub name: &'static str,
    /// The column; [`BEGAN`] for the instant at which the stream began.
    pub by: &'static str,
    /// True if the largest comes first.
    pub is_descending: bool,
}

impl Order {
    /// The streams that began last come first.
    pub const fn newest(name: &'static str) -> Self {
        Self { name, by: BEGAN, is_descending: true }
    }

    /// The streams that began first come first.
    pub const fn oldest(name: &'static str) -> Self {
        Self { name, by: BEGAN, is_descending: false }
    }

    /// The smallest value of a column comes first.
    pub const fn ascending(name: &'static str, by: &'static str) -> Self {
        Self { name, by, is_descending: false }
    }

    /// The largest value of a column comes first.
    pub const fn descending(name: &'static str, by: &'static str) -> Self {
        Self { name, by, is_descending: true }
    }
}
