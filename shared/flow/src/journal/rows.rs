//! The state rows of a category: the table that lists read, made from the one description, [`Listed`].
//!
//! Every table has the columns `id`, `version`, `began`, `state` and `state_version`. `state` is the row's JSON, as others see the
//! instance; each column that lists filter by or order by is computed from it. SQLite leaves an index alone where its columns
//! stay as they are, so an event writes the row, and an index only where what it lists by has changed. `state_version` is the
//! same in all rows of a table: while the rows of a new release are made, those of the last one answer, and readers tell them.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::{
    participant::{
        Column, Listed,
        list::{BEGAN, ColumnKind},
    },
    route::Entry,
};

/// Characters of the description's fingerprint in a version: 32 bits tell a handful of descriptions apart.
const FINGERPRINT: usize = 8;

/// The processor that keeps the state rows of a category.
#[derive(Clone, Copy, Debug)]
pub struct StateRows<'a> {
    /// Stored name of the aggregate type.
    pub aggregate_type: &'a str,
    /// Schema version of the state.
    pub state_version: u32,
    /// By what its rows are listed.
    pub listed: &'a Listed,
}

impl<'a> StateRows<'a> {
    /// Those of an entry of the catalogue.
    pub fn of(entry: &'a Entry) -> Self {
        Self {
            aggregate_type: entry.aggregate_type,
            state_version: entry.state_version,
            listed: &entry.listed,
        }
    }

    /// Name of the processor, and of the view that lists read.
    pub fn name(&self) -> &'a str {
        self.aggregate_type
    }

    /// Version of the processor: it changes with the state's schema, and with every change of the table.
    pub fn version(&self) -> String {
        let digest = Sha256::digest(self.create("rows").join(";"));
        let mut version = format!("{}-", self.state_version);
        for byte in digest.iter().take(FINGERPRINT / 2) {
            // A text takes every write.
            let _ = write!(version, "{byte:02x}");
        }
        version
    }

    /// The statements that make the table with this name, and its indexes.
    pub fn create(&self, table: &str) -> Vec<String> {
        let mut columns = String::new();
        for Column { name, kind, .. } in self.listed.columns() {
            let kind = match kind {
                ColumnKind::Text => "TEXT",
                ColumnKind::Integer => "INTEGER",
                ColumnKind::Real => "REAL",
            };
            let (column, path) = (quoted(name), text(&format!("$.{}", quoted(name))));
            let _ = write!(columns, ", {column} {kind} AS (state ->> {path})");
        }
        let name = quoted(table);
        let table_itself = format!(
            "CREATE TABLE {name} (id TEXT PRIMARY KEY, version INTEGER NOT NULL, began TEXT NOT NULL, \
             state TEXT NOT NULL, state_version INTEGER AS ({}){columns}) STRICT, WITHOUT ROWID",
            self.state_version
        );
        let indexes = self.indexes().into_iter().map(|columns| {
            let index = quoted(&format!("{table}_{}", columns.join("_")));
            let columns: Vec<_> = columns.iter().map(|column| quoted(column)).collect();
            format!("CREATE INDEX {index} ON {name} ({}, id)", columns.join(", "))
        });
        std::iter::once(table_itself).chain(indexes).collect()
    }

    /// The columns of each index before the id: one for each column that the rows are ordered by, and one in the default order
    /// for each column that picks a few rows out of many, as the owner does.
    fn indexes(&self) -> Vec<Vec<&'static str>> {
        let mut indexes: Vec<Vec<&'static str>> = Vec::new();
        let default = self.listed.orders.first().map_or(BEGAN, |order| order.by);
        let orders = self.listed.orders.iter().map(|order| vec![order.by]);
        let columns = self.listed.columns().into_iter();
        let picking = columns.filter(|column| column.is_indexed && column.name != default);
        for columns in orders.chain(picking.map(|column| vec![column.name, default])) {
            if !indexes.contains(&columns) {
                indexes.push(columns);
            }
        }
        indexes
    }

    /// The statement that writes many rows into the table with this name. Its parameter is a JSON array of
    /// `[id, version, began, state]`, the state as JSON and not as a text of it. A row that is at this version already, or at
    /// a later one, stays as it is: a repeat changes nothing.
    pub fn upsert(&self, table: &str) -> String {
        let table = quoted(table);
        format!(
            "INSERT INTO {table} (id, version, began, state) \
             SELECT value ->> 0, value ->> 1, value ->> 2, value -> 3 FROM json_each(?1) WHERE TRUE \
             ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state \
             WHERE excluded.version > {table}.version"
        )
    }
}

/// A name in SQL.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in SQL.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::shape::{Described, Field, Object, Shape};

    use super::*;
    use crate::participant::{Filter, Order};

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
            field("number", Shape::ANY_TEXT),
        ],
        is_strict: false,
    };

    const LISTED: Listed = Listed {
        state: &STATE,
        filters: &[Filter::from("least", "total", ""), Filter::equal("status", "").indexed()],
        orders: &[
            Order::newest("NEWEST", ""),
            Order::oldest("OLDEST", ""),
            Order::descending("HIGHEST", "total", ""),
        ],
        owner: Some("ownerId"),
        ..Listed::PLAIN
    }
    .checked();

    const ROWS: StateRows<'_> =
        StateRows { aggregate_type: "order", state_version: 3, listed: &LISTED };

    #[test]
    fn a_table_has_a_column_for_each_field_and_an_index_for_each_way_to_list() {
        assert_eq!(
            ROWS.create("order_g1"),
            [
                "CREATE TABLE \"order_g1\" (id TEXT PRIMARY KEY, version INTEGER NOT NULL, began TEXT NOT NULL, \
                 state TEXT NOT NULL, state_version INTEGER AS (3), \"ownerId\" TEXT AS (state ->> '$.\"ownerId\"'), \
                 \"total\" INTEGER AS (state ->> '$.\"total\"'), \"status\" TEXT AS (state ->> '$.\"status\"')) \
                 STRICT, WITHOUT ROWID",
                "CREATE INDEX \"order_g1_began\" ON \"order_g1\" (\"began\", id)",
                "CREATE INDEX \"order_g1_total\" ON \"order_g1\" (\"total\", id)",
                "CREATE INDEX \"order_g1_ownerId_began\" ON \"order_g1\" (\"ownerId\", \"began\", id)",
                "CREATE INDEX \"order_g1_status_began\" ON \"order_g1\" (\"status\", \"began\", id)",
            ]
        );
    }

    #[test]
    fn what_is_ordered_by_the_default_column_needs_no_second_index() {
        const NUMBERED: Listed = Listed {
            state: &STATE,
            filters: &[Filter::equal("number", "").indexed()],
            orders: &[Order::ascending("NUMBER", "number", "")],
            ..Listed::PLAIN
        };
        let rows = StateRows { listed: &NUMBERED, ..ROWS };
        assert_eq!(rows.create("t").len(), 2);
    }

    #[test]
    fn a_version_changes_with_the_state_and_with_the_table() {
        assert_eq!(ROWS.version(), ROWS.version());
        assert!(ROWS.version().starts_with("3-"), "{}", ROWS.version());
        let other = StateRows { state_version: 4, ..ROWS };
        assert_ne!(other.version(), ROWS.version());
        let fewer = StateRows { listed: &Listed::PLAIN, ..ROWS };
        assert_ne!(fewer.version(), ROWS.version());
    }

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(text("a'b"), "'a''b'");
    }
}
