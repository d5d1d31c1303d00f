//! Events of a stream are folded on from a state that another party has folded.

use edgefold_kernel::{Decider, Envelope, Fault, Version};
use serde::Deserialize;
use serde_json::Value;

/// Folds events, each with its cursor, on from a state at a version. Returns the results of `look` for each event, the
/// version of the state after it, and that state. `look` gets an event that is in the state already with that state.
///
/// # Errors
/// Fails if the state or an event cannot be read.
pub fn folded<A: Decider, T>(
    state: &Value,
    mut at: Version,
    events: &[(u64, Envelope)],
    mut look: impl FnMut(&Envelope, Version, &A::State) -> T,
) -> Result<Vec<T>, Fault> {
    let state = A::State::deserialize(state);
    let mut state = state.map_err(|error| Fault::Unreadable(error.to_string()))?;
    let mut seen = Vec::with_capacity(events.len());
    for (_, event) in events {
        if event.version > at {
            A::evolve(&mut state, &event.read()?, event.version);
            at = event.version;
        }
        seen.push(look(event, at, &state));
    }
    Ok(seen)
}
