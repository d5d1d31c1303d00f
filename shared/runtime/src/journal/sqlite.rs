//! The storage port over the object's SQLite. Every statement lies in `schema/sql/journal/`.

use std::cell::Cell;

use edgefold_flow::{
    contract::Counters,
    journal::{
        Link, Storage,
        storage::{Placed, Stored, Write},
    },
};
use edgefold_kernel::{Fault, Id, limits};
use js_sys::Array;
use worker::console_error;

use crate::platform::statement::{
    Changes, More, Statements, integer, number, string, text, unreadable, version,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/journal/", $name, ".sql"))
    };
}

/// The SQLite database of one journal.
pub(crate) struct SqliteJournal {
    name: String,
    sql: Statements,
    has_tables: Cell<bool>,
}

impl SqliteJournal {
    /// The database behind an object's storage, and its name: the one that the platform tells or, where it tells none, the one
    /// that was stored with the first commit.
    pub(crate) fn new(name: Option<String>, storage: &worker::Storage) -> (Self, Option<String>) {
        let sql = Statements::new(storage);
        let found = sql.rows(sql!("has_tables"), &[]).unwrap_or_default();
        let links = found.iter().find(|row| row.get(0) == "links");
        let has_tables = links.is_some();
        if links.is_some_and(|row| row.get(1) != 1)
            && let Err(fault) = sql.change(sql!("links_lifted"), &[])
        {
            console_error!("a journal keeps the table of an earlier release: {fault}");
        }
        let stored = || {
            let rows = has_tables.then(|| sql.rows(sql!("name"), &[]))?.ok()?;
            string(&rows.first()?.get(0)).ok()
        };
        let name = name.or_else(stored);
        let has_tables = Cell::new(has_tables);
        (Self { name: name.clone().unwrap_or_default(), sql, has_tables }, name)
    }

    /// What this database has cost since it was loaded.
    pub(crate) fn counters(&self) -> Counters {
        let (rows_read, rows_written) = self.sql.counted();
        Counters { rows_read, rows_written, bytes: self.sql.bytes() }
    }

    fn changes(&self, write: &Write) -> Result<Changes, Fault> {
        let mut changes = Changes::default();
        if !self.has_tables.get() {
            changes.add(sql!("tables"), &[])?;
            changes.add(sql!("name_set"), &[text(&self.name)])?;
        }
        for Stored { position, appends } in &write.rows {
            changes.add(sql!("entry_add"), &[number(*position), text(appends)])?;
        }
        let rows = write.links.iter().map(|Placed { id, link, position, is_claimed }| {
            (&link.correlation, id, link.version, position, is_claimed)
        });
        changes.insert(sql!("links_add"), rows)?;
        Ok(changes)
    }
}

impl Storage for SqliteJournal {
    fn head(&self) -> Result<u64, Fault> {
        if !self.has_tables.get() {
            return Ok(0);
        }
        let rows = self.sql.rows(sql!("head"), &[])?;
        rows.first().map_or(Ok(0), |row| version(&row.get(0)))
    }

    fn place(&self, id: &Id, link: &Link) -> Result<Option<u64>, Fault> {
        if !self.has_tables.get() {
            return Ok(None);
        }
        let ids = [text(link.correlation.as_str()), text(id.as_str()), number(link.version)];
        let rows = self.sql.rows(sql!("place"), &ids)?;
        rows.first().map(|row| version(&row.get(0))).transpose()
    }

    fn commit(&self, write: &Write) -> Result<(), Fault> {
        self.sql.commit(self.changes(write)?)?;
        self.has_tables.set(true);
        Ok(())
    }

    fn rows(&self, after: u64, limit: usize, bytes: usize) -> Result<Vec<Stored>, Fault> {
        if !self.has_tables.get() {
            return Ok(Vec::new());
        }
        let mut room = bytes;
        self.sql.each(sql!("entries"), &[number(after), number(limit)], |row| {
            let stored = Stored { position: version(&row.get(0))?, appends: string(&row.get(1))? };
            room = room.saturating_sub(stored.appends.len());
            Ok(if room == 0 { More::No(stored) } else { More::Yes(stored) })
        })
    }

    fn caused(&self, correlation: &Id, limit: usize) -> Result<Vec<Placed>, Fault> {
        if !self.has_tables.get() {
            return Ok(Vec::new());
        }
        let placed = |row: Array| {
            let id = Id::parse(string(&row.get(0))?).map_err(unreadable)?;
            let link = Link { version: version(&row.get(1))?, correlation: correlation.clone() };
            let position = u64::try_from(integer(&row.get(2))?).map_err(unreadable)?;
            let is_claimed = integer(&row.get(3))? != 0;
            Ok(More::Yes(Placed { id, link, position, is_claimed }))
        };
        let params = [text(correlation.as_str()), number(limit), number(limits::CORRELATED_EVENTS)];
        self.sql.each(sql!("caused"), &params, placed)
    }
}
