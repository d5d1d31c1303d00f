//! The process of a round: it ends when its time is up, or when nobody plays.

use edgefold_flow::prelude::*;

use crate::{
    Round,
    commands::{Command, EndRound},
    events::Ending,
    state::{State, Status},
};

/// Milliseconds that a round waits for its first move (10 min): players have to find each other.
pub const OPEN_FOR_MS: i64 = 10 * 60 * 1000;

/// Milliseconds that a running round waits for the next move (1 min): a player that takes longer has left.
pub const MOVE_WITHIN_MS: i64 = 60 * 1000;

impl Process for Round {
    /// The round's end if nothing happens until then.
    fn deadline(_id: &Id, state: &State) -> Option<Due<Command>> {
        let (at, ending) = state.end();
        let set_by = match ending {
            // Only the start says when the time is up.
            Ending::TimeUp => 1,
            _ => state.idle_set_by,
        };
        let command = EndRound {}.into();
        (state.status != Status::Finished).then_some(Due { at, command, set_by })
    }
}
