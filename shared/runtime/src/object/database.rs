//! The SQLite database of an aggregate's object. Every statement lies in `schema/sql/object/`.

use std::{cell::RefCell, collections::BTreeSet};

use edgefold_kernel::Fault;
use js_sys::Array;
use wasm_bindgen::JsValue;

use crate::platform::statement::Statements;

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/object/", $name, ".sql"))
    };
}
pub(super) use sql;

/// The database. Its tables are created when something is first stored in them: looking at an instance that does not exist
/// writes nothing.
pub(super) struct Database {
    pub(super) sql: Statements,
    /// Names of the tables that there are.
    tables: RefCell<BTreeSet<String>>,
}

impl Database {
    pub(super) fn new(storage: &worker::Storage) -> Self {
        let database = Self { sql: Statements::new(storage), tables: RefCell::default() };
        database.look();
        if database.has("events") && !database.has("standing") {
            // What fails here fails again with the first statement, and is reported by the request that needs it.
            drop(database.atomically(|| database.lift()));
        }
        database
    }

    /// Stored events stay readable: an object that an earlier build has written gets the tables of this one.
    fn lift(&self) -> Result<(), Fault> {
        self.needs("standing", sql!("standing_table"))?;
        self.sql.change(sql!("lifted"), vec![])
    }

    /// Finds out which tables there are.
    fn look(&self) {
        let found = self.sql.rows(sql!("tables_there"), vec![]).unwrap_or_default();
        self.tables.replace(found.iter().filter_map(|row| row.get(0).as_string()).collect());
    }

    pub(super) fn has(&self, table: &str) -> bool {
        self.tables.borrow().contains(table)
    }

    /// Creates a table, unless it is there.
    pub(super) fn needs(&self, table: &str, statement: &'static str) -> Result<(), Fault> {
        if !self.has(table) {
            self.sql.change(statement, vec![])?;
            self.tables.borrow_mut().insert(table.to_owned());
        }
        Ok(())
    }

    /// The rows of a statement over one table; none where there is no such table.
    pub(super) fn query(
        &self,
        table: &str,
        statement: &'static str,
        params: Vec<JsValue>,
    ) -> Result<Vec<Array>, Fault> {
        if self.has(table) { self.sql.rows(statement, params) } else { Ok(Vec::new()) }
    }

    /// Does everything that `work` does, or nothing.
    pub(super) fn atomically(&self, work: impl Fn() -> Result<(), Fault>) -> Result<(), Fault> {
        let done = self.sql.atomically(work);
        if done.is_err() {
            // The tables that it has created are gone.
            self.look();
        }
        done
    }
}
