//! Events of a stream are folded on from a state that another party has folded.

use edgefold_kernel::{Envelope, Fault, Id, Principal, Version};
use serde_json::Value;

use super::{Run, Sight, run::State};

/// A state of an instance, in both of its forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// The whole state as JSON, to fold on from.
    pub state: String,
    /// The part that others see, as JSON.
    pub outline: String,
}

/// An instance after one of its events, as a caller sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// How much of it the caller sees.
    pub sight: Sight,
    /// Version that the state is at.
    pub version: Version,
    /// The part of the state that others see, as JSON.
    pub state: Value,
}

fn unreadable(error: serde_json::Error) -> Fault {
    Fault::Unreadable(error.to_string())
}

impl dyn Run {
    /// The state after events that follow a whole state, or that begin the stream where there is none.
    ///
    /// # Errors
    /// Fails if the state or an event cannot be read.
    pub fn fold(&self, state: Option<&str>, events: &[Envelope]) -> Result<Folded, Fault> {
        let mut state = match state {
            Some(text) => self.read_state(text).map_err(unreadable)?,
            None => self.empty(),
        };
        for event in events {
            self.evolve(&mut state, &self.read_event(event)?, event.version);
        }
        let outline = self.outline(&state).map_err(unreadable)?.get().to_owned();
        Ok(Folded { state: self.text(&state).map_err(unreadable)?, outline })
    }

    /// The part of an instance that a caller sees in this state, which is JSON.
    ///
    /// # Errors
    /// Fails if the state cannot be read.
    pub fn sight_of(&self, who: &Principal, id: &Id, state: &str) -> Result<Sight, Fault> {
        Ok(self.sight(who, id, &self.read_state(state).map_err(unreadable)?))
    }

    /// What a caller sees of an instance after each of these events, which follow a state at a version.
    ///
    /// # Errors
    /// Fails if the state or an event cannot be read.
    pub fn looks(
        &self,
        who: &Principal,
        id: &Id,
        from: (&Value, Version),
        events: &[(u64, Envelope)],
    ) -> Result<Vec<Look>, Fault> {
        self.each(from, events, |version, state| {
            let shown = self.outline(state).map_err(unreadable)?;
            let shown = serde_json::from_str(shown.get()).map_err(unreadable)?;
            Ok(Look { sight: self.sight(who, id, state), version, state: shown })
        })
    }

    /// The same without the states.
    ///
    /// # Errors
    /// Fails if the state or an event cannot be read.
    pub fn sights(
        &self,
        who: &Principal,
        id: &Id,
        from: (&Value, Version),
        events: &[(u64, Envelope)],
    ) -> Result<Vec<Sight>, Fault> {
        self.each(from, events, |_, state| Ok(self.sight(who, id, state)))
    }

    /// What `look` says after each event. It gets an event that is in the state already with that state.
    fn each<T>(
        &self,
        (state, mut at): (&Value, Version),
        events: &[(u64, Envelope)],
        look: impl Fn(Version, &State) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut state = self.read_state(&state.to_string()).map_err(unreadable)?;
        let step = |(_, event): &(u64, Envelope)| {
            if event.version > at {
                self.evolve(&mut state, &self.read_event(event)?, event.version);
                at = event.version;
            }
            look(at, &state)
        };
        events.iter().map(step).collect()
    }
}
