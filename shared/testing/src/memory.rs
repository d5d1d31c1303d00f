//! The storage port in memory, with a switch that makes the next commit fail.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
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
    cursors: Cell<(Version, Version)>,
    addressed: RefCell<BTreeSet<(StreamId, Version)>>,
    holds: RefCell<BTreeMap<Option<StreamId>, (Timestamp, String)>>,
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
        let (confirmed, journalled) = self.0.cursors.get();
        Ok(Head { version: self.version(), confirmed, journalled })
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
            return Err(Fault::Unavailable("storage".into(), "the commit failed".to_owned()));
        }
        self.0.events.borrow_mut().extend(write.events.iter().cloned());
        self.0.addressed.borrow_mut().extend(write.addressed.iter().cloned());
        let outcomes =
            write.outcomes.iter().map(|outcome| (outcome.command_id.clone(), outcome.clone()));
        self.0.outcomes.borrow_mut().extend(outcomes);
        self.0.marks.borrow_mut().extend(write.marks.iter().cloned());
        Ok(())
    }

    fn addressed(
        &self,
        to: &StreamId,
        after: Version,
        through: Version,
        limit: usize,
    ) -> Result<Vec<Version>, Fault> {
        let addressed = self.0.addressed.borrow();
        let range = (to.clone(), after.saturating_add(1))..=(to.clone(), through);
        if after >= through {
            return Ok(Vec::new());
        }
        Ok(addressed.range(range).map(|(_, version)| *version).take(limit).collect())
    }

    fn last_addressed(&self, to: &StreamId, through: Version) -> Result<Version, Fault> {
        let addressed = self.0.addressed.borrow();
        let range = (to.clone(), 0)..=(to.clone(), through);
        Ok(addressed.range(range).next_back().map_or(0, |(_, version)| *version))
    }

    fn set_cursors(&self, confirmed: Version, journalled: Version) -> Result<(), Fault> {
        self.0.cursors.set((confirmed, journalled));
        Ok(())
    }

    fn hold(&self, to: Option<&StreamId>) -> Result<Option<String>, Fault> {
        Ok(self.0.holds.borrow().get(&to.cloned()).map(|(_, hold)| hold.clone()))
    }

    fn holds(&self, by: Timestamp, limit: usize) -> Result<Vec<String>, Fault> {
        let holds = self.0.holds.borrow();
        let mut due: Vec<_> = holds.values().filter(|(next, _)| *next <= by).collect();
        due.sort();
        Ok(due.into_iter().take(limit).map(|(_, hold)| hold.clone()).collect())
    }

    fn next_hold(&self) -> Result<Option<Timestamp>, Fault> {
        Ok(self.0.holds.borrow().values().map(|(next, _)| *next).min())
    }

    fn set_hold(
        &self,
        to: Option<&StreamId>,
        kept: Option<(Timestamp, &str)>,
    ) -> Result<(), Fault> {
        let mut holds = self.0.holds.borrow_mut();
        match kept {
            Some((next, hold)) => drop(holds.insert(to.cloned(), (next, hold.to_owned()))),
            None => drop(holds.remove(&to.cloned())),
        }
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
