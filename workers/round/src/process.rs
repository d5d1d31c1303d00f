//! What a round does by itself: it ends when its time is up, or when nobody plays.

use edgefold_flow::Due;

use crate::{
    commands::{EndRound, RoundCommand},
    events::RoundEvent,
    reducer::{State, Status},
};

/// How long a round waits for its first move, in milliseconds (10 min): players have to find each other.
pub const OPEN_FOR_MS: i64 = 10 * 60 * 1000;

/// How long a round that is played waits for the next move, in milliseconds (1 min): whoever takes longer has left.
pub const MOVE_WITHIN_MS: i64 = 60 * 1000;

/// When it ends if nothing happens until then.
pub fn deadline(state: &State) -> Option<Due<RoundCommand>> {
    let round = state.as_ref().filter(|round| round.status != Status::Finished)?;
    let (at, _) = round.end();
    Some(Due { at, command: EndRound {}.into() })
}

/// Its end was set when it was started, and each move has put off the end for want of one. Who joins changes nothing.
pub fn sets(event: &RoundEvent, due: &Due<RoundCommand>) -> bool {
    match event {
        RoundEvent::Started(started) => {
            started.ends_at == Some(due.at) || started.idle_at == due.at
        }
        RoundEvent::Played(played) => played.idle_at == due.at,
        RoundEvent::Joined(_) | RoundEvent::Finished(_) => false,
    }
}
