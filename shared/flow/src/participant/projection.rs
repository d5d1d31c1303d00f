//! A projection that is written by hand: it makes rows of its own out of the events of one category or several.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use edgefold_kernel::{Described, Envelope, Fault, shape::Object};

use super::Change;

/// A projection. Each of its generations has tables of its own, so its SQL names them in braces: `{nights}` becomes
/// `nights_g3`, and `{nights}_from` the name of an index there. Readers ask the view `nights`.
///
/// Events of one stream come in order; those of different streams in any order, and in another one at each rebuild.
#[derive(Clone, Copy, Debug)]
pub struct Projection {
    /// Name of its processor.
    pub name: &'static str,
    /// Raised with every change of `tables` or `project`: the rows are made again by themselves.
    pub version: u32,
    /// The aggregate types whose events it gets.
    pub categories: &'static [&'static str],
    /// Its tables.
    pub tables: &'static [Table],
    /// The changes that follow from an event; none where it does not concern the rows. It depends on nothing else.
    pub project: fn(&Envelope) -> Result<Vec<Change>, Fault>,
    /// The queries that its tables answer, for any caller with a token.
    pub queries: &'static [Asked],
}

/// A query that the tables of a projection answer with a list of rows.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Its name in GraphQL.
    pub name: &'static str,
    /// What it is: its documentation.
    pub about: &'static str,
    /// Its arguments, checked by their shapes.
    pub arguments: &'static Object,
    /// A row, with a column for each of its fields.
    pub row: &'static Object,
    /// The statement over the views, with `?1`, `?2` … for the arguments in order. One that was left out is null: the
    /// statement says what that means.
    pub sql: &'static str,
}

impl Asked {
    /// The query whose arguments and rows are these types; what it is, the documentation of the arguments says.
    ///
    /// # Panics
    /// While a constant is compiled, when one of them is no struct.
    #[allow(clippy::panic, reason = "it ends a compilation, and nothing else")]
    pub const fn of<A: Described, R: Described>(name: &'static str, sql: &'static str) -> Self {
        match (A::SHAPE.object(), R::SHAPE.object()) {
            (Some(arguments), Some(row)) => {
                Self { name, about: arguments.about, arguments, row, sql }
            }
            _ => panic!("arguments and rows are structs"),
        }
    }
}

/// A table of a projection.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Name of the view on it: lower-case letters and `_`.
    pub name: &'static str,
    /// What makes the table and its indexes.
    pub create: &'static [&'static str],
}

impl Projection {
    /// Its changes for an event. A panic is a fault of this one event.
    ///
    /// # Errors
    /// Fails if the event cannot be read.
    pub fn changes(&self, event: &Envelope) -> Result<Vec<Change>, Fault> {
        catch_unwind(AssertUnwindSafe(|| (self.project)(event)))
            .unwrap_or_else(|_| Err(Fault::Defect("the projection panics".into())))
    }

    /// A statement for the tables of one generation.
    pub fn placed<'a>(&self, sql: &'a str, generation: u64) -> Cow<'a, str> {
        let mut placed = Cow::Borrowed(sql);
        for Table { name, .. } in self.tables {
            let place = format!("{{{name}}}");
            if placed.contains(&place) {
                placed = placed.replace(&place, &physical(name, generation)).into();
            }
        }
        placed
    }

    /// What makes the tables of one generation.
    pub fn create(&self, generation: u64) -> Vec<String> {
        let all = self.tables.iter().flat_map(|table| table.create);
        all.map(|sql| self.placed(sql, generation).into_owned()).collect()
    }
}

/// Name of the table of one generation.
pub fn physical(table: &str, generation: u64) -> String {
    format!("{table}_g{generation}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEATS: Projection = Projection {
        name: "seats",
        version: 1,
        categories: &["room"],
        tables: &[
            Table {
                name: "seat",
                create: &["CREATE TABLE {seat} (a)", "CREATE INDEX {seat}_a ON {seat} (a)"],
            },
            Table { name: "row", create: &["CREATE TABLE {row} (b)"] },
        ],
        project: |_| Ok(Vec::new()),
        queries: &[],
    };

    #[test]
    fn each_generation_has_tables_of_its_own() {
        assert_eq!(
            SEATS.create(12),
            [
                "CREATE TABLE seat_g12 (a)",
                "CREATE INDEX seat_g12_a ON seat_g12 (a)",
                "CREATE TABLE row_g12 (b)"
            ]
        );
        let placed = SEATS.placed("SELECT '{other}' FROM {row}", 1);
        assert_eq!(placed, "SELECT '{other}' FROM row_g1", "what is no table of it stays");
    }
}
