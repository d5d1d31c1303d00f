//! The storage port in memory, with a switch that makes the next commit fail.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::RangeInclusive,
    rc::Rc,
};

use edgefold_flow::{
    append::storage::{Head, Slice, Storage, Write},
    decide::Outcome,
};
use edgefold_kernel::{Envelope, Fault, ForeignStream, Id, Snapshot, StreamId, Version};

/// Keeps one instance in memory. A clone is another handle on the same memory: it survives the instance that used it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage(Rc<Memory>);

#[derive(Debug, Default)]
struct Memory {
    events: RefCell<Vec<Envelope>>,
    /// By the day on which they expire, and the command.
    outcomes: RefCell<BTreeMap<(i64, Id), Outcome>>,
    marks: RefCell<BTreeMap<StreamId, Version>>,
    remembered: RefCell<BTreeMap<StreamId, ForeignStream>>,
    confirmed: Cell<Version>,
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
        Ok(Head { version, confirmed: self.0.confirmed.get(), time })
    }

    fn events(&self, slice: &Slice<'_>) -> Result<Vec<Envelope>, Fault> {
        let wanted = |event: &&Envelope| {
            slice.types.is_empty() || slice.types.contains(&event.event_type.as_str())
        };
        let mut bytes = 0;
        let fits = |event: &&Envelope| {
            let fits = bytes < slice.bytes;
            bytes = bytes.saturating_add(event.data.get().len());
            fits
        };
        let events = self.0.events.borrow();
        let after = events.partition_point(|event| event.version <= slice.after);
        let within = events.iter().skip(after).take_while(|event| event.version <= slice.through);
        let found: Vec<_> =
            within.filter(wanted).take(slice.limit).take_while(fits).cloned().collect();
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

    fn sources(&self) -> Result<Vec<StreamId>, Fault> {
        Ok(self.0.marks.borrow().keys().cloned().collect())
    }

    fn remembered(&self, stream: &StreamId) -> Result<ForeignStream, Fault> {
        Ok(self.0.remembered.borrow().get(stream).cloned().unwrap_or_default())
    }

    fn remembered_count(&self, stream: &StreamId) -> Result<u64, Fault> {
        Ok(self.remembered(stream)?.events.len() as u64)
    }

    fn foreign_snapshots(&self) -> Result<Vec<(StreamId, u32)>, Fault> {
        let version = |(stream, kept): (&StreamId, &ForeignStream)| {
            Some((stream.clone(), kept.snapshot.as_ref()?.state_version))
        };
        Ok(self.0.remembered.borrow().iter().filter_map(version).collect())
    }

    fn commit(&self, write: &Write) -> Result<(), Fault> {
        let follows = write.events.first().is_none_or(|first| first.version == self.version() + 1);
        if self.0.fail_next.take() || !follows {
            return Err(Fault::Unavailable("storage", "the commit failed".to_owned()));
        }
        self.0.events.borrow_mut().extend(write.events.iter().cloned());
        let key = |outcome: &Outcome| (outcome.day(), outcome.command_id.clone());
        let outcomes = write.outcomes.iter().map(|outcome| (key(outcome), outcome.clone()));
        self.0.outcomes.borrow_mut().extend(outcomes);
        self.0.marks.borrow_mut().extend(write.marks.iter().cloned());
        let mut remembered = self.0.remembered.borrow_mut();
        remembered.retain(|stream, _| !write.forget.contains(stream));
        for event in &write.remember {
            remembered.entry(event.stream.clone()).or_default().events.push(event.clone());
        }
        for (stream, snapshot) in &write.snapshots {
            let kept = remembered.entry(stream.clone()).or_default();
            kept.events.retain(|event| event.version > snapshot.version);
            kept.snapshot = Some(snapshot.clone());
        }
        Ok(())
    }

    fn set_confirmed(&self, through: Version) -> Result<(), Fault> {
        self.0.confirmed.set(through);
        Ok(())
    }

    fn snapshot(&self, state_version: u32, through: Version) -> Result<Option<Snapshot>, Fault> {
        let snapshots = self.0.snapshots.borrow();
        let mut by = snapshots.range((state_version, 0)..=(state_version, through));
        Ok(by.next_back().map(|(_, snapshot)| snapshot.clone()))
    }

    fn set_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        if self.0.fail_snapshots.get() {
            return Err(Fault::Unavailable("storage", "the snapshot failed".to_owned()));
        }
        let mut snapshots = self.0.snapshots.borrow_mut();
        *snapshots = snapshots.split_off(&(snapshot.state_version, 0));
        snapshots.insert((snapshot.state_version, snapshot.version), snapshot.clone());
        Ok(())
    }

    fn prune(&self, before: i64) -> Result<Option<i64>, Fault> {
        let mut outcomes = self.0.outcomes.borrow_mut();
        outcomes.retain(|(day, _), _| *day >= before);
        Ok(outcomes.keys().next().map(|(day, _)| *day))
    }
}
