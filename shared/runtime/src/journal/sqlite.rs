//! The storage port over the object's SQLite. Every statement lies in `schema/sql/journal/`.

use std::cell::Cell;

use edgefold_flow::{
    contract::Counters,
    journal::{
        Link, Storage,
        storage::{Placed, Stored, Write},
    },
};
use edgefold_kernel::{Fault, Id};
use js_sys::Array;

use crate::platform::statement::{
    More, Statements, integer, number, string, text, unreadable, version,
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
        let found = sql.rows(sql!("has_tables"), vec![]).unwrap_or_default();
        let has_tables = found.iter().any(|row| row.get(0) == "links");
        let stored = || {
            let rows = has_tables.then(|| sql.rows(sql!("name"), vec![]))?.ok()?;
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

    fn write(&self, write: &Write) -> Result<(), Fault> {
        if !self.has_tables.get() {
            self.sql.change(sql!("tables"), vec![])?;
            self.sql.change(sql!("name_set"), vec![text(&self.name)])?;
        }
        for Stored { position, appends } in &write.rows {
            self.sql.change(sql!("entry_add"), vec![number(*position), text(appends)])?;
        }
        // A single event is the usual case, and needs no JSON around it.
        if let [Placed { id, link, position }] = write.links.as_slice() {
            let Link { correlation, version } = link;
            let ids = [text(correlation.as_str()), text(id.as_str())];
            let numbers = [number(*version), number(*position)];
            return self.sql.change(sql!("link_add"), ids.into_iter().chain(numbers).collect());
        }
        let rows = write
            .links
            .iter()
            .map(|Placed { id, link, position }| (&link.correlation, id, link.version, position));
        self.sql.insert(sql!("links_add"), rows)
    }
}

impl Storage for SqliteJournal {
    fn head(&self) -> Result<u64, Fault> {
        if !self.has_tables.get() {
            return Ok(0);
        }
        let rows = self.sql.rows(sql!("head"), vec![])?;
        rows.first().map_or(Ok(0), |row| version(&row.get(0)))
    }

    fn place(&self, id: &Id, link: &Link) -> Result<Option<u64>, Fault> {
        if !self.has_tables.get() {
            return Ok(None);
        }
        let ids = [text(link.correlation.as_str()), text(id.as_str())];
        let params = ids.into_iter().chain([number(link.version)]).collect();
        let rows = self.sql.rows(sql!("place"), params)?;
        rows.first().map(|row| version(&row.get(0))).transpose()
    }

    fn commit(&self, write: &Write) -> Result<(), Fault> {
        self.sql.atomically(|| self.write(write))?;
        self.has_tables.set(true);
        Ok(())
    }

    fn rows(&self, after: u64, limit: usize, bytes: usize) -> Result<Vec<Stored>, Fault> {
        if !self.has_tables.get() {
            return Ok(Vec::new());
        }
        let mut room = bytes;
        self.sql.each(sql!("entries"), vec![number(after), number(limit)], |row| {
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
            Ok(More::Yes(Placed { id, link, position }))
        };
        self.sql.each(sql!("caused"), vec![text(correlation.as_str()), number(limit)], placed)
    }
}
