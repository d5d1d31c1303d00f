//! What may have happened to a round. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_kernel::{Id, Text, Timestamp, event::no_upcast, events};
use serde::{Deserialize, Serialize};

/// The round takes players from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoundStarted {
    /// The game.
    pub game: Text,
    /// How many may play.
    pub max_players: u32,
    /// When it ends at the latest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends_at: Option<Timestamp>,
    /// When it ends if nobody plays until then.
    pub idle_at: Timestamp,
}

/// Somebody has taken a seat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlayerJoined {
    /// Who plays.
    pub player_id: Id,
}

/// Somebody has made a move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MovePlayed {
    /// Who played.
    pub player_id: Id,
    /// What was played.
    #[serde(rename = "move")]
    pub what: Text,
    /// What it brought.
    pub points: i64,
    /// When the round ends if nobody plays until then.
    pub idle_at: Timestamp,
}

/// The round has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoundFinished {
    /// Why.
    pub ending: Ending,
}

/// Why a round has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Ending {
    /// Somebody ended it.
    Finished,
    /// Its time was up.
    TimeUp,
    /// Nobody played for too long.
    Idle,
}

events! {
    /// What may have happened to a round.
    pub enum RoundEvent upcast no_upcast {
        "RoundStarted" v 1 => Started(RoundStarted),
        "PlayerJoined" v 1 => Joined(PlayerJoined),
        "MovePlayed" v 1 => Played(MovePlayed),
        "RoundFinished" v 1 => Finished(RoundFinished),
    }
}
