//! The rules of a probe: it does what it is told, and panics where it is told.

use edgefold_flow::prelude::*;
use edgefold_kernel::limits;

use super::{
    Probe,
    commands::{Append, Command, Panic, Place},
    events::{Asked, Counted, Event, Heard, Recalled, Told, Trapped, Turned},
    state::State,
};

/// It refuses nothing.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {}

impl Refusals for Refusal {
    const CODES: &'static [(&'static str, &'static str)] = &[];

    fn code(self) -> (&'static str, &'static str) {
        match self {}
    }
}

impl Rules for Probe {
    type Create = Command;
    type Refusal = Refusal;

    /// To recall another probe it needs that one's state.
    fn rests_on(command: &Command, _by: Option<&Principal>) -> Vec<StreamId> {
        match command {
            Command::Recall(recall) => vec![Self::stream(&recall.of)],
            _ => vec![],
        }
    }

    /// One that is not there decides as one that has counted nothing.
    fn begin(command: &Command, context: &Context<'_>) -> Decision<Event> {
        decided(&State::default(), command, context)
    }

    fn decide(state: &State, command: &Command, context: &Context<'_>) -> Decision<Event> {
        decided(state, command, context)
    }
}

#[allow(clippy::panic, reason = "this is what the probe is for")]
fn decided(state: &State, command: &Command, context: &Context<'_>) -> Decision<Event> {
    match command.clone() {
        Command::Tell(tell) => {
            Ok((0..tell.count).map(|_| Told { to: tell.to.clone() }.into()).collect())
        }
        Command::Ask(ask) => {
            Ok((0..ask.count).map(|_| Asked { of: ask.of.clone() }.into()).collect())
        }
        Command::Turn(turn) => happened(Turned { broken: turn.broken }),
        Command::Hear(_) if state.broken => panic!("the probe is broken"),
        Command::Hear(hear) => happened(Heard { what: hear.what }),
        Command::Recall(recall) => {
            let known = context.known::<Probe, _>(&recall.of)?;
            let count = known.map_or(0, |probe: State| probe.count);
            happened(Recalled { of: recall.of, count })
        }
        Command::Append(append) => {
            Ok((1..=append.count).map(|index| counted(&append, index)).collect())
        }
        Command::Panic(Panic { place: Place::Decide, .. }) => {
            panic!("the probe panics while it decides")
        }
        Command::Panic(Panic { place, before }) => {
            let quiet = Append { count: before, bytes: 0, last_too_large: false };
            let trap = Trapped { place }.into();
            Ok((1..=before).map(|index| counted(&quiet, index)).chain([trap]).collect())
        }
    }
}

fn counted(append: &Append, index: u32) -> Event {
    let too_large = append.last_too_large && index == append.count;
    let bytes = if too_large { limits::LETTER_BYTES } else { append.bytes };
    Counted { index, filler: "x".repeat(bytes) }.into()
}
