//! Every business rule of a round.

use edgefold_kernel::{Context, Decision, Rejection, Timestamp};

use crate::{
    commands::{JoinRound, Play, RoundCommand, StartGameRound},
    events::{Ending, MovePlayed, PlayerJoined, RoundEvent, RoundFinished, RoundStarted},
    process::{MOVE_WITHIN_MS, OPEN_FOR_MS},
    reducer::{RoundState, State, Status},
};

/// Most moves of a round. With at most 10,000 points each a score fits in 32 bits.
pub const MOVES: u32 = 100_000;

/// Decides a command.
///
/// # Errors
/// `ROUND_EXISTS`, `ROUND_UNKNOWN`, `ENDS_IN_THE_PAST`, `ROUND_FINISHED`, `ROUND_RUNNING`, `ROUND_FULL`, `NOT_A_PLAYER` or
/// `TOO_MANY_MOVES`.
pub fn decide(
    state: &State,
    command: &RoundCommand,
    context: &Context<'_>,
) -> Decision<RoundEvent> {
    let now = context.now;
    let events = match (command, state) {
        (RoundCommand::Start(_), Some(_)) => {
            return Err(Rejection::rule("ROUND_EXISTS", "the round exists already").into());
        }
        (RoundCommand::Start(start), None) => vec![started(start, now)?],
        (_, None) => return Err(Rejection::rule("ROUND_UNKNOWN", "there is no such round").into()),
        (RoundCommand::Join(join), Some(round)) => joined(round, join, now)?,
        (RoundCommand::Play(play), Some(round)) => vec![played(round, play, now)?],
        (RoundCommand::Finish(_), Some(round)) => match round.status {
            Status::Finished => vec![],
            Status::Open | Status::Running => {
                vec![RoundFinished { ending: Ending::Finished }.into()]
            }
        },
        (RoundCommand::End(_), Some(round)) => match round.end() {
            (at, ending) if round.status != Status::Finished && at <= now => {
                vec![RoundFinished { ending }.into()]
            }
            _ => vec![],
        },
    };
    Ok(events)
}

fn started(start: &StartGameRound, now: Timestamp) -> Result<RoundEvent, Rejection> {
    let StartGameRound { game, max_players, ends_at } = start.clone();
    if ends_at.is_some_and(|at| at <= now) {
        let detail = format!("endsAt must be later than now, {now}");
        return Err(Rejection::rule("ENDS_IN_THE_PAST", detail));
    }
    let idle_at = now.plus_millis(OPEN_FOR_MS);
    Ok(RoundStarted { game, max_players, ends_at, idle_at }.into())
}

/// The alarm that ends a round may be a little late: nothing is played in between.
fn check_going_on(round: &RoundState, now: Timestamp) -> Result<(), Rejection> {
    if round.status == Status::Finished || round.end().0 <= now {
        return Err(Rejection::rule("ROUND_FINISHED", "the round has ended"));
    }
    Ok(())
}

fn joined(
    round: &RoundState,
    join: &JoinRound,
    now: Timestamp,
) -> Result<Vec<RoundEvent>, Rejection> {
    check_going_on(round, now)?;
    if round.players.contains(&join.player_id) {
        return Ok(vec![]);
    }
    if round.status == Status::Running {
        return Err(Rejection::rule("ROUND_RUNNING", "nobody can join after the first move"));
    }
    if round.players.len() >= round.max_players as usize {
        let detail = format!("the round has all of its {} players already", round.max_players);
        return Err(Rejection::rule("ROUND_FULL", detail));
    }
    Ok(vec![PlayerJoined { player_id: join.player_id.clone() }.into()])
}

fn played(round: &RoundState, play: &Play, now: Timestamp) -> Result<RoundEvent, Rejection> {
    check_going_on(round, now)?;
    let Play { player_id, what, points } = play.clone();
    if !round.players.contains(&player_id) {
        return Err(Rejection::rule("NOT_A_PLAYER", format!("{player_id} has not joined")));
    }
    if round.moves >= MOVES {
        let detail = format!("a round has at most {MOVES} moves");
        return Err(Rejection::rule("TOO_MANY_MOVES", detail));
    }
    let idle_at = now.plus_millis(MOVE_WITHIN_MS);
    Ok(MovePlayed { player_id, what, points, idle_at }.into())
}
