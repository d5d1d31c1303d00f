//! By what the rows of an aggregate are listed: the one description of which the table with its indexes, the statement of a
//! page, the filter of a subscription and the arguments in GraphQL are made.

use edgefold_kernel::{
    Reducer, Rejection,
    shape::{Described, Field, Object, Shape, StateShape},
};
use serde_json::{Map, Value};

use super::{Condition, Op};

/// How the rows of an aggregate are listed. By default in the order in which the streams began, without filters.
pub trait Lists: Reducer {
    /// Name of the list in GraphQL; the type with an `s` behind it when left out.
    const PLURAL: Option<&'static str> = None;

    /// The conditions that a list takes.
    const FILTERS: &'static [Filter] = &[];

    /// The orders of the list, the default one first. Each is by something that never changes.
    const ORDERS: &'static [Order] = &[Order::newest("NEWEST", "The newest first.")];

    /// Conditions that a projection alone can answer.
    const BESIDE: &'static [Beside] = &[];
}

/// The lists of an aggregate.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// Name of the list in GraphQL; the type with an `s` behind it when left out.
    pub plural: Option<&'static str>,
    /// The conditions that a list takes.
    pub filters: &'static [Filter],
    /// The orders of the list, the default one first.
    pub orders: &'static [Order],
    /// Conditions that a projection alone can answer.
    pub beside: &'static [Beside],
    /// The state: the fields of a row.
    pub state: &'static Object,
    /// The field that names the owner of a row: [`Scope::Own`](edgefold_kernel::Scope::Own) lists those of the caller.
    pub owner: Option<&'static str>,
}

impl Listed {
    /// A list in the order in which the streams began, without filters.
    pub const PLAIN: Self = Self {
        plural: None,
        filters: &[],
        orders: &[Order::newest("NEWEST", "The newest first.")],
        beside: &[],
        state: &Object { name: "State", about: "", fields: &[], is_strict: false },
        owner: None,
    };

    /// The lists of this aggregate.
    ///
    /// # Panics
    /// While it is compiled, when a filter or an order names a field that the state does not show, or one that no column can
    /// hold.
    pub const fn of<A: Lists>() -> Self {
        let state = match <A::State as Described>::SHAPE.object() {
            Some(state) => state,
            None => Self::PLAIN.state,
        };
        let owner = <A::State as StateShape>::OWNER;
        let (plural, filters, orders, beside) = (A::PLURAL, A::FILTERS, A::ORDERS, A::BESIDE);
        Self { plural, filters, orders, beside, state, owner }.checked()
    }

    /// The same lists, when each of their columns is a field that the state shows.
    ///
    /// # Panics
    /// When one is not. It is called while a constant is compiled.
    #[must_use]
    pub const fn checked(self) -> Self {
        let mut filters = self.filters;
        while let Some((filter, rest)) = filters.split_first() {
            let field = shown(self.state, filter.column);
            assert!(field.is_some(), "a filter names a field that the state does not show");
            filters = rest;
        }
        let mut orders = self.orders;
        while let Some((order, rest)) = orders.split_first() {
            let is_in_each = match shown(self.state, order.by) {
                Some(field) => !field.is_optional,
                None => same(order.by, BEGAN),
            };
            assert!(is_in_each, "an order is by a field that the state shows and each row has");
            orders = rest;
        }
        self
    }

    /// A column by the name of its field.
    pub fn column(&self, name: &str) -> Option<Column> {
        let filters = || self.filters.iter().filter(|filter| filter.column == name);
        let is_owner = self.owner == Some(name);
        let is_listed = is_owner
            || filters().next().is_some()
            || self.orders.iter().any(|order| order.by == name);
        let field = self.state.field(name).filter(|_| is_listed)?;
        let kind = ColumnKind::of(&field.shape)?;
        let is_indexed = is_owner || filters().any(|filter| filter.is_indexed);
        Some(Column { name: field.name, kind, is_indexed })
    }

    /// All columns, each once.
    pub fn columns(&self) -> Vec<Column> {
        let names = self.owner.into_iter();
        let names = names.chain(self.filters.iter().map(|filter| filter.column));
        let names = names.chain(self.orders.iter().map(|order| order.by));
        let mut columns = Vec::<Column>::new();
        for name in names {
            if !columns.iter().any(|known| known.name == name) {
                columns.extend(self.column(name));
            }
        }
        columns
    }
}

/// A condition that a list takes.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Its name among the arguments.
    pub name: &'static str,
    /// The field of the state.
    pub column: &'static str,
    /// How the two are compared.
    pub op: Op,
    /// What it is: its documentation.
    pub about: &'static str,
    /// True if it picks a few rows out of many: then its column has an index in the default order.
    pub is_indexed: bool,
}

