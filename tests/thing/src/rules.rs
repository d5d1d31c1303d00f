//! Every business rule of a thing.

use edgefold_flow::prelude::*;

use crate::{
    Thing,
    commands::{AddThing, Command},
    events::{Event, ThingAdded, ThingClosed, ThingRenamed},
    state::{State, Status},
};

/// Why a thing refuses.
#[refusals]
pub enum Refusal {
    /// The day on which it is due has passed.
    DuePast,
    /// The thing is closed.
    ThingClosed,
}

impl Rules for Thing {
    type Create = AddThing;
    type Refusal = Refusal;

    fn begin(add: &AddThing, context: &Context<'_>) -> Decision<Event> {
        let AddThing { user_id, name, due } = add.clone();
        if due < context.now.day() {
            return refuse_field(Refusal::DuePast, "payload.due", format!("{due} has passed"));
        }
        happened(ThingAdded { user_id, name, due })
    }

    fn decide(state: &State, command: &Command, _context: &Context<'_>) -> Decision<Event> {
        match (command.clone(), state.status) {
            (Command::Rename(_), Status::Closed) => refuse(Refusal::ThingClosed),
            (Command::Rename(rename), _) if rename.name == state.name => nothing(),
            (Command::Rename(rename), _) => happened(ThingRenamed { name: rename.name }),
            (Command::Close(_), Status::Open) => happened(ThingClosed {}),
            (Command::Close(_) | Command::Add(_), _) => nothing(),
        }
    }
}
