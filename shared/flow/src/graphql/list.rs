//! The statement of a list, made from the one description of the category, [`Listed`].
//!
//! A condition that picks few rows finds them in its index, in the default order. The planner knows nothing of the rows, so
//! any other condition is kept away from the indexes (a `+` before a column does that): the rows then come in the order of the
//! list, and each is looked at until the page is full.

use std::fmt::Write;

use edgefold_kernel::limits;
use serde_json::Value;

use crate::{
    journal::rows::quoted,
    participant::{
        Listed, Op, Order, Projected, RowFilter,
        list::{BEGAN, Cell},
    },
};

/// Column of a row that holds its key in the order of the list.
pub(super) const KEY: &str = "cursor_key";

/// A page of a list.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The order of the list.
    pub order: &'a Order,
    /// Key and id of the row after which the page begins.
    pub after: Option<(&'a Value, &'a str)>,
    /// The rows that it may hold.
    pub filter: &'a RowFilter,
    /// What projections say of them.
    pub projected: &'a [Projected],
    /// Number of rows, at most.
    pub rows: usize,
}

/// A statement with its parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    /// The statement. Its size depends on the number of conditions alone.
    pub sql: String,
    /// Its parameters: texts and numbers.
    pub params: Vec<Value>,
}

impl Statement {
    /// The statement of a page. Columns: `id`, `version`, `began`, `state` as JSON, `cursor_key`. It reads the view with the
    /// name of the aggregate type.
    pub fn of(aggregate_type: &str, listed: &Listed, wanted: &Wanted<'_>) -> Self {
        let Wanted { order, after, filter, projected, rows } = *wanted;
        let key = column(order.by);
        let mut made = Self {
            sql: format!(
                "SELECT r.id, r.version, r.began, r.state, r.state_version, {key} AS {KEY} FROM {} AS r",
                quoted(aggregate_type)
            ),
            params: Vec::new(),
        };
        let mut conditions = made.conditions(listed, order, filter);
        conditions.extend(projected.iter().map(|one| made.projected(one)));
        let (sign, direction) = if order.is_descending { ("<", " DESC") } else { (">", "") };
        let begins = after.map(|(after, id)| {
            let (after, id) = (made.param(after.clone()), made.param(id.into()));
            format!("({key}, r.id) {sign} ({after}, {id})")
        });
        for (number, condition) in conditions.into_iter().chain(begins).enumerate() {
            made.sql.push_str(if number == 0 { " WHERE " } else { " AND " });
            made.sql.push_str(&condition);
        }
        let rows = made.param(rows.into());
        // A text takes every write.
        let _ = write!(made.sql, " ORDER BY {key}{direction}, r.id{direction} LIMIT {rows}");
        made
    }

    fn conditions(&mut self, listed: &Listed, order: &Order, filter: &RowFilter) -> Vec<String> {
        let mut conditions = Vec::new();
        // The first of these that there is finds the rows: the id, the owner, a column that picks few rows.
        let mut is_found = filter.only.is_some();
        if let Some(only) = &filter.only {
            conditions.push(format!("r.id = {}", self.param(only.as_str().into())));
        }
        if let Some(owner) = &filter.owner {
            let Some(by) = listed.owner else { return vec!["FALSE".to_owned()] };
            let plus = if is_found { "+" } else { "" };
            is_found = true;
            conditions.push(format!(
                "{plus}{} = {}",
                column(by),
                self.param(owner.as_str().into())
            ));
        }
        if filter.conditions.len() > limits::LIST_CONDITIONS {
            return vec!["FALSE".to_owned()];
        }
        for condition in &filter.conditions {
            let Some((by, sought)) = condition.sought(listed) else {
                return vec!["FALSE".to_owned()];
            };
            let finds = by.is_indexed && condition.op == Op::Eq && !is_found;
            is_found |= finds;
            let plus = if finds || by.name == order.by { "" } else { "+" };
            let sought = self.param(match sought {
                Cell::Text(text) => text.into(),
                Cell::Number(number) => number.into(),
            });
            conditions.push(format!("{plus}{} {} {sought}", column(by.name), condition.op.sql()));
        }
        conditions
    }

    fn projected(&mut self, projected: &Projected) -> String {
        let mut sql = projected.sql.trim().to_owned();
        for (number, value) in projected.params.iter().enumerate() {
            let param = self.param(value.clone());
            sql = sql.replace(&format!("{{{}}}", number + 1), &param);
        }
        sql
    }

    fn param(&mut self, value: Value) -> String {
        self.params.push(value);
        format!("?{}", self.params.len())
    }
}