impl Filter {
    /// Rows whose field of this name is equal.
    pub const fn equal(name: &'static str, about: &'static str) -> Self {
        Self { name, column: name, op: Op::Eq, about, is_indexed: false }
    }

    /// Rows whose field is equal or greater.
    pub const fn from(name: &'static str, column: &'static str, about: &'static str) -> Self {
        Self { name, column, op: Op::Ge, about, is_indexed: false }
    }

    /// Rows whose field is equal or less.
    pub const fn until(name: &'static str, column: &'static str, about: &'static str) -> Self {
        Self { name, column, op: Op::Le, about, is_indexed: false }
    }

    /// The same filter with an index in the default order.
    #[must_use]
    pub const fn indexed(self) -> Self {
        Self { is_indexed: true, ..self }
    }
}

/// Conditions that the tables of a projection answer. Lists alone take them: a subscription does not read those tables.
#[derive(Clone, Copy, Debug)]
pub struct Beside {
    /// Its fields among the filters: name, documentation, shape.
    pub fields: &'static [(&'static str, &'static str, Shape)],
    /// The conditions that follow from the filters that were given; `None` where they ask for none of it.
    pub wanted: Wanted,
}

/// The filters that were given, by their names.
pub type Given = Map<String, Value>;

/// See [`Beside::wanted`].
pub type Wanted = fn(&Given) -> Result<Option<(Vec<Condition>, Projected)>, Rejection>;

/// A condition on the rows of a list by the tables of a projection.
#[derive(Clone, Debug, PartialEq)]
pub struct Projected {
    /// Name of the projection: `minVersion` waits for it, too.
    pub name: &'static str,
    /// The condition in SQL, about `r.id`, with `{1}`, `{2}` … for the parameters.
    pub sql: &'static str,
    /// Its parameters: texts and numbers.
    pub params: Vec<Value>,
}

/// A field of a row that lists filter by or order by. Its column is computed from the row's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name of the field, in the JSON of the row and in the table.
    pub name: &'static str,
    /// Its type in SQL.
    pub kind: ColumnKind,
    /// True if it picks a few rows out of many, as the owner does: then it has an index in the default order.
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
    /// The column of a field of this shape; `None` where no column can hold it.
    pub const fn of(shape: &Shape) -> Option<Self> {
        match shape {
            Shape::Id | Shape::Subject | Shape::Date | Shape::Timestamp | Shape::Code => {
                Some(Self::Text)
            }
            Shape::Text { .. } | Shape::Choice(_) => Some(Self::Text),
            Shape::Money { .. } | Shape::Integer { .. } | Shape::Bool => Some(Self::Integer),
            Shape::Real => Some(Self::Real),
            Shape::List { .. } | Shape::Map { .. } | Shape::Object(_) | Shape::Any => None,
        }
    }

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

/// Name of the column that holds the instant at which a stream began. Every table has it.
pub const BEGAN: &str = "began";

/// An order of a list.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Name, as the enum in GraphQL has it.
    pub name: &'static str,
    /// The field; [`BEGAN`] for the instant at which the stream began.
    pub by: &'static str,
    /// What it is: its documentation.
    pub about: &'static str,
    /// True if the largest comes first.
    pub is_descending: bool,
}

impl Order {
    /// The streams that began last come first.
    pub const fn newest(name: &'static str, about: &'static str) -> Self {
        Self { name, by: BEGAN, about, is_descending: true }
    }

    /// The streams that began first come first.
    pub const fn oldest(name: &'static str, about: &'static str) -> Self {
        Self { name, by: BEGAN, about, is_descending: false }
    }

    /// The smallest value of a field comes first.
    pub const fn ascending(name: &'static str, by: &'static str, about: &'static str) -> Self {
        Self { name, by, about, is_descending: false }
    }

    /// The largest value of a field comes first.
    pub const fn descending(name: &'static str, by: &'static str, about: &'static str) -> Self {
        Self { name, by, about, is_descending: true }
    }
}

/// A field that others see and that a column can hold.
const fn shown(state: &Object, name: &str) -> Option<&'static Field> {
    let mut fields = state.fields;
    while let Some((field, rest)) = fields.split_first() {
        if same(field.name, name) {
            let is_held = ColumnKind::of(&field.shape).is_some();
            return if field.is_inner || !is_held { None } else { Some(field) };
        }
        fields = rest;
    }
    None
}

const fn same(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    while let (Some((first, rest)), Some((second, others))) =
        (one.split_first(), other.split_first())
    {
        if *first != *second {
            return false;
        }
        (one, other) = (rest, others);
    }
    one.is_empty() && other.is_empty()
}
