//! The storage port in memory, with a switch that makes the next commit fail.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use edgefold_flow::{
    append::storage::{Head, Slice, Snapshot, Storage, Write},
    decide::Outcome,
};
use edgefold_kernel::{Envelope, Fault, Id, StreamId, Timestamp, Version};

/// Keeps one instance in memory. A clone is another handle on the same memory: it survives the instance that used it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage(Rc<Memory>);

#[derive(Debug, Default)]
struct Memory {
    events: RefCell<Vec<Envelope>>,
    outcomes: RefCell<BTreeMap<Id, Outcome>>,
    marks: RefCell<BTreeMap<StreamId, Version>>,
    confirmed: Cell<Version>,
    snapshot: RefCell<Option<Snapshot>>,
    fail_next: Cell<bool>,
    read: Cell<usize>,
}

impl MemoryStorage {
    /// Makes the next commit fail, as a full or broken disk would.
    pub fn fail_next_commit(&self) {
        self.0.fail_next.set(true);
    }

    /// Number of own events that were read so far.
    pub fn events_read(&self) -> usize {
        self.0.read.get()
    }

    fn version(&self) -> Version {
        self.0.events.borrow().last().map_or(0, |event| event.version)
    }
}

impl Storage for MemoryStorage {
    fn head(&self) -> Result<Head, Fault> {
        Ok(Head { version: self.version(), confirmed: self.0.confirmed.get() })
    }

    fn events(&self, slice: &Slice<'_>) -> Result<Vec<Envelope>, Fault> {
        let wanted = |event: &&Envelope| {
            event.version > slice.after
                && event.version <= slice.through
                && (slice.types.is_empty() || slice.types.contains(&event.event_type.as_str()))
        };
        let mut bytes = 0;
        let fits = |event: &&Envelope| {
            let fits = bytes < slice.bytes;
            bytes = bytes.saturating_add(event.data.get().len());
            fits
        };
        let events = self.0.events.borrow();
        let found: Vec<_> =
            events.iter().filter(wanted).take(slice.limit).take_while(fits).cloned().collect();
        self.0.read.set(self.0.read.get() + found.len());
        Ok(found)
    }

    fn outcome(&self, command_id: &Id) -> Result<Option<Outcome>, Fault> {
        Ok(self.0.outcomes.borrow().get(command_id).cloned())
    }

    fn mark(&self, stream: &StreamId) -> Result<Version, Fault> {
        Ok(self.0.marks.borrow().get(stream).copied().unwrap_or(0))
    }

    fn commit(&self, write: &Write) -> Result<(), Fault> {
        let follows = write.events.first().is_none_or(|first| first.version == self.version() + 1);
        if self.0.fail_next.take() || !follows {
            return Err(Fault::Unavailable("storage", "the commit failed".to_owned()));
        }
        self.0.events.borrow_mut().extend(write.events.iter().cloned());
        let outcomes =
            write.outcomes.iter().map(|outcome| (outcome.command_id.clone(), outcome.clone()));
        self.0.outcomes.borrow_mut().extend(outcomes);
        self.0.marks.borrow_mut().extend(write.marks.iter().cloned());
        Ok(())
    }

    fn set_confirmed(&self, through: Version) -> Result<(), Fault> {
        self.0.confirmed.set(through);
        Ok(())
    }

    fn version_at(&self, at: Timestamp) -> Result<Version, Fault> {
        let events = self.0.events.borrow();
        Ok(events.iter().rev().find(|event| event.time <= at).map_or(0, |event| event.version))
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, Fault> {
        Ok(self.0.snapshot.borrow().clone())
    }

    fn set_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        self.0.snapshot.replace(Some(snapshot.clone()));
        Ok(())
    }

    fn prune(&self, now: Timestamp, keep: usize) -> Result<Option<Timestamp>, Fault> {
        let mut outcomes = self.0.outcomes.borrow_mut();
        outcomes.retain(|_, outcome| outcome.expires_at > now);
        let mut oldest: Vec<_> = outcomes
            .values()
            .map(|outcome| (outcome.expires_at, outcome.command_id.clone()))
            .collect();
        oldest.sort();
        for (_, command_id) in oldest.iter().take(oldest.len().saturating_sub(keep)) {
            outcomes.remove(command_id);
        }
        Ok(outcomes.values().map(|outcome| outcome.expires_at).min())
    }
}
