//! Keeps the copies of foreign streams within bounds, and replaces them by copies that were read again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use edgefold_kernel::{
    Envelope, Failure, Fault, ForeignStream, Snapshot, StreamId, Version, limits,
};

use super::Instance;
use crate::{
    Participant, Stamp,
    append::storage::{Storage, Write},
    decide::panicked,
    participant::Remembered,
    receive::Delivery,
};

impl<A: Participant, S: Storage> Instance<A, S> {
    /// Folds the copy of a foreign stream into a snapshot, when there are
    /// [`FOREIGN_SNAPSHOT_EVERY`](Participant::FOREIGN_SNAPSHOT_EVERY) events or more. They are counted once in that
    /// many versions of the stream: so there are fewer than twice as many single events, and those of one delivery. A
    /// copy that cannot be folded stays as it is.
    ///
    /// # Errors
    /// Fails if a fold panics, an event cannot be read, or storage fails.
    pub fn compact(&self) -> Result<(), Fault> {
        let mut result = Ok(());
        for stream in self.due.take() {
            result = result.and(self.compact_stream(stream));
        }
        result
    }

    fn compact_stream(&self, stream: StreamId) -> Result<(), Fault> {
        if self.storage.remembered_count(&stream)? < A::FOREIGN_SNAPSHOT_EVERY {
            return Ok(());
        }
        match folded::<A>(&stream, &self.storage.remembered(&stream)?)? {
            Some(snapshot) => self
                .storage
                .commit(&Write { snapshots: vec![(stream, snapshot)], ..Write::default() }),
            None => Ok(()),
        }
    }

    /// Notes that events of a foreign stream were received, from one version to another.
    pub(super) fn came(&self, source: &StreamId, from: Version, to: Version) {
        let round = |version: Version| version.checked_div(A::FOREIGN_SNAPSHOT_EVERY);
        if round(from) < round(to) && kept::<A>(source).is_some() {
            self.due.borrow_mut().insert(source.clone());
        }
    }

    /// Foreign streams that this instance keeps a copy of.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn remembered_streams(&self) -> Result<Vec<StreamId>, Fault> {
        Ok(self
            .storage
            .sources()?
            .into_iter()
            .filter(|stream| kept::<A>(stream).is_some())
            .collect())
    }

    /// Foreign streams of which there is a snapshot that this code cannot use: one of another schema version. The events
    /// before it are gone, so they are to be read again from their source. Empty in all but the first moments of an
    /// instance, and nearly always then.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn stale(&self) -> Result<Vec<StreamId>, Fault> {
        if A::REMEMBERS.is_empty() || self.none_stale.get() {
            return Ok(Vec::new());
        }
        let is_stale = |(stream, version): &(StreamId, u32)| {
            kept::<A>(stream).is_some_and(|kept| kept.state_version != *version)
        };
        let snapshots = self.storage.foreign_snapshots()?;
        let stale: Vec<_> = snapshots.into_iter().filter(is_stale).collect();
        // Snapshots that are taken from now on have this code's version.
        self.none_stale.set(stale.is_empty());
        Ok(stale.into_iter().map(|(stream, _)| stream).collect())
    }

    /// Replaces the copies of foreign streams by whole ones from their sources. The instance does not react to them,
    /// and the high-water marks stay where they are. Returns the number of remembered events, those in a snapshot
    /// included.
    ///
    /// # Errors
    /// A fault when a copy ends before the high-water mark, or storage fails; then nothing has changed.
    pub fn replace_remembered(
        &self,
        copies: &[Delivery],
        stamp: &Stamp<'_>,
    ) -> Result<usize, Failure> {
        self.work(stamp, |draft| {
            let mut count = 0;
            for copy in copies {
                let source = copy.source();
                let mark = self.storage.mark(&source)?;
                if copy.spans.last().map_or(0, |last| last.through) < mark {
                    let said = format!("it has no version {mark} yet");
                    return Err(Fault::Unavailable("the source".into(), said).into());
                }
                let events = copy.spans.iter().flat_map(|span| &span.events);
                let events = events.filter(|event| event.version <= mark && keeps::<A>(event));
                let all = ForeignStream { snapshot: None, events: events.cloned().collect() };
                let every = A::FOREIGN_SNAPSHOT_EVERY;
                let is_much = every > 0 && all.events.len() as Version >= every;
                count += all.events.len();
                draft.write.forget.push(source.clone());
                match is_much.then(|| folded::<A>(&source, &all)) {
                    Some(Ok(Some(snapshot))) => draft.write.snapshots.push((source, snapshot)),
                    // Too few, or not foldable: the decision that needs them reports the fault.
                    _ => draft.write.remember.extend(all.events),
                }
            }
            Ok(count)
        })
    }
}

/// The rule by which this aggregate remembers a foreign stream, if there is one.
fn kept<A: Participant>(stream: &StreamId) -> Option<&'static Remembered> {
    A::REMEMBERS.iter().find(|kept| kept.source == stream.aggregate_type)
}

/// True if this aggregate remembers the foreign event.
pub(super) fn keeps<A: Participant>(event: &Envelope) -> bool {
    let of_source = A::REMEMBERS.iter().filter(|kept| kept.source == event.stream.aggregate_type);
    of_source.flat_map(|kept| kept.events).any(|kept| *kept == event.event_type)
}

/// The copy as one snapshot. `None` if it is too large to store: then the events stay.
fn folded<A: Participant>(
    stream: &StreamId,
    remembered: &ForeignStream,
) -> Result<Option<Snapshot>, Fault> {
    let Some(kept) = kept::<A>(stream) else { return Ok(None) };
    let fold = || (kept.fold)(remembered);
    let snapshot = catch_unwind(AssertUnwindSafe(fold)).map_err(|panic| panicked(&*panic))??;
    Ok(snapshot.filter(|snapshot| snapshot.state.len() <= limits::SNAPSHOT_BYTES))
}
