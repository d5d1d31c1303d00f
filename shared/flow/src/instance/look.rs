//! Shows the state, now or then, and the stream.

use edgefold_kernel::{
    Envelope, Failure, Fault, ForeignState, Kind, Principal, Rejection, StreamId, Timestamp,
    Version, limits,
};
use serde_json::value::RawValue;

use super::{Instance, run::State};
use crate::{
    append::storage::{Head, Slice, Storage},
    contract::{EventsPage, RowView, StateView},
    door::Asker,
    participant::Sight,
    subscribe::{Fold, Page},
};

/// The state to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// The current one.
    #[default]
    Now,
    /// The one at this version.
    Version(Version),
    /// The one at this instant: after the last event that was decided by then.
    Instant(Timestamp),
}

/// The refusal that there is no such instance.
pub fn unknown(stream: &StreamId) -> Rejection {
    let StreamId { aggregate_type, aggregate_id } = stream;
    let detail = format!("there is no {aggregate_type} {aggregate_id}");
    Rejection::new(Kind::NotFound, "UNKNOWN_INSTANCE", detail)
}

impl<S: Storage> Instance<S> {
    /// The state, now or then.
    ///
    /// # Errors
    /// `UNKNOWN_INSTANCE` when the stream does not exist, or did not exist then; `VERSION_AHEAD` past the head.
    pub fn view(&self, when: When) -> Result<StateView, Failure> {
        let last = self.head()?;
        let head = last.version;
        let version = match when {
            When::Now => head,
            When::Version(version) if version > head && head > 0 => {
                let detail = format!(
                    "{} {} is at version {head}, not yet at {version}",
                    self.run.facts().aggregate_type,
                    self.id()
                );
                return Err(Rejection::new(Kind::NotFound, "VERSION_AHEAD", detail)
                    .at(head)
                    .into());
            }
            When::Version(version) => version.min(head),
            When::Instant(at) => decided_by(last, at, |version| self.time_of(version))?,
        };
        if version == 0 {
            return Err(self.unknown().into());
        }
        let state = if version == head {
            self.read(|loaded| self.run.state(&loaded.state))?
        } else {
            self.run.state(&self.fold(version)?.0)
        };
        let state = state.map_err(|error| Fault::Defect(error.to_string()))?;
        Ok(StateView {
            aggregate_type: self.run.facts().aggregate_type.to_owned(),
            aggregate_id: self.id().clone(),
            version,
            state,
        })
    }

    /// The state that others decide on, from the cache: no event is read for it.
    ///
    /// # Errors
    /// Fails if it cannot be loaded.
    pub fn foreign(&self) -> Result<ForeignState, Fault> {
        let (version, state) = self.read(|loaded| match loaded.head.version {
            0 => (0, Ok(RawValue::NULL.to_owned())),
            version => (version, self.run.outline(&loaded.state)),
        })?;
        let state = state.map_err(|error| Fault::Defect(error.to_string()))?;
        Ok(ForeignState { version, state_version: self.run.facts().state_version, state })
    }

    /// The instant at which a version was decided.
    fn time_of(&self, version: Version) -> Result<Timestamp, Fault> {
        let after = version.saturating_sub(1);
        let found = self.storage.events(&Slice { limit: 1, ..Slice::after(after) })?;
        let event = found.first().filter(|event| event.version == version);
        event.map(|event| event.time).ok_or_else(|| self.lacks(version))
    }

    /// Refuses somebody who sees less of this instance than this.
    ///
    /// # Errors
    /// `UNKNOWN_INSTANCE`: a stranger cannot tell it from one that does not exist.
    pub fn check_sight(&self, by: &Asker, least: Sight) -> Result<(), Failure> {
        let Some(principal) = by.principal() else { return Ok(()) };
        match self.read(|loaded| self.run.sight(principal, self.id(), &loaded.state))? >= least {
            true => Ok(()),
            false => Err(self.unknown().into()),
        }
    }

    /// The refusal that there is no such stream.
    pub fn unknown(&self) -> Rejection {
        unknown(&self.stream)
    }

    /// The row of this instance, now or then.
    ///
    /// # Errors
    /// As [`view`](Self::view).
    pub fn row(&self, when: When) -> Result<RowView, Failure> {
        let StateView { version, state, .. } = self.view(when)?;
        Ok(RowView { version, began: self.began()?, state })
    }

