//! The process of a round: it ends when its time is up, or when nobody plays.

use edgefold_flow::Due;

use crate::{
    commands::{EndRound, RoundCommand},
    events::Ending,
    reducer::{State, Status},
};

/// Milliseconds that a round waits for its first move (10 min): players have to find each other.
pub const OPEN_FOR_MS: i64 = 10 * 60 * 1000;

/// Milliseconds that a running round waits for the next move (1 min): a player that takes longer has left.
pub const MOVE_WITHIN_MS: i64 = 60 * 1000;

/// The deadline: the round's end if nothing happens until then.
pub fn deadline(state: &State) -> Option<Due<RoundCommand>> {
    let round = state.as_ref().filter(|round| round.status != Status::Finished)?;
    let (at, ending) = round.end();
    let set_by = match ending {
        // Only the start says when the time is up.
        Ending::TimeUp => 1,
        _ => round.idle_set_by,
    };
    Some(Due { at, command: EndRound {}.into(), set_by })
}
