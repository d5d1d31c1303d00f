//! The rules of a probe: it does what it is told, and panics where it is told.

use edgefold_kernel::{Aggregate, Context, Decision, StreamId, limits};

use super::{
    Probe,
    commands::{Append, Panic, Place, ProbeCommand},
    events::{Asked, Counted, ProbeEvent, Recalled, Told, Trapped},
    reducer::State,
};

/// To recall another probe it needs that one's state.
pub fn rests_on(command: &ProbeCommand) -> Vec<StreamId> {
    match command {
        ProbeCommand::Recall(recall) => vec![StreamId::new(Probe::TYPE, recall.of.clone())],
        _ => Vec::new(),
    }
}

/// Decides a command.
///
/// # Errors
/// A fault when it cannot read the state of another probe.
#[allow(clippy::panic, reason = "this is what the probe is for")]
pub fn decide(state: &State, command: &ProbeCommand, known: &Context<'_>) -> Decision<ProbeEvent> {
    match command {
        ProbeCommand::Tell(tell) => {
            Ok((0..tell.count).map(|_| Told { to: tell.to.clone() }.into()).collect())
        }
        ProbeCommand::Ask(ask) => {
            Ok((0..ask.count).map(|_| Asked { of: ask.of.clone() }.into()).collect())
        }
        ProbeCommand::Turn(turn) => Ok(vec![turn.clone().into()]),
        ProbeCommand::Hear(_) if state.broken => panic!("the probe is broken"),
        ProbeCommand::Hear(heard) => Ok(vec![heard.clone().into()]),
        ProbeCommand::Recall(recall) => {
            let of = recall.of.clone();
            let count = known.foreign.state::<Probe>(&of)?.unwrap_or_default().count;
            Ok(vec![Recalled { of, count }.into()])
        }
        ProbeCommand::Append(append) => {
            Ok((1..=append.count).map(|index| counted(append, index)).collect())
        }
        ProbeCommand::Panic(Panic { place: Place::Decide, .. }) => {
            panic!("the probe panics while it decides")
        }
        ProbeCommand::Panic(Panic { place, before }) => {
            let quiet = Append { count: *before, bytes: 0, last_too_large: false };
            let trap = Trapped { place: *place }.into();
            Ok((1..=*before).map(|index| counted(&quiet, index)).chain([trap]).collect())
        }
    }
}

fn counted(append: &Append, index: u32) -> ProbeEvent {
    let too_large = append.last_too_large && index == append.count;
    let bytes = if too_large { limits::LETTER_BYTES } else { append.bytes };
    Counted { index, filler: "x".repeat(bytes) }.into()
}