/// A column in the statement. A name without its table would be a text where there is no such column.
fn column(name: &str) -> String {
    match name {
        BEGAN => format!("r.{BEGAN}"),
        name => format!("r.{}", quoted(name)),
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{
        Id,
        shape::{Described, Field, Object, Shape},
    };
    use serde_json::json;

    use super::*;
    use crate::participant::{Condition, Filter};

    const fn field(name: &'static str, shape: Shape) -> Field {
        Field { name, about: "", shape, is_optional: false, is_caller: false, is_inner: false }
    }

    const STATE: Object = Object {
        name: "State",
        about: "",
        fields: &[
            field("ownerId", Shape::Subject),
            field("total", i64::SHAPE),
            field("status", Shape::ANY_TEXT),
        ],
        is_strict: false,
    };

    const LISTED: Listed = Listed {
        state: &STATE,
        filters: &[Filter::from("least", "total", ""), Filter::equal("status", "").indexed()],
        orders: &[Order::newest("NEWEST", ""), Order::ascending("LOWEST", "total", "")],
        owner: Some("ownerId"),
        ..Listed::PLAIN
    };

    fn conditions(of: &[(&str, Op, Value)]) -> Vec<Condition> {
        let condition = |(column, op, value): &(&str, Op, Value)| Condition {
            column: (*column).to_owned(),
            op: *op,
            value: value.clone(),
        };
        of.iter().map(condition).collect()
    }

    fn made(
        order: usize,
        after: Option<(&Value, &str)>,
        filter: &RowFilter,
    ) -> (String, Vec<Value>) {
        let projected = [];
        let wanted =
            Wanted { order: &LISTED.orders[order], after, filter, projected: &projected, rows: 21 };
        let Statement { sql, params } = Statement::of("order", &LISTED, &wanted);
        let (_, sql) = sql.split_once(" FROM ").unwrap();
        (sql.to_owned(), params)
    }

    #[test]
    fn a_plain_list_has_no_conditions() {
        let (sql, params) = made(0, None, &RowFilter::default());
        assert_eq!(sql, "\"order\" AS r ORDER BY r.began DESC, r.id DESC LIMIT ?1");
        assert_eq!(params, [json!(21)]);
    }

    #[test]
    fn one_condition_finds_the_rows_and_the_rest_stay_away_from_indexes() {
        let filter = RowFilter {
            owner: Some(Id::parse("ana").unwrap().into()),
            only: None,
            conditions: conditions(&[
                ("status", Op::Eq, json!("PLACED")),
                ("total", Op::Ge, json!(5)),
            ]),
        };
        let (sql, params) = made(0, Some((&json!("2027"), "o-1")), &filter);
        assert_eq!(
            sql,
            "\"order\" AS r WHERE r.\"ownerId\" = ?1 AND +r.\"status\" = ?2 AND +r.\"total\" >= ?3 \
             AND (r.began, r.id) < (?4, ?5) ORDER BY r.began DESC, r.id DESC LIMIT ?6"
        );
        assert_eq!(
            params,
            [json!("ana"), json!("PLACED"), json!(5.0), json!("2027"), json!("o-1"), json!(21)]
        );
    }

    #[test]
    fn a_range_of_the_order_itself_is_read_from_its_index() {
        let filter = RowFilter {
            conditions: conditions(&[("total", Op::Le, json!(5))]),
            ..RowFilter::default()
        };
        let (sql, _) = made(1, Some((&json!(3), "o-1")), &filter);
        assert_eq!(
            sql,
            "\"order\" AS r WHERE r.\"total\" <= ?1 AND (r.\"total\", r.id) > (?2, ?3) \
             ORDER BY r.\"total\", r.id LIMIT ?4"
        );
    }

    #[test]
    fn what_no_row_can_fulfil_finds_none() {
        let none = "\"order\" AS r WHERE FALSE";
        for wrong in [
            ("status", Op::Eq, json!(5)),
            ("height", Op::Eq, json!(5)),
            ("total", Op::Eq, json!(null)),
        ] {
            let filter = RowFilter { conditions: conditions(&[wrong]), ..RowFilter::default() };
            assert!(made(0, None, &filter).0.starts_with(none));
        }
        let many = vec![("total", Op::Ge, json!(0)); limits::LIST_CONDITIONS + 1];
        let filter = RowFilter { conditions: conditions(&many), ..RowFilter::default() };
        assert!(made(0, None, &filter).0.starts_with(none), "a statement has its bound");
    }
}
