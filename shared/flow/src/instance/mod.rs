//! One aggregate instance: the steps of the flow over a [`Storage`] port.
//!
//! | room | what it does |
//! |---|---|
//! | `reached` | recently folded states, for readers that go on from there |
//! | `draft` | the draft of a transaction |
//! | `command` | decides commands, one or many, and answers them |
//! | `inbox` | takes foreign events, refusals and deadlines |
//! | `outbox` | gives letters for the bus, and counts the confirmed ones |
//! | `look` | shows the state, now or then, and the stream |
//!
//! Everything here is synchronous: a method reads, decides and commits without another call in between. The state is
//! cached between calls. Work takes it out of the cache and puts it back after the commit, so a failed commit or a
//! panic leaves no cache at all, and the next call folds the stored events again.

mod reached;
mod draft;
mod command;
mod inbox;
mod outbox;
mod look;

use std::{
    cell::RefCell,
    collections::{BTreeSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
};

use edgefold_kernel::{Envelope, Failure, Fault, Id, StreamId, Timestamp, Version, limits};

pub use inbox::Received;
pub use look::{When, unknown};

use crate::{
    Participant, Stamp,
    append::storage::{Head, Slice, Snapshot, Storage, Write},
    decide::panicked,
};
use draft::Draft;
use reached::Reached;

/// One instance of an aggregate, over its storage.
pub struct Instance<A: Participant, S> {
    stream: StreamId,
    storage: S,
    cache: RefCell<Option<Loaded<A::State>>>,
    appended: RefCell<Vec<Envelope>>,
    /// Letters of events that were just appended, with their versions. They usually go out at once and need not be made
    /// again; missing ones are made from the stored events.
    fresh: RefCell<VecDeque<(Version, String)>>,
    reached: RefCell<Reached>,
}

struct Loaded<T> {
    state: T,
    head: Head,
    /// Version of the stored snapshot; 0 when there is none that this code can use.
    snapshot: Version,
    /// Events up to here were handed to the bus since the instance was loaded. Not stored: after a restart everything
    /// that is not confirmed is handed over again.
    published: Version,
    /// The outbox cursor as it is stored; `head.confirmed` may be ahead of it.
    kept: Version,
    /// Confirmed events that do not follow the cursor yet.
    ahead: BTreeSet<Version>,
}

impl<A: Participant, S: Storage> Instance<A, S> {
    /// The instance of this id, over its own storage. Reads nothing yet.
    pub fn new(id: Id, storage: S) -> Self {
        let stream = StreamId::new(A::TYPE, id);
        Self {
            stream,
            storage,
            cache: RefCell::new(None),
            appended: RefCell::default(),
            fresh: RefCell::default(),
            reached: RefCell::default(),
        }
    }

    /// Identifier of the instance.
    pub fn id(&self) -> &Id {
        &self.stream.aggregate_id
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
        self.read(|loaded| loaded.head)
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
        let due = |loaded: &Loaded<A::State>| {
            let behind = loaded.head.version.saturating_sub(loaded.snapshot);
            (A::SNAPSHOT_EVERY > 0 && behind >= A::SNAPSHOT_EVERY).then(|| {
                serde_json::to_string(&loaded.state).map(|state| Snapshot {
                    version: loaded.head.version,
                    state_version: A::STATE_VERSION,
                    state,
                })
            })
        };
        let Some(snapshot) =
            self.read(due)?.transpose().map_err(|error| Fault::Defect(error.to_string()))?
        else {
            return Ok(());
        };
        self.storage.set_snapshot(&snapshot)?;
        self.change(|loaded| loaded.snapshot = snapshot.version)
    }

    /// Deletes outcomes that have expired, and the oldest above [`limits::OUTCOMES`]. Returns the instant at which the
    /// next one expires.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn prune(&self, now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        self.storage.prune(now, limits::OUTCOMES)
    }

    fn read<T>(&self, look: impl FnOnce(&Loaded<A::State>) -> T) -> Result<T, Fault> {
        self.change(|loaded| look(loaded))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Loaded<A::State>) -> T) -> Result<T, Fault> {
        let mut loaded = self.take()?;
        let seen = change(&mut loaded);
        self.cache.replace(Some(loaded));
        Ok(seen)
    }

    fn take(&self) -> Result<Loaded<A::State>, Fault> {
        match self.cache.take() {
            Some(loaded) => Ok(loaded),
            None => {
                catch_unwind(AssertUnwindSafe(|| self.load())).map_err(|panic| panicked(&*panic))?
            }
        }
    }

    fn load(&self) -> Result<Loaded<A::State>, Fault> {
        let head = self.storage.head()?;
        let (state, snapshot) = self.fold(head.version)?;
        Ok(Loaded {
            state,
            head,
            snapshot,
            published: head.confirmed,
            kept: head.confirmed,
            ahead: BTreeSet::new(),
        })
    }

    /// The state at a version, and the version of the snapshot that it could begin with. A snapshot of another schema
    /// version, or one that cannot be read, is as good as none.
    fn fold(&self, through: Version) -> Result<(A::State, Version), Fault> {
        let usable = |snapshot: &Snapshot| {
            snapshot.version <= through && snapshot.state_version == A::STATE_VERSION
        };
        let snapshot = self.storage.snapshot()?.filter(usable);
        let read = |snapshot: Snapshot| {
            Some((serde_json::from_str(&snapshot.state).ok()?, snapshot.version))
        };
        let (state, snapshot): (A::State, Version) = snapshot.and_then(read).unwrap_or_default();
        Ok((self.fold_on(state, snapshot, through)?, snapshot))
    }

    /// The state at a version that comes after this one.
    fn fold_on(
        &self,
        mut state: A::State,
        mut at: Version,
        through: Version,
    ) -> Result<A::State, Fault> {
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
                A::evolve(&mut state, &event.read()?);
                at = event.version;
            }
            if page.is_empty() || page.last().is_some_and(|last| last.version != at) {
                return Err(Fault::Unreadable(format!(
                    "{} {} has no version {}",
                    A::TYPE,
                    self.id(),
                    at + 1
                )));
            }
        }
        Ok(state)
    }

    /// Own events in their current schema versions. The stored events stay untouched.
    fn events(&self, slice: &Slice<'_>) -> Result<Vec<Envelope>, Fault> {
        self.storage.events(slice)?.into_iter().map(Envelope::lifted::<A::Event>).collect()
    }

    fn keep_fresh(&self, events: &[Envelope], letters: Vec<String>) {
        let mut fresh = self.fresh.borrow_mut();
        fresh.extend(events.iter().map(|event| event.version).zip(letters));
        let surplus = fresh.len().saturating_sub(limits::FRESH_LETTERS);
        fresh.drain(..surplus);
    }

    /// Takes the state out of the cache, works on it, commits what was drafted, and puts it back. A panic is a fault of
    /// this one piece of work, and leaves nothing behind.
    fn work<T>(
        &self,
        stamp: &Stamp<'_>,
        steps: impl FnOnce(&mut Draft<'_, A, S>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let loaded = self.take()?;
        let before = loaded.head.version;
        let mut draft =
            Draft { instance: self, stamp, loaded, write: Write::default(), letters: Vec::new() };
        let result = catch_unwind(AssertUnwindSafe(|| steps(&mut draft)))
            .map_err(|panic| panicked(&*panic))?;
        let Draft { loaded, write, letters, .. } = draft;
        if result.is_err() {
            if loaded.head.version == before {
                self.cache.replace(Some(loaded));
            }
            return result;
        }
        if !write.is_empty() {
            self.storage.commit(&write)?;
        }
        self.keep_fresh(&write.events, letters);
        self.appended.borrow_mut().extend(write.events);
        self.cache.replace(Some(loaded));
        result
    }
}

fn derived(text: &str) -> Result<Id, Fault> {
    Id::parse(text).map_err(|said| Fault::Defect(format!("{text}: {said}")))
}
