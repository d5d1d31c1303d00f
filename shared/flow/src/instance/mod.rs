//! One aggregate instance: the steps of the flow over a [`Storage`] port.
//!
//! | room | what it does |
//! |---|---|
//! | `reached` | recently folded states, for readers that go on from there |
//! | `cursor` | how far the events of the stream have arrived at their destinations |
//! | `outbox` | gives messages for the bus, and counts what has arrived |
//! | `row` | makes the row that others see |
//! | `journalled` | what the journal has, and a call to it |
//! | `journal` | tells the journal what is new, and finds out what it has |
//! | `draft` | the draft of a transaction |
//! | `patience` | how long a caller waits for what follows |
//! | `command` | decides commands, one or many, and answers them |
//! | `queued` | takes commands that come by a queue |
//! | `held` | keeps holds of destinations that fail, and tries them again |
//! | `inbox` | takes deliveries, receipts and deadlines |
//! | `look` | shows the state, now or then, and the stream |
//!
//! Everything here is synchronous: a method reads, decides and commits without another call in between. The state is
//! cached between calls. Work takes it out of the cache and puts it back after the commit, so a failed commit or a
//! panic leaves no cache at all, and the next call folds the stored events again.

mod reached;
mod cursor;
mod outbox;
mod row;
mod journalled;
mod journal;
mod draft;
mod patience;
mod command;
mod queued;
mod held;
mod inbox;
mod look;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use edgefold_kernel::{Envelope, Failure, Fault, Id, StreamId, Timestamp, Version, limits};

pub use command::Wanted;
pub use held::Due;
pub use inbox::Received;
pub use journalled::Sending;
pub use look::{When, unknown};

use crate::{
    Catalogue, Hooks, Participant, Stamp,
    append::storage::{Cursors, Head, Slice, Snapshot, Storage, Write},
    decide::{Outcome, day, days_alive, end_of, panicked},
    journal::Partitions,
    pace::Pace,
    participant::{Run, run, run::State},
};
use cursor::Cursor;
use draft::Draft;
use journalled::Journalled;
use outbox::Fresh;
use patience::Patience;
use reached::Reached;

/// Milliseconds after midnight within which expired outcomes are deleted (1 h).
const PRUNE_WITHIN_MS: i64 = 60 * 60 * 1000;

/// One instance of an aggregate, over its storage.
pub struct Instance<S> {
    run: &'static dyn Run,
    stream: StreamId,
    storage: S,
    catalogue: Catalogue,
    /// The partition that the stream begins in, if it has not begun.
    begins_in: u16,
    cache: RefCell<Option<Loaded>>,
    appended: RefCell<Vec<Envelope>>,
    /// Events that were just appended. They usually go out at once and need not be read again.
    fresh: RefCell<VecDeque<Fresh>>,
    reached: RefCell<Reached>,
    /// End of the first day on which outcomes expire, once that is known.
    expiry: Cell<Option<Option<Timestamp>>>,
    patience: Patience,
}

struct Loaded {
    state: State,
    head: Head,
    /// Version of the last snapshot, or of the last state that was too large for one; 0 when there is none that this code
    /// can use.
    snapshot: Version,
    /// The cursor of the bus.
    bus: Cursor,
    /// What the journal has.
    journal: Journalled,
    /// The partition of the journal that the stream belongs to.
    partition: u16,
    /// Instant of the first event, if it is known.
    began: Option<Timestamp>,
}

impl Loaded {
    /// The stream that nothing was appended to.
    fn empty(run: &dyn Run) -> Self {
        Self {
            state: run.empty(),
            head: Head::default(),
            snapshot: 0,
            bus: Cursor::stored(0, 0),
            journal: Journalled::stored(&Cursors::default()),
            partition: 0,
            began: None,
        }
    }
}

