//! The state of a round, and how an event changes it.

use std::collections::BTreeMap;

use edgefold_kernel::{Subject, Text, Timestamp, Version};
use serde::{Deserialize, Serialize};

use crate::events::{Ending, RoundEvent};

/// `None` until the round was started.
pub type State = Option<RoundState>;

/// A round that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoundState {
    /// Status.
    pub status: Status,
    /// Reason of its end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ending: Option<Ending>,
    /// The game.
    pub game: Text,
    /// Largest number of players.
    pub max_players: u32,
    /// The players, in the order in which they joined.
    pub players: Vec<Subject>,
    /// Score of each player by the moves so far.
    pub scores: BTreeMap<Subject, i64>,
    /// Number of moves.
    pub moves: u32,
    /// Latest end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends_at: Option<Timestamp>,
    /// Instant at which it ends if nobody plays until then.
    pub idle_at: Timestamp,
    /// Version of the event that set this instant: the start, or the last move. 0 in a state of an older script, which did
    /// not keep it.
    #[serde(default)]
    pub idle_set_by: Version,
}

/// Status of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// It takes players.
    Open,
    /// It is played.
    Running,
    /// It has ended.
    Finished,
}

impl RoundState {
    /// Instant at which it ends if nothing happens until then, and the reason.
    pub fn end(&self) -> (Timestamp, Ending) {
        match self.ends_at {
            Some(at) if at <= self.idle_at => (at, Ending::TimeUp),
            _ => (self.idle_at, Ending::Idle),
        }
    }
}

/// Changes the state as the event says.
pub fn evolve(state: &mut State, event: &RoundEvent, version: Version) {
    match (event, state) {
        (RoundEvent::Started(started), state) => {
            *state = Some(RoundState {
                status: Status::Open,
                ending: None,
                game: started.game.clone(),
                max_players: started.max_players,
                players: Vec::new(),
                scores: BTreeMap::new(),
                moves: 0,
                ends_at: started.ends_at,
                idle_at: started.idle_at,
                idle_set_by: version,
            });
        }
        (RoundEvent::Joined(joined), Some(round)) => {
            round.players.push(joined.player_id.clone());
            round.scores.insert(joined.player_id.clone(), 0);
        }
        (RoundEvent::Played(played), Some(round)) => {
            round.status = Status::Running;
            round.moves = round.moves.saturating_add(1);
            round.idle_at = played.idle_at;
            round.idle_set_by = version;
            let score = round.scores.entry(played.player_id.clone()).or_default();
            *score = score.saturating_add(played.points);
        }
        (RoundEvent::Finished(finished), Some(round)) => {
            round.status = Status::Finished;
            round.ending = Some(finished.ending);
        }
        (_, None) => {}
    }
}
