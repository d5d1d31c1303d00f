//! The state of a probe, and how an event changes it.

use edgefold_flow::prelude::*;

use super::{Probe, commands::Place, events::Event};

/// Something that counts, unless it panics.
#[state]
#[derive(Default)]
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

impl Reducer for Probe {
    type State = State;

    /// Each of its events may be the first one.
    fn begin(event: &Event) -> Option<State> {
        let mut state = State::default();
        change(&mut state, event);
        Some(state)
    }

    fn evolve(state: &mut State, event: &Event, _version: Version) {
        change(state, event);
    }
}

/// Changes the state as the event says, or panics in the middle of it.
#[allow(clippy::panic, reason = "this is what the probe is for")]
fn change(state: &mut State, event: &Event) {
    state.count += 1;
    match event {
        Event::Counted(counted) => state.bytes += counted.filler.len(),
        Event::Trapped(trapped) if trapped.place == Place::Evolve => {
            panic!("the probe panics while its state changes")
        }
        Event::Turned(turned) => state.broken = turned.broken,
        Event::Heard(heard) => state.heard.push(heard.what.clone()),
        Event::Trapped(_) | Event::Told(_) | Event::Asked(_) | Event::Recalled(_) => {}
    }
}
