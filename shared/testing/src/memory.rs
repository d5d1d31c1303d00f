//! The storage port in memory, with a switch that makes the next commit fail.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    rc::Rc,
};

use edgefold_flow::{
    append::storage::{Cursors, Head, Slice, Snapshot, Storage, Write},
    decide::Outcome,
};
use edgefold_kernel::{Envelope, Fault, Id, StreamId, Timestamp, Version};

/// Keeps one instance in memory. A clone is another handle on the same memory: it survives the instance that used it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage(Rc<Memory>);

#[derive(Debug, Default)]
struct Memory {
    events: RefCell<Vec<Envelope>>,
    /// By the day on which they expire, and the command.
    outcomes: RefCell<BTreeMap<(i64, Id), Outcome>>,
    marks: RefCell<BTreeMap<StreamId, Version>>,
    cursors: Cell<Cursors>,
    partition: Cell<Option<u16>>,
    addressed: RefCell<BTreeSet<(StreamId, Version)>>,
    holds: RefCell<BTreeMap<StreamId, (Timestamp, String)>>,
    /// By schema version and version.
    snapshots: RefCell<BTreeMap<(u32, Version), Snapshot>>,
    fail_next: Cell<bool>,
    fail_snapshots: Cell<bool>,
    read: Cell<usize>,
}

impl MemoryStorage {
    /// Makes the next commit fail, as a full or broken disk would.
    pub fn fail_next_commit(&self) {
        self.0.fail_next.set(true);
    }

    /// Makes every snapshot fail from now on.
    pub fn fail_snapshots(&self) {
        self.0.fail_snapshots.set(true);
    }

    /// Versions of the snapshots of this schema version, ascending.
    pub fn snapshots(&self, state_version: u32) -> Vec<Version> {
        let all = self.0.snapshots.borrow();
        all.keys().filter(|(of, _)| *of == state_version).map(|(_, version)| *version).collect()
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
        let events = self.0.events.borrow();
        let (version, time) =
            events.last().map_or_else(Default::default, |last| (last.version, last.time));
        Ok(Head { version, time, cursors: self.0.cursors.get() })
    }

    fn partition(&self) -> Result<Option<u16>, Fault> {
        Ok(self.0.partition.get())
    }

    fn events(&self, slice: &Slice) -> Result<Vec<Envelope>, Fault> {
        let mut bytes = 0;
        let fits = |event: &&Envelope| {
            let fits = bytes < slice.bytes;
            bytes = bytes.saturating_add(event.data.get().len());
            fits
        };
        let events = self.0.events.borrow();
        let after = events.partition_point(|event| event.version <= slice.after);
        let within = events.iter().skip(after).take_while(|event| event.version <= slice.through);
        let found: Vec<_> = within.take(slice.limit).take_while(fits).cloned().collect();
        self.0.read.set(self.0.read.get() + found.len());
        Ok(found)
    }

    fn outcomes(
        &self,
        days: RangeInclusive<i64>,
        command_ids: &[&Id],
    ) -> Result<Vec<Outcome>, Fault> {
        let outcomes = self.0.outcomes.borrow();
        let keys = days.flat_map(|day| command_ids.iter().map(move |id| (day, (*id).clone())));
        Ok(keys.filter_map(|key| outcomes.get(&key).cloned()).collect())
    }

    fn mark(&self, stream: &StreamId) -> Result<Version, Fault> {
        Ok(self.0.marks.borrow().get(stream).copied().unwrap_or(0))
    }

    fn commit(&self, write: &Write) -> Result<(), Fault> {
        let follows = write.events.first().is_none_or(|first| first.version == self.version() + 1);
        if self.0.fail_next.take() || !follows {
            return Err(Fault::Unavailable("storage".into(), "the commit failed".to_owned()));
        }
        self.0.partition.set(self.0.partition.get().or(Some(write.partition)));
        self.0.events.borrow_mut().extend(write.events.iter().cloned());
        self.0.addressed.borrow_mut().extend(write.addressed.iter().cloned());
        let key = |outcome: &Outcome| (outcome.day(), outcome.command_id.clone());
        let outcomes = write.outcomes.iter().map(|outcome| (key(outcome), outcome.clone()));
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

    fn set_cursors(&self, cursors: &Cursors) -> Result<(), Fault> {
        self.0.cursors.set(*cursors);
        Ok(())
    }

    fn hold(&self, to: &StreamId) -> Result<Option<String>, Fault> {
        Ok(self.0.holds.borrow().get(to).map(|(_, hold)| hold.clone()))
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

    fn set_hold(&self, to: &StreamId, kept: Option<(Timestamp, &str)>) -> Result<(), Fault> {
        let mut holds = self.0.holds.borrow_mut();
        match kept {
            Some((next, hold)) => drop(holds.insert(to.clone(), (next, hold.to_owned()))),
            None => drop(holds.remove(to)),
        }
        Ok(())
    }

    fn snapshot(&self, state_version: u32, through: Version) -> Result<Option<Snapshot>, Fault> {
        let snapshots = self.0.snapshots.borrow();
        let mut by = snapshots.range((state_version, 0)..=(state_version, through));
        Ok(by.next_back().map(|(_, snapshot)| snapshot.clone()))
    }

    fn set_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        if self.0.fail_snapshots.get() {
            return Err(Fault::Unavailable("storage".into(), "the snapshot failed".to_owned()));
        }
        let mut snapshots = self.0.snapshots.borrow_mut();
        *snapshots = snapshots.split_off(&(snapshot.state_version, 0));
        snapshots.insert((snapshot.state_version, snapshot.version), snapshot.clone());
        Ok(())
    }

    fn prune(&self, before: i64) -> Result<Option<i64>, Fault> {
        let mut outcomes = self.0.outcomes.borrow_mut();
        outcomes.retain(|(day, _), _| *day >= before);
        let bare = outcomes.iter().find(|(_, outcome)| outcome.is_bare());
        Ok(bare.map(|((day, _), _)| *day))
    }
}