    /// The next events after a version, up to `bytes` of data; and the version of the stream.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn follow(&self, after: Version, bytes: usize) -> Result<(Vec<Envelope>, Version), Fault> {
        let head = self.head()?.version;
        let events = if after < head {
            self.events(&Slice { bytes, limit: limits::PAGE_EVENTS, ..Slice::after(after) })?
        } else {
            Vec::new()
        };
        Ok((events, head))
    }

    /// The next events for a session, with the state from which it folds them on. The next page begins at the end of
    /// this one: the state there is kept for it.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn pull(&self, after: Version) -> Result<Page, Fault> {
        let head = self.head()?.version;
        let after = after.min(head);
        let (limit, bytes) = (limits::PULL_EVENTS, limits::PULL_BYTES);
        let events = self.events(&Slice { limit, bytes, ..Slice::after(after) })?;
        let through = events.last().map_or(after, |last| last.version);
        let is_last_alone = events.len() == 1 && through == head;
        let (at, state) = if is_last_alone || after == head {
            (head, self.read(|loaded| self.run.state(&loaded.state))?)
        } else {
            let mut state = self.reach(after)?;
            let shown = self.run.state(&state);
            for event in &events {
                self.run.evolve(&mut state, &self.run.read_event(event)?, event.version);
            }
            if let Ok(text) = self.run.text(&state) {
                self.reached.borrow_mut().keep(through, text);
            }
            (after, shown)
        };
        let state = state.map_err(|error| Fault::Defect(error.to_string()))?;
        let first = match after {
            0 => events.first().map(|first| first.time),
            _ => self
                .storage
                .events(&Slice { limit: 1, ..Slice::after(0) })?
                .first()
                .map(|first| first.time),
        };
        let fold = first.map(|began| Fold { at, state, began });
        let events = events.into_iter().map(|event| (event.version, event)).collect();
        Ok(Page { after, through, head, events, fold })
    }

    /// The state at a version: from one that was reached a short fold before it, or from the latest of those that were
    /// reached and those that are stored.
    fn reach(&self, version: Version) -> Result<State, Fault> {
        let reached = self
            .reached
            .borrow()
            .by(version)
            .and_then(|(at, state)| Some((self.run.read_state(state).ok()?, at)));
        let is_near = |at: Version| version - at <= self.run.facts().snapshot_every;
        let (state, at) = match reached {
            Some((state, at)) if is_near(at) => (state, at),
            reached => {
                let (stored, by) = self.snapshot_by(version)?;
                reached.filter(|(_, at)| *at > by).unwrap_or((stored, by))
            }
        };
        Ok(self.fold_on(state, at, version)?.0)
    }

    /// True if a caller that sees the stream reads this event with its names.
    pub fn names(&self, who: &Principal, event: &Envelope) -> bool {
        self.run.names(who, event)
    }

    /// Part of the stream, as a caller from outside reads it that sees it.
    ///
    /// # Errors
    /// `UNKNOWN_INSTANCE` when there is no stream.
    pub fn page(
        &self,
        who: &Principal,
        after: Version,
        limit: usize,
    ) -> Result<EventsPage, Failure> {
        let head = self.head()?.version;
        if head == 0 {
            return Err(self.unknown().into());
        }
        let events = self.events(&Slice { limit, ..Slice::after(after) })?;
        let next = events.last().map(|last| last.version).filter(|last| *last < head);
        let shown = |event: Envelope| match self.names(who, &event) {
            true => event,
            false => event.nameless(),
        };
        let events = events.into_iter().map(shown).collect();
        Ok(EventsPage { events, head, next })
    }
}

/// The last version that was decided by an instant; 0 when there is none. Times never fall within a stream, so each look
/// at one event rules out half of those that are left.
fn decided_by(
    head: Head,
    at: Timestamp,
    time_of: impl Fn(Version) -> Result<Timestamp, Fault>,
) -> Result<Version, Fault> {
    if head.time <= at {
        return Ok(head.version);
    }
    let (mut by, mut later) = (0, head.version);
    while later > by + 1 {
        let middle = by + (later - by) / 2;
        if time_of(middle)? <= at {
            by = middle;
        } else {
            later = middle;
        }
    }
    Ok(by)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// The version that was decided by an instant, where these are the times of the events; and how many were looked at.
    fn look(times: &[i64], at: i64) -> (Version, u32) {
        let time_of = |version: Version| {
            let index = usize::try_from(version - 1).unwrap();
            Timestamp::from_millis(times.get(index).copied().unwrap())
        };
        let version = times.len() as Version;
        let time = times.last().map(|last| Timestamp::from_millis(*last)).unwrap_or_default();
        let looks = Cell::new(0);
        let found = decided_by(
            Head { version, time, ..Head::default() },
            Timestamp::from_millis(at),
            |version| {
                looks.set(looks.get() + 1);
                Ok(time_of(version))
            },
        );
        (found.unwrap(), looks.get())
    }

    #[test]
    fn the_version_at_an_instant_is_that_of_the_last_event_by_then() {
        let streams: [&[i64]; 6] =
            [&[], &[5], &[5, 5, 5], &[1, 2, 3, 4], &[1, 1, 4, 4, 4, 9, 9], &[7, 7, 7, 8]];
        for times in streams {
            for at in -1..=10 {
                let scanned = times.iter().filter(|time| **time <= at).count() as Version;
                assert_eq!(look(times, at).0, scanned, "{times:?} at {at}");
            }
        }
    }

    #[test]
    fn a_stream_a_thousand_times_as_long_costs_ten_looks_more() {
        let most = |events: i64| {
            let times: Vec<_> = (1..=events).collect();
            (0..=events).step_by(97).map(|at| look(&times, at).1).max().unwrap()
        };
        assert!(most(100) <= 7 && most(100_000) <= 17);
        let times: Vec<_> = (1..=1_000).collect();
        assert_eq!(look(&times, 1_000), (1_000, 0), "the head says when the last one was");
    }
}
