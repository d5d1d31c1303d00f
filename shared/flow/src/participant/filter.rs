//! The rows that somebody asks for. The same filter becomes the conditions of a list's statement, and is evaluated on the rows
//! of a subscription: both find the same.

use edgefold_kernel::{Id, Subject};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Listed,
    list::{Cell, Column},
};

/// The rows that somebody asks for, of those that it may list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// Those of this owner; any owner when left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<Subject>,
    /// The instance of this id alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub only: Option<Id>,
    /// All of these hold.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub conditions: Vec<Condition>,
}

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

    fn holds(self, left: Cell<'_>, right: Cell<'_>) -> bool {
        match self {
            Self::Eq => left == right,
            Self::Lt => left < right,
            Self::Le => left <= right,
            Self::Ge => left >= right,
        }
    }
}

impl Filter {
    /// True if a list with this filter holds a row: the state of an instance as others see it,
    /// [`outline`](super::Participant::outline).
    pub fn matches(&self, listed: &Listed, id: &Id, row: &Value) -> bool {
        let is_owned = self.owner.as_ref().is_none_or(|owner| {
            let field = listed.owner.and_then(|owner| row.get(owner)).and_then(Value::as_str);
            field == Some(owner.as_str())
        });
        is_owned
            && self.only.as_ref().is_none_or(|only| only == id)
            && self.conditions.iter().all(|condition| condition.holds(listed, row))
    }
}

impl Condition {
    /// The column and what it is compared with; `None` if no row can fulfil it.
    pub fn sought<'a>(&'a self, listed: &'a Listed) -> Option<(&'a Column, Cell<'a>)> {
        let column = listed.column(&self.column)?;
        Some((column, column.kind.cell(&self.value)?))
    }

    fn holds(&self, listed: &Listed, row: &Value) -> bool {
        let Some((column, sought)) = self.sought(listed) else { return false };
        let cell = row.get(column.name).and_then(|value| column.kind.cell(value));
        cell.is_some_and(|cell| self.op.holds(cell, sought))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LISTED: Listed = Listed {
        columns: &[
            Column::text("owner"),
            Column::text("day"),
            Column::integer("units"),
            Column::real("weight"),
        ],
        owner: Some("owner"),
        ..Listed::PLAIN
    };

    fn holds(column: &str, op: Op, value: Value, row: &Value) -> bool {
        Condition { column: column.into(), op, value }.holds(&LISTED, row)
    }

    #[test]
    fn a_condition_compares_texts_with_texts_and_numbers_with_numbers() {
        let row = json!({"day": "2027-03-01", "units": 10, "weight": 2.5});
        assert!(holds("day", Op::Ge, json!("2027-03-01"), &row));
        assert!(!holds("day", Op::Lt, json!("2027-03-01"), &row));
        assert!(holds("units", Op::Lt, json!(10.5), &row), "as numbers, not as texts");
        assert!(holds("units", Op::Ge, json!(9), &row), "as numbers, not as texts");
        assert!(holds("weight", Op::Le, json!(2.5), &row));
        assert!(!holds("units", Op::Eq, json!("10"), &row));
        assert!(!holds("day", Op::Ge, json!(0), &row));
    }

    #[test]
    fn a_boolean_is_one_or_zero() {
        assert!(holds("units", Op::Eq, json!(true), &json!({"units": true})));
        assert!(holds("units", Op::Eq, json!(1), &json!({"units": true})));
        assert!(!holds("units", Op::Eq, json!(false), &json!({"units": true})));
    }

    #[test]
    fn null_fulfils_nothing() {
        for op in [Op::Eq, Op::Lt, Op::Le, Op::Ge] {
            for row in [json!({"units": null}), json!({}), json!(null)] {
                assert!(!holds("units", op, json!(0), &row), "{op:?} {row}");
            }
            assert!(!holds("units", op, json!(null), &json!({"units": null})));
            assert!(
                !holds("height", op, json!(0), &json!({"height": 0})),
                "there is no such column"
            );
        }
    }

    #[test]
    fn the_owner_and_the_only_one_count_as_well() {
        let id = |text: &str| Id::parse(text).unwrap();
        let row = json!({"owner": "ana"});
        let of = |owner: &str| Filter { owner: Some(id(owner).into()), ..Filter::default() };
        assert!(of("ana").matches(&LISTED, &id("a"), &row));
        assert!(!of("bob").matches(&LISTED, &id("a"), &row));
        assert!(!of("ana").matches(&Listed::PLAIN, &id("a"), &row), "nobody owns a row there");
        let only = Filter { only: Some(id("a")), ..Filter::default() };
        assert!(only.matches(&LISTED, &id("a"), &row));
        assert!(!only.matches(&LISTED, &id("b"), &row));
    }
}
