//! The state of a round, and how an event changes it.

use edgefold_flow::prelude::*;

use crate::{
    Round,
    events::{Ending, Event, RoundStarted},
};

/// One round of a game.
#[state]
pub struct State {
    /// Status.
    pub status: Status,
    /// Reason of its end; nothing until then.
    pub ending: Option<Ending>,
    /// The game.
    pub game: Text,
    /// Largest number of players.
    pub max_players: u32,
    /// The players with their scores, in the order in which they joined.
    pub players: Vec<Player>,
    /// Number of moves.
    pub moves: u32,
    /// Latest end; nothing when the round goes on while somebody plays.
    pub ends_at: Option<Timestamp>,
    /// Instant at which it ends if nobody plays until then.
    pub idle_at: Timestamp,
    /// Version of the event that set this instant: the start, or the last move.
    #[inner]
    pub idle_set_by: Version,
}

/// A player.
#[state]
pub struct Player {
    /// The player.
    pub player_id: Subject,
    /// Points of the moves so far.
    pub score: i64,
}

/// Status of a round.
#[state]
pub enum Status {
    /// It takes players.
    Open,
    /// It is played.
    Running,
    /// It has ended.
    Finished,
}

impl State {
    /// Instant at which it ends if nothing happens until then, and the reason.
    pub fn end(&self) -> (Timestamp, Ending) {
        match self.ends_at {
            Some(at) if at <= self.idle_at => (at, Ending::TimeUp),
            _ => (self.idle_at, Ending::Idle),
        }
    }

    /// True if somebody plays.
    pub fn is_player(&self, player_id: &Subject) -> bool {
        self.players.iter().any(|player| player.player_id == *player_id)
    }
}

impl Reducer for Round {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Started(started) = event.clone() else { return None };
        let RoundStarted { game, max_players, ends_at, idle_at } = started;
        Some(State {
            status: Status::Open,
            ending: None,
            game,
            max_players,
            players: Vec::new(),
            moves: 0,
            ends_at,
            idle_at,
            idle_set_by: 1,
        })
    }

    fn evolve(state: &mut State, event: &Event, version: Version) {
        match event {
            Event::Started(_) => {}
            Event::Joined(joined) => {
                let player_id = joined.player_id.clone();
                state.players.push(Player { player_id, score: 0 });
            }
            Event::Played(played) => {
                state.status = Status::Running;
                state.moves = state.moves.saturating_add(1);
                (state.idle_at, state.idle_set_by) = (played.idle_at, version);
                let is_player = |player: &&mut Player| player.player_id == played.player_id;
                if let Some(player) = state.players.iter_mut().find(is_player) {
                    player.score = player.score.saturating_add(played.points);
                }
            }
            Event::Finished(finished) => {
                state.status = Status::Finished;
                state.ending = Some(finished.ending);
            }
        }
    }
}
