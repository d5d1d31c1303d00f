//! Folds the copy of a foreign stream, with the foreign aggregate's own reducer.

use crate::{Aggregate, Fault, Foreign, ForeignStream, Id, Snapshot, StreamId, Version};

impl ForeignStream {
    /// Folds it with the foreign aggregate's own reducer: the state, and the version of the last event in it. `None` when
    /// there is nothing to fold.
    ///
    /// # Errors
    /// [`Fault::Unreadable`] when the snapshot cannot be read; [`Fault::Unavailable`] when the snapshot is one of another
    /// schema version, until the stream was read again from its source; for an event the errors of
    /// [`EventSet::read`](crate::EventSet::read).
    pub fn fold<A: Aggregate>(&self) -> Result<Option<(A::State, Version)>, Fault> {
        let (mut state, mut at) = match &self.snapshot {
            None if self.events.is_empty() => return Ok(None),
            None => (A::State::default(), 0),
            Some(Snapshot { state_version, .. }) if *state_version != A::STATE_VERSION => {
                let (kind, wanted) = (A::TYPE, A::STATE_VERSION);
                let said = format!("it is of {kind}'s version {state_version}, not {wanted}");
                return Err(Fault::Unavailable("the foreign snapshot".into(), said));
            }
            Some(Snapshot { version, state, .. }) => {
                let unreadable = |error| Fault::Unreadable(format!("a foreign snapshot: {error}"));
                (serde_json::from_str(state).map_err(unreadable)?, *version)
            }
        };
        for event in &self.events {
            A::evolve(&mut state, &event.read::<A::Event>()?, event.version);
            at = event.version;
        }
        Ok(Some((state, at)))
    }

    /// The same as one snapshot. `None` when there is nothing to fold.
    ///
    /// # Errors
    /// The errors of [`fold`](Self::fold).
    pub fn folded<A: Aggregate>(&self) -> Result<Option<Snapshot>, Fault> {
        let Some((state, version)) = self.fold::<A>()? else { return Ok(None) };
        let state =
            serde_json::to_string(&state).map_err(|error| Fault::Defect(error.to_string()))?;
        Ok(Some(Snapshot { version, state_version: A::STATE_VERSION, state }))
    }
}

impl Foreign {
    /// The copy folded with the foreign aggregate's own reducer; `None` when there is nothing to fold.
    ///
    /// # Errors
    /// The errors of [`ForeignStream::fold`].
    pub fn state<A: Aggregate>(&self, id: &Id) -> Result<Option<A::State>, Fault> {
        let remembered = self.get(&StreamId::new(A::TYPE, id.clone()));
        let folded = remembered.map(ForeignStream::fold::<A>).transpose()?.flatten();
        Ok(folded.map(|(state, _)| state))
    }
}
