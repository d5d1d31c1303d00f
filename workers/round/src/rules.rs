//! Every business rule of a round.

use edgefold_flow::prelude::*;

use crate::{
    Round,
    commands::{Command, JoinRound, Play, StartGameRound},
    events::{Ending, Event, MovePlayed, PlayerJoined, RoundFinished, RoundStarted},
    process::{MOVE_WITHIN_MS, OPEN_FOR_MS},
    state::{State, Status},
};

/// Most moves of a round. With at most 10,000 points each a score fits in 32 bits.
pub const MOVES: u32 = 100_000;

/// Why a round refuses.
#[refusals]
pub enum Refusal {
    /// The latest end is not later than now.
    EndsInThePast,
    /// The round has ended.
    RoundFinished,
    /// Nobody can join after the first move.
    RoundRunning,
    /// The round has all of its players already.
    RoundFull,
    /// This player has not joined.
    NotAPlayer,
    /// The round has as many moves as there may be.
    TooManyMoves,
}

impl Rules for Round {
    type Create = StartGameRound;
    type Refusal = Refusal;

    fn begin(start: &StartGameRound, context: &Context<'_>) -> Decision<Event> {
        let StartGameRound { game, max_players, ends_at } = start.clone();
        if ends_at.is_some_and(|at| at <= context.now) {
            let detail = format!("endsAt must be later than now, {}", context.now);
            return refuse_with(Refusal::EndsInThePast, detail);
        }
        let idle_at = context.now.plus_millis(OPEN_FOR_MS);
        happened(RoundStarted { game, max_players, ends_at, idle_at })
    }

    fn decide(state: &State, command: &Command, context: &Context<'_>) -> Decision<Event> {
        let now = context.now;
        let has_ended = state.status == Status::Finished;
        let (end, ending) = state.end();
        match command {
            Command::Start(_) => nothing(),
            // The alarm that ends it may be a little late: nothing is played in between.
            Command::Join(_) | Command::Play(_) if has_ended || end <= now => {
                refuse(Refusal::RoundFinished)
            }
            Command::Join(join) => joined(state, join),
            Command::Play(play) => played(state, play, now),
            Command::Finish(_) if has_ended => nothing(),
            Command::Finish(_) => happened(RoundFinished { ending: Ending::Finished }),
            Command::End(_) if has_ended || end > now => nothing(),
            Command::End(_) => happened(RoundFinished { ending }),
        }
    }
}

fn joined(round: &State, join: &JoinRound) -> Decision<Event> {
    if round.is_player(&join.player_id) {
        return nothing();
    }
    if round.status == Status::Running {
        return refuse(Refusal::RoundRunning);
    }
    if round.players.len() >= round.max_players as usize {
        return refuse(Refusal::RoundFull);
    }
    happened(PlayerJoined { player_id: join.player_id.clone() })
}

fn played(round: &State, play: &Play, now: Timestamp) -> Decision<Event> {
    let Play { player_id, what, points } = play.clone();
    if !round.is_player(&player_id) {
        return refuse_with(Refusal::NotAPlayer, format!("{player_id} has not joined"));
    }
    if round.moves >= MOVES {
        return refuse_with(Refusal::TooManyMoves, format!("a round has at most {MOVES} moves"));
    }
    let idle_at = now.plus_millis(MOVE_WITHIN_MS);
    happened(MovePlayed { player_id, what, points, idle_at })
}
