//! What an instance remembers of foreign streams, and how it is folded.

use std::collections::BTreeMap;

use crate::{Aggregate, Envelope, Fault, Id, StreamId, Version};

/// The state of a stream at some version, so that a fold can begin there.
///
/// That of an own stream is derived, and may be thrown away at any time. One of a foreign stream takes the place of the
/// events before it: without it they are read again from their source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Version that the state is at.
    pub version: Version,
    /// Schema version of the state: of another one, the snapshot is ignored.
    pub state_version: u32,
    /// JSON text.
    pub state: String,
}

/// What is remembered of one foreign stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForeignStream {
    /// The events up to some version, folded; none as long as there are few.
    pub snapshot: Option<Snapshot>,
    /// Those after it, ascending.
    pub events: Vec<Envelope>,
}

impl ForeignStream {
    /// Folds it with the foreign aggregate's own reducer: the state, and the version of the last event in it. `None` when
    /// there is nothing to fold.
    ///
    /// # Errors
    /// [`Fault::Unreadable`] when snapshot or event cannot be read; [`Fault::Unavailable`] when the snapshot is one of
    /// another schema version, until the stream was read again from its source.
    pub fn fold<A: Aggregate>(&self) -> Result<Option<(A::State, Version)>, Fault> {
        let (mut state, mut at) = match &self.snapshot {
            None if self.events.is_empty() => return Ok(None),
            None => (A::State::default(), 0),
            Some(Snapshot { state_version, .. }) if *state_version != A::STATE_VERSION => {
                let (kind, wanted) = (A::TYPE, A::STATE_VERSION);
                let said = format!("it is of {kind}'s version {state_version}, not {wanted}");
                return Err(Fault::Unavailable("the foreign snapshot", said));
            }
            Some(Snapshot { version, state, .. }) => {
                let unreadable = |error| Fault::Unreadable(format!("a foreign snapshot: {error}"));
                (serde_json::from_str(state).map_err(unreadable)?, *version)
            }
        };
        for event in &self.events {
            A::evolve(&mut state, &event.read::<A::Event>()?);
            at = event.version;
        }
        Ok(Some((state, at)))
    }

    /// The same as one snapshot. `None` when there is nothing to fold.
    ///
    /// # Errors
    /// Those of [`fold`](Self::fold).
    pub fn folded<A: Aggregate>(&self) -> Result<Option<Snapshot>, Fault> {
        let Some((state, version)) = self.fold::<A>()? else { return Ok(None) };
        let state =
            serde_json::to_string(&state).map_err(|error| Fault::Defect(error.to_string()))?;
        Ok(Some(Snapshot { version, state_version: A::STATE_VERSION, state }))
    }
}

/// What a decision knows of foreign streams: a copy of the events that the instance asked for, as of some version.
#[derive(Debug, Default)]
pub struct Foreign {
    streams: BTreeMap<StreamId, ForeignStream>,
}

impl Foreign {
    /// Adds what is remembered of a stream.
    pub fn insert(&mut self, stream: StreamId, remembered: ForeignStream) {
        self.streams.insert(stream, remembered);
    }

    /// The copy folded with the foreign aggregate's own reducer; `None` when there is nothing to fold.
    ///
    /// # Errors
    /// Those of [`ForeignStream::fold`].
    pub fn state<A: Aggregate>(&self, id: &Id) -> Result<Option<A::State>, Fault> {
        let remembered = self.streams.get(&StreamId::new(A::TYPE, id.clone()));
        let folded = remembered.map(ForeignStream::fold::<A>).transpose()?.flatten();
        Ok(folded.map(|(state, _)| state))
    }
}
