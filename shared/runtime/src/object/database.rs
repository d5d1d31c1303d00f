//! The SQLite database of an aggregate's object. Every statement lies in `schema/sql/object/`.

use std::{cell::RefCell, collections::BTreeSet};

use edgefold_kernel::Fault;
use js_sys::Array;
use serde::Serialize;

use crate::platform::statement::{Changes, Param, Statements};

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
            drop(database.lift());
        }
        database
    }

    /// Stored events stay readable: an object that an earlier build has written gets the tables of this one.
    fn lift(&self) -> Result<(), Fault> {
        let mut lifted = self.begin();
        lifted.needs("standing", sql!("standing_table"))?;
        lifted.add(sql!("lifted"), &[])?;
        lifted.commit()
    }

    /// Finds out which tables there are.
    fn look(&self) {
        let found = self.sql.rows(sql!("tables_there"), &[]).unwrap_or_default();
        if found.iter().any(|row| row.get(1) == 1) {
            drop(self.sql.change(sql!("followers_lifted"), &[]));
        }
        self.tables.replace(found.iter().filter_map(|row| row.get(0).as_string()).collect());
    }

    pub(super) fn has(&self, table: &str) -> bool {
        self.tables.borrow().contains(table)
    }

    /// Creates a table, unless it is there.
    pub(super) fn needs(&self, table: &str, statement: &'static str) -> Result<(), Fault> {
        if !self.has(table) {
            self.sql.change(statement, &[])?;
            self.tables.borrow_mut().insert(table.to_owned());
        }
        Ok(())
    }

    /// The rows of a statement over one table; none where there is no such table.
    pub(super) fn query(
        &self,
        table: &str,
        statement: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Array>, Fault> {
        if self.has(table) { self.sql.rows(statement, params) } else { Ok(Vec::new()) }
    }

    /// Begins a transaction.
    pub(super) fn begin(&self) -> Transaction<'_> {
        Transaction { database: self, changes: Changes::default(), created: Vec::new() }
    }
}

/// Changes that are made all together, or not at all.
pub(super) struct Transaction<'a> {
    pub(super) database: &'a Database,
    changes: Changes,
    created: Vec<&'static str>,
}

impl Transaction<'_> {
    /// Creates a table, unless it is there.
    pub(super) fn needs(
        &mut self,
        table: &'static str,
        statement: &'static str,
    ) -> Result<(), Fault> {
        if self.database.has(table) || self.created.contains(&table) {
            return Ok(());
        }
        self.created.push(table);
        self.add(statement, &[])
    }

    /// Adds a statement that has no rows.
    pub(super) fn add(
        &mut self,
        statement: &'static str,
        params: &[Param<'_>],
    ) -> Result<(), Fault> {
        self.changes.add(statement, params)
    }

    /// Adds a statement that inserts rows, each a tuple.
    pub(super) fn insert(
        &mut self,
        statement: &'static str,
        rows: impl IntoIterator<Item = impl Serialize>,
    ) -> Result<(), Fault> {
        self.changes.insert(statement, rows)
    }

    /// Makes the changes.
    pub(super) fn commit(self) -> Result<(), Fault> {
        self.database.sql.commit(self.changes)?;
        let created = self.created.into_iter().map(str::to_owned);
        self.database.tables.borrow_mut().extend(created);
        Ok(())
    }
}
