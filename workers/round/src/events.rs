//! The events of a round. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_flow::prelude::*;

events! {
    /// The events of a round.
    pub enum Event {
        "RoundStarted" v 1 => Started(RoundStarted),
        "PlayerJoined" v 1 => Joined(PlayerJoined),
        "MovePlayed" v 1 => Played(MovePlayed),
        "RoundFinished" v 1 => Finished(RoundFinished),
    }
}

/// The round takes players from now on.
#[event]
pub struct RoundStarted {
    /// The game.
    pub game: Text,
    /// Largest number of players.
    pub max_players: u32,
    /// Latest end.
    pub ends_at: Option<Timestamp>,
    /// Instant at which it ends if nobody plays until then.
    pub idle_at: Timestamp,
}

/// Somebody has taken a seat.
#[event]
pub struct PlayerJoined {
    /// The player.
    pub player_id: Subject,
}

/// Somebody has made a move.
#[event]
pub struct MovePlayed {
    /// The player.
    pub player_id: Subject,
    /// The move.
    #[serde(rename = "move")]
    pub what: Text,
    /// Points of the move.
    pub points: i64,
    /// Instant at which the round ends if nobody plays until then.
    pub idle_at: Timestamp,
}

/// The round has ended.
#[event]
pub struct RoundFinished {
    /// Reason.
    pub ending: Ending,
}

/// Reason of a round's end.
#[event]
pub enum Ending {
    /// Somebody ended it.
    Finished,
    /// Its time was up.
    TimeUp,
    /// Nobody played for too long.
    Idle,
}
