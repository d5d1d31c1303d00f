//! The rows that somebody asks for. The same filter becomes the conditions of a list's statement, and is evaluated on the rows
//! of a subscription: both find the same.

use edgefold_kernel::{Id, Subject};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Condition, Listed, Op,
    list::{Cell, Column},
};

/// The rows that somebody asks for, of those that it may list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowFilter {
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

impl Op {
    fn holds(self, left: Cell<'_>, right: Cell<'_>) -> bool {
        match self {
            Self::Eq => left == right,
            Self::Lt => left < right,
            Self::Le => left <= right,
            Self::Ge => left >= right,
        }
    }
}

impl RowFilter {
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
    pub fn sought(&self, listed: &Listed) -> Option<(Column, Cell<'_>)> {
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
    use edgefold_kernel::shape::{Described, Field, Object, Shape};
    use serde_json::json;

    use super::*;
    use crate::participant::Filter;

    const fn field(name: &'static str, shape: Shape) -> Field {
        Field { name, about: "", shape, is_optional: true, is_caller: false, is_inner: false }
    }

    const ROW: Object = Object {
        name: "State",
        about: "",
        fields: &[
            field("owner", Shape::Subject),
            field("day", Shape::Date),
            field("units", i64::SHAPE),
            field("weight", Shape::Real),
        ],
        is_strict: false,
    };

    const LISTED: Listed = Listed {
        state: &ROW,
        filters: &[
            Filter::equal("day", ""),
            Filter::from("least", "units", ""),
            Filter::equal("weight", ""),
        ],
        owner: Some("owner"),
        ..Listed::PLAIN
    }
    .checked();

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
        let of = |owner: &str| RowFilter { owner: Some(id(owner).into()), ..RowFilter::default() };
        assert!(of("ana").matches(&LISTED, &id("a"), &row));
        assert!(!of("bob").matches(&LISTED, &id("a"), &row));
        assert!(!of("ana").matches(&Listed::PLAIN, &id("a"), &row), "nobody owns a row there");
        let only = RowFilter { only: Some(id("a")), ..RowFilter::default() };
        assert!(only.matches(&LISTED, &id("a"), &row));
        assert!(!only.matches(&LISTED, &id("b"), &row));
    }
}