impl<S: Storage> Instance<S> {
    /// The instance of this aggregate with this id, over its own storage. Reads nothing yet.
    pub fn new(run: &'static dyn Run, id: Id, storage: S) -> Self {
        let stream = StreamId::new(run.facts().aggregate_type, id);
        Self {
            run,
            stream,
            storage,
            catalogue: Catalogue { entries: &[], projections: &[], hooks: Hooks::NONE, roles: &[] },
            begins_in: 0,
            cache: RefCell::new(None),
            appended: RefCell::default(),
            fresh: RefCell::default(),
            reached: RefCell::default(),
            expiry: Cell::default(),
            patience: Patience::default(),
        }
    }

    /// The instance of the aggregate `A` with this id.
    pub fn of<A: Participant>(id: Id, storage: S) -> Self {
        Self::new(run::<A>(), id, storage)
    }

    /// The same instance with these delivery rules; without any, nobody wants its events.
    #[must_use]
    pub fn routed(self, catalogue: &Catalogue) -> Self {
        Self { catalogue: *catalogue, ..self }
    }

    /// The same instance where journals have these partitions; without any setting, each has one.
    #[must_use]
    pub fn partitioned(self, partitions: &Partitions) -> Self {
        Self { begins_in: partitions.begins(self.run.facts().aggregate_type, self.id()), ..self }
    }

    /// The same instance where others of its aggregate know these times of answers; without any, it knows only its own.
    #[must_use]
    pub fn paced(self, pace: Rc<RefCell<Pace>>) -> Self {
        Self { patience: Patience::of(pace), ..self }
    }

    /// Identifier of the instance.
    pub fn id(&self) -> &Id {
        &self.stream.aggregate_id
    }

