//! The process of a round: it ends when its time is up, or when nobody plays.

use edgefold_flow::Due;

use crate::{
    commands::{EndRound, RoundCommand},
    events::RoundEvent,
    reducer::{State, Status},
};

/// Milliseconds that a round waits for its first move (10 min): players have to find each other.
pub const OPEN_FOR_MS: i64 = 10 * 60 * 1000;

/// Milliseconds that a running round waits for the next move (1 min): a player that takes longer has left.
pub const MOVE_WITHIN_MS: i64 = 60 * 1000;

/// The deadline: the round's end if nothing happens until then.
pub fn deadline(state: &State) -> Option<Due<RoundCommand>> {
    let round = state.as_ref().filter(|round| round.status != Status::Finished)?;
    let (at, _) = round.end();
    Some(Due { at, command: EndRound {}.into() })
}

/// The start sets the latest end, and each move puts off the end for lack of moves. Joining changes neither.
pub fn sets(event: &RoundEvent, due: &Due<RoundCommand>) -> bool {
    match event {
        RoundEvent::Started(started) => {
            started.ends_at == Some(due.at) || started.idle_at == due.at
        }
        RoundEvent::Played(played) => played.idle_at == due.at,
        RoundEvent::Joined(_) | RoundEvent::Finished(_) => false,
    }
}
