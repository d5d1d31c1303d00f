//! Gives letters for the bus, and counts the confirmed ones.

use edgefold_kernel::{Fault, Timestamp, Version, limits};

use super::Instance;
use crate::{
    Participant,
    append::storage::{Slice, Storage},
    publish::{Batch, Letter},
};

impl<A: Participant, S: Storage> Instance<A, S> {
    /// The next letters for the bus, as many as one call of the queue takes. Empty when everything was published.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn outbox(&self) -> Result<Batch, Fault> {
        let (published, version) = self.read(|loaded| (loaded.published, loaded.head.version))?;
        let mut batch = Batch::default();
        if published == version {
            return Ok(batch);
        }
        let fresh = self.fresh.borrow();
        let next = fresh.iter().skip_while(|(version, _)| *version <= published);
        for ((version, text), expected) in next.zip(published + 1..) {
            if *version != expected || !batch.add(*version, text.as_str()) {
                break;
            }
        }
        if batch.through > 0 { Ok(batch) } else { self.letters(published, Timestamp::MAX) }
    }

    /// Letters to send again: of the oldest events after this version that were decided by this instant and are not
    /// confirmed, as many as one call of the queue takes. Empty when there are none.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn overdue(&self, after: Version, by: Timestamp) -> Result<Batch, Fault> {
        let head = self.head()?;
        let after = after.max(head.confirmed);
        if after >= head.version { Ok(Batch::default()) } else { self.letters(after, by) }
    }

    fn letters(&self, after: Version, by: Timestamp) -> Result<Batch, Fault> {
        let arrived = self.read(|loaded| loaded.ahead.clone())?;
        let mut batch = Batch::default();
        let slice = Slice { limit: limits::QUEUE_BATCH_MESSAGES, ..Slice::after(after) };
        for event in self.events(&slice)?.into_iter().take_while(|event| event.time <= by) {
            if arrived.contains(&event.version) {
                batch.through = event.version;
                continue;
            }
            let errands = A::errands(self.id(), &event.read()?);
            let (version, time) = (event.version, event.time);
            batch.oldest.get_or_insert(time);
            if !batch.add(version, Letter::new(event, errands)?.text()?) {
                break;
            }
        }
        Ok(batch)
    }

    /// Everything up to here was handed to the bus.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn published(&self, through: Version) -> Result<(), Fault> {
        self.fresh.borrow_mut().retain(|(version, _)| *version > through);
        self.change(|loaded| loaded.published = loaded.published.max(through))
    }

    /// Moves the outbox cursor over these events, which have reached all their destinations, up to the first gap.
    /// Returns true if it has moved. It is not stored yet, see [`keep_confirmed`](Self::keep_confirmed).
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn confirm(&self, versions: &[Version]) -> Result<bool, Fault> {
        self.change(|loaded| {
            let (before, known) = (loaded.head.confirmed, loaded.head.version);
            loaded
                .ahead
                .extend(versions.iter().filter(|version| (before + 1..=known).contains(version)));
            while loaded.ahead.remove(&(loaded.head.confirmed + 1)) {
                loaded.head.confirmed += 1;
            }
            loaded.published = loaded.published.max(loaded.head.confirmed);
            loaded.head.confirmed > before
        })
    }

    /// Stores the outbox cursor if it has moved, no further than every follower was told. Now and then is enough: a
    /// confirmed event whose confirmation is lost is sent again, which does no harm, while a row written for every
    /// command would cost as much as the event itself.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn keep_confirmed(&self, told: Version) -> Result<(), Fault> {
        let (confirmed, kept) = self.read(|loaded| (loaded.head.confirmed, loaded.kept))?;
        let confirmed = confirmed.min(told);
        if confirmed <= kept {
            return Ok(());
        }
        self.storage.set_confirmed(confirmed)?;
        self.change(|loaded| loaded.kept = confirmed)
    }

    /// True if the outbox cursor is ahead of its stored value.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn is_unkept(&self) -> Result<bool, Fault> {
        self.read(|loaded| loaded.kept < loaded.head.confirmed)
    }
}
