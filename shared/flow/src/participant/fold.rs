//! Events of a stream are folded on from a state that somebody else has folded so far.

use edgefold_kernel::{Aggregate, Envelope, Fault, Version};
use serde::Deserialize;
use serde_json::Value;

/// Folds events, each with its cursor, on from a state at a version: gives what `look` makes of each event, of the version
/// of the state after it, and of that state. An event that the state has already is looked at with that state.
///
/// # Errors
/// When the state or an event cannot be read.
pub fn folded<A: Aggregate, T>(
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
            A::evolve(&mut state, &event.read()?);
            at = event.version;
        }
        seen.push(look(event, at, &state));
    }
    Ok(seen)
}
