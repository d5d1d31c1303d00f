//! The state of a thing, and how an event changes it.

use edgefold_flow::prelude::*;

use crate::{
    Thing,
    events::{Event, ThingAdded},
};

/// A thing of somebody.
#[state]
pub struct State {
    /// Status.
    pub status: Status,
    /// The owner.
    #[owner]
    pub user_id: Subject,
    /// Name.
    pub name: Text,
    /// The day on which it is due.
    pub due: Date,
}

/// Status of a thing.
#[state]
pub enum Status {
    /// It waits for somebody.
    Open,
    /// It is closed for good.
    Closed,
}

impl Reducer for Thing {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Added(ThingAdded { user_id, name, due }) = event.clone() else { return None };
        Some(State { status: Status::Open, user_id, name, due })
    }

    fn evolve(state: &mut State, event: &Event, _version: Version) {
        match event.clone() {
            Event::Added(_) => {}
            Event::Renamed(renamed) => state.name = renamed.name,
            Event::Closed(_) => state.status = Status::Closed,
        }
    }
}