    /// Its stream.
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// The high-water mark of a source.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn mark(&self, source: &StreamId) -> Result<Version, Fault> {
        self.storage.mark(source)
    }

    /// Instant at which something is due that waits for time to pass: a deadline, a repeat of what nobody answered for, a call to
    /// the journal, a hold, the end of outcomes. It follows from what is stored. `bound`: milliseconds until the first repeat.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn next_due(&self, bound: i64, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        let due = [
            self.deadline()?,
            self.next_again(bound, now)?,
            self.next_to_journal(bound, now)?,
            self.storage.next_hold()?,
            self.next_expiry(now)?,
        ];
        Ok(due.into_iter().flatten().min())
    }

    /// The storage that it works on.
    pub fn storage(&self) -> &S {
        &self.storage
    }

    /// Where it stands.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn head(&self) -> Result<Head, Fault> {
        self.read(|loaded| {
            let (journalled, published) = loaded.journal.cursor();
            let cursors = Cursors { confirmed: loaded.bus.at, journalled, published };
            Head { cursors, ..loaded.head }
        })
    }

    /// The partition of the journal that the stream belongs to: it began there, or would begin there now.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn partition(&self) -> Result<u16, Fault> {
        self.read(|loaded| loaded.partition)
    }

    /// The events that were appended since the last call, for those who watch. Only once.
    pub fn take_appended(&self) -> Vec<Envelope> {
        self.appended.take()
    }

    /// Stores a snapshot when the last one is further behind than the aggregate wants. Meant for after the answer.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn take_snapshot(&self) -> Result<(), Fault> {
        self.change(|loaded| {
            let version = loaded.head.version;
            let behind = version.saturating_sub(loaded.snapshot);
            if self.run.facts().snapshot_every > 0 && behind >= self.run.facts().snapshot_every {
                self.store_snapshot(&loaded.state, version, limits::SNAPSHOT_BYTES)?;
                loaded.snapshot = version;
            }
            Ok(())
        })?
    }

    /// Stores a state as a snapshot, if it has at most `room` bytes. Returns its bytes if it was stored.
    fn store_snapshot(
        &self,
        state: &State,
        version: Version,
        room: usize,
    ) -> Result<Option<usize>, Fault> {
        let state = self.run.text(state).map_err(|error| Fault::Defect(error.to_string()))?;
        let bytes = state.len();
        if bytes > room.min(limits::SNAPSHOT_BYTES) {
            return Ok(None);
        }
        let state_version = self.run.facts().state_version;
        self.storage.set_snapshot(&Snapshot { version, state_version, state })?;
        Ok(Some(bytes))
    }

    /// Deletes the outcomes that expired before the day of `now`. Returns the end of the first day on which others
    /// expire: until then there is nothing more to delete. `None` if there are no others that are rows of their own.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn prune(&self, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        let first = self.storage.prune(day(now))?.map(end_of);
        self.expiry.set(Some(first));
        Ok(first)
    }

    /// Instant at which outcomes are to be deleted: within the hour after the end of the first day on which some expire. Not
    /// all instances do it at once.
    fn next_expiry(&self, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        let first = match self.expiry.get() {
            Some(first) => first,
            None => self.prune(now)?,
        };
        Ok(first.map(|end| end.plus_millis(self.spread(PRUNE_WITHIN_MS))))
    }

    /// A number below `most` that follows from the id: what many instances would do at once is spread by it.
    fn spread(&self, most: i64) -> i64 {
        let sum = |sum: i64, byte: u8| (sum * 31 + i64::from(byte)) % most;
        self.id().as_str().bytes().fold(0, sum)
    }

    /// The records of these commands that have not expired. An expired one of the same id may lie beside them, under
    /// another day.
    fn known(&self, command_ids: &[&Id], now: Timestamp) -> Result<BTreeMap<Id, Outcome>, Fault> {
        let found =
            self.storage.outcomes(days_alive(now, self.run.facts().outcome_ttl_ms), command_ids)?;
        let mut alive: Vec<_> =
            found.into_iter().filter(|outcome| outcome.expires_at > now).collect();
        // Of two of one command the later one counts: it had failed before.
        alive.sort_by_key(|outcome| outcome.expires_at);
        Ok(alive.into_iter().map(|outcome| (outcome.command_id.clone(), outcome)).collect())
    }

    /// The record of a command that has not expired.
    fn known_one(&self, command_id: &Id, now: Timestamp) -> Result<Option<Outcome>, Fault> {
        Ok(self.known(&[command_id], now)?.into_values().next())
    }

    fn read<T>(&self, look: impl FnOnce(&Loaded) -> T) -> Result<T, Fault> {
        self.change(|loaded| look(loaded))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Loaded) -> T) -> Result<T, Fault> {
        let mut loaded = self.take()?;
        let seen = change(&mut loaded);
        self.cache.replace(Some(loaded));
        Ok(seen)
    }

    fn take(&self) -> Result<Loaded, Fault> {
        match self.cache.take() {
            Some(loaded) => Ok(loaded),
            None => {
                catch_unwind(AssertUnwindSafe(|| self.load())).map_err(|panic| panicked(&*panic))?
            }
        }
    }

    fn load(&self) -> Result<Loaded, Fault> {
        let head = self.storage.head()?;
        let (state, snapshot) = self.fold(head.version)?;
        Ok(Loaded {
            state,
            head,
            snapshot,
            bus: Cursor::stored(head.cursors.confirmed, head.version),
            journal: Journalled::stored(&head.cursors),
            partition: self.storage.partition()?.unwrap_or(self.begins_in),
            began: None,
        })
    }

    /// The state at a version, and the version of the last snapshot that it began with or stored.
    fn fold(&self, through: Version) -> Result<(State, Version), Fault> {
        let (state, at) = self.snapshot_by(through)?;
        self.fold_on(state, at, through)
    }

    /// The latest snapshot at or below a version: its state and its version. Those that cannot be read are skipped; to skip
    /// all of them costs less than to fold the events between them, which follows then.
    fn snapshot_by(&self, mut through: Version) -> Result<(State, Version), Fault> {
        while let Some(snapshot) = self.storage.snapshot(self.run.facts().state_version, through)? {
            match self.run.read_state(&snapshot.state) {
                Ok(state) => return Ok((state, snapshot.version)),
                Err(_) if snapshot.version > 0 => through = snapshot.version - 1,
                Err(_) => break,
            }
        }
        Ok((self.run.empty(), 0))
    }

    /// The state at a version that comes after this one, and the version of the last snapshot that was stored on the way.
    /// A fold over more events than lie between two snapshots stores one at each multiple of
    /// [`SNAPSHOT_EVERY`](edgefold_kernel::Aggregate::SNAPSHOT_EVERY), so that the next fold is short. A snapshot that
    /// cannot be stored is not missed: this fold stores no more of them.
    fn fold_on(
        &self,
        mut state: State,
        mut at: Version,
        through: Version,
    ) -> Result<(State, Version), Fault> {
        let (every, mut snapshot) = (self.run.facts().snapshot_every, at);
        let is_long = every > 0 && through.saturating_sub(at) > every;
        let mut room = if is_long { limits::FOLD_SNAPSHOTS_BYTES } else { 0 };
        while at < through {
            let page = self.storage.events(&Slice {
                through,
                limit: limits::PAGE_EVENTS,
                ..Slice::after(at)
            })?;
            for event in &page {
                if event.version != at + 1 {
                    break;
                }
                self.run.evolve(&mut state, &self.run.read_event(event)?, event.version);
                at = event.version;
                if room > 0 && at.is_multiple_of(every) {
                    match self.store_snapshot(&state, at, room) {
                        Ok(Some(bytes)) => (room, snapshot) = (room - bytes, at),
                        Ok(None) | Err(_) => room = 0,
                    }
                }
            }
            if page.is_empty() || page.last().is_some_and(|last| last.version != at) {
                return Err(self.lacks(at + 1));
            }
        }
        Ok((state, snapshot))
    }

    fn lacks(&self, version: Version) -> Fault {
        Fault::Unreadable(format!(
            "{} {} has no version {version}",
            self.run.facts().aggregate_type,
            self.id()
        ))
    }

    /// Own events in their current schema versions. The stored events stay untouched.
    fn events(&self, slice: &Slice) -> Result<Vec<Envelope>, Fault> {
        self.storage.events(slice)?.into_iter().map(|event| self.run.lifted(event)).collect()
    }

    fn keep_fresh(&self, letters: Vec<Fresh>) {
        let mut fresh = self.fresh.borrow_mut();
        fresh.extend(letters);
        let mut room = limits::FRESH_BYTES;
        let fits = fresh.iter().rev().take(limits::FRESH_EVENTS).take_while(|one| {
            let left = room.checked_sub(one.text.len());
            room = left.unwrap_or_default();
            left.is_some()
        });
        let surplus = fresh.len() - fits.count();
        fresh.drain(..surplus);
    }

    /// Takes the state out of the cache, works on it, commits what was drafted, and puts it back. A panic is a fault of
    /// this one piece of work, and leaves nothing behind.
    fn work<T>(
        &self,
        stamp: &Stamp<'_>,
        steps: impl FnOnce(&mut Draft<'_, S>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let loaded = self.take()?;
        let before = loaded.head.version;
        let write = Write { partition: loaded.partition, ..Write::default() };
        let mut draft = Draft { instance: self, stamp, loaded, write, fresh: Vec::new() };
        let result = catch_unwind(AssertUnwindSafe(|| steps(&mut draft)))
            .map_err(|panic| panicked(&*panic))?;
        let Draft { mut loaded, write, fresh, .. } = draft;
        if result.is_err() {
            if loaded.head.version == before {
                self.cache.replace(Some(loaded));
            }
            return result;
        }
        if !write.is_empty() {
            self.storage.commit(&write)?;
        }
        if let Some(known) = self.expiry.get() {
            let bare = write.outcomes.iter().filter(|outcome| outcome.is_bare());
            let ends = bare.map(|outcome| end_of(outcome.day()));
            self.expiry.set(Some(known.into_iter().chain(ends).min()));
        }
        for Fresh { event, is_published, .. } in &fresh {
            loaded.bus.waits(event);
            loaded.journal.waits(event, *is_published);
            loaded.began = loaded.began.or_else(|| (event.version == 1).then_some(event.time));
        }
        self.look_for_answer(&loaded.state, stamp);
        self.keep_fresh(fresh);
        self.appended.borrow_mut().extend(write.events);
        self.cache.replace(Some(loaded));
        result
    }
}

fn derived(text: &str) -> Result<Id, Fault> {
    Id::parse(text).map_err(|said| Fault::Defect(format!("{text}: {said}")))
}
