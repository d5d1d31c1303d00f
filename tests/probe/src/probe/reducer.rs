//! The state of a probe, and how an event changes it.

use serde::{Deserialize, Serialize};

use super::{commands::Place, events::ProbeEvent};

/// The state of a probe.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Events.
    pub count: u32,
    /// Bytes of filler.
    pub bytes: usize,
    /// True if it panics at every message of another probe.
    pub broken: bool,
    /// The messages of others, in order.
    pub heard: Vec<String>,
}

/// Changes the state as the event says, or panics in the middle of it.
#[allow(clippy::panic, reason = "this is what the probe is for")]
pub fn evolve(state: &mut State, event: &ProbeEvent) {
    state.count += 1;
    match event {
        ProbeEvent::Counted(counted) => state.bytes += counted.filler.len(),
        ProbeEvent::Trapped(trapped) if trapped.place == Place::Evolve => {
            panic!("the probe panics while its state changes")
        }
        ProbeEvent::Turned(turn) => state.broken = turn.broken,
        ProbeEvent::Heard(heard) => state.heard.push(heard.what.clone()),
        ProbeEvent::Trapped(_)
        | ProbeEvent::Told(_)
        | ProbeEvent::Asked(_)
        | ProbeEvent::Recalled(_) => {}
    }
}
