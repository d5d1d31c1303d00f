//! The storage port of a journal in memory, with a switch that makes the next commit fail.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use edgefold_flow::journal::{
    Link, Storage,
    storage::{Placed, Stored, Write},
};
use edgefold_kernel::{Fault, Id};

/// Keeps one partition in memory. A clone is another handle on the same memory: it survives the partition that used it.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal(Rc<Memory>);

#[derive(Debug, Default)]
struct Memory {
    content: RefCell<Content>,
    fail_next: Cell<bool>,
    /// Rows and links that were written and read.
    written: Cell<usize>,
    read: Cell<usize>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    /// By position.
    rows: BTreeMap<u64, String>,
    /// By correlation, instance and version.
    links: BTreeMap<(Id, Id, u64), (u64, bool)>,
}

impl MemoryJournal {
    /// Makes the next commit fail, as a full or broken disk would.
    pub fn fail_next_commit(&self) {
        self.0.fail_next.set(true);
    }

    /// Number of rows that were written so far, as SQLite counts them.
    pub fn rows_written(&self) -> usize {
        self.0.written.get()
    }

    /// Number of rows that were read so far.
    pub fn rows_read(&self) -> usize {
        self.0.read.get()
    }

    /// A copy as it is now, to go back to.
    #[must_use]
    pub fn backup(&self) -> Self {
        let copy = Self::default();
        copy.restore(self);
        copy
    }

    /// Becomes what another one is, as the platform restores a database.
    pub fn restore(&self, other: &Self) {
        let content = other.0.content.borrow().clone();
        self.0.content.replace(content);
    }

    fn count(cell: &Cell<usize>, rows: usize) {
        cell.set(cell.get() + rows);
    }
}

impl Storage for MemoryJournal {
    fn head(&self) -> Result<u64, Fault> {
        let content = self.0.content.borrow();
        Ok(content.rows.last_key_value().map_or(0, |(position, _)| *position))
    }

    fn place(&self, id: &Id, link: &Link) -> Result<Option<u64>, Fault> {
        Self::count(&self.0.read, 1);
        let key = (link.correlation.clone(), id.clone(), link.version);
        Ok(self.0.content.borrow().links.get(&key).map(|(position, _)| *position))
    }

    fn commit(&self, write: &Write) -> Result<(), Fault> {
        if self.0.fail_next.take() {
            return Err(Fault::Unavailable("storage".into(), "the commit failed".to_owned()));
        }
        Self::count(&self.0.written, write.rows.len() + write.links.len());
        let mut content = self.0.content.borrow_mut();
        for Stored { position, appends } in &write.rows {
            let before = content.rows.insert(*position, appends.clone());
            assert_eq!(before, None, "two rows at one position");
        }
        for Placed { id, link, position, is_claimed } in &write.links {
            let key = (link.correlation.clone(), id.clone(), link.version);
            content.links.insert(key, (*position, *is_claimed));
        }
        Ok(())
    }

    fn rows(&self, after: u64, limit: usize, bytes: usize) -> Result<Vec<Stored>, Fault> {
        let (content, mut room) = (self.0.content.borrow(), bytes);
        let mut found = Vec::new();
        for (position, appends) in content.rows.range(after + 1..).take(limit) {
            if room == 0 && !found.is_empty() {
                break;
            }
            room = room.saturating_sub(appends.len());
            found.push(Stored { position: *position, appends: appends.clone() });
        }
        Self::count(&self.0.read, found.len());
        Ok(found)
    }

    fn caused(&self, correlation: &Id, limit: usize) -> Result<Vec<Placed>, Fault> {
        let content = self.0.content.borrow();
        let of = content.links.iter().filter(|((of, ..), _)| of == correlation);
        let place = |((correlation, id, version), at): (&(Id, Id, u64), &(u64, bool))| Placed {
            id: id.clone(),
            link: Link { version: *version, correlation: correlation.clone() },
            position: at.0,
            is_claimed: at.1,
        };
        let mut placed: Vec<_> = of.map(place).collect();
        placed.sort_by_key(|placed| (placed.is_claimed, placed.position));
        placed.truncate(limit);
        Ok(placed)
    }
}
