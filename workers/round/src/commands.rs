//! The commands of a round, with the checks of their shape.

use edgefold_kernel::{Subject, Text, Timestamp, commands};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// Opens a round of a game for players.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StartGameRound {
    /// The game.
    pub game: Text,
    /// Largest number of players, 1 to 100.
    #[serde(deserialize_with = "players")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = PLAYERS)))]
    pub max_players: u32,
    /// Latest end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends_at: Option<Timestamp>,
}

/// Takes a seat before the first move. A repeat changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JoinRound {
    /// The player.
    pub player_id: Subject,
}

/// Makes a move. The first one begins the game.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Play {
    /// The player.
    pub player_id: Subject,
    /// The move, in the game's own words.
    #[serde(rename = "move")]
    pub what: Text,
    /// Points of the move, −10,000 to 10,000.
    #[serde(deserialize_with = "points")]
    #[cfg_attr(feature = "schema", schemars(range(min = -POINTS, max = POINTS)))]
    pub points: i64,
}

/// Ends the round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FinishRound {}

/// Its time is up, or nobody has played for too long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EndRound {}

commands! {
    /// The commands of a round.
    pub enum RoundCommand {
        "StartGameRound" [creates] => Start(StartGameRound),
        "JoinRound" => Join(JoinRound),
        "Play" => Play(Play),
        "FinishRound" => Finish(FinishRound),
        "EndRound" [internal] => End(EndRound),
    }
}

/// Most players of a round.
const PLAYERS: u32 = 100;

/// Most points that one move brings or costs. With at most 100,000 moves a score fits in 32 bits.
const POINTS: i64 = 10_000;

fn players<'de, D: Deserializer<'de>>(source: D) -> Result<u32, D::Error> {
    match u32::deserialize(source)? {
        players @ 1..=PLAYERS => Ok(players),
        _ => Err(D::Error::custom("1 to 100 players")),
    }
}

fn points<'de, D: Deserializer<'de>>(source: D) -> Result<i64, D::Error> {
    let points = i64::deserialize(source)?;
    if (-POINTS..=POINTS).contains(&points) {
        Ok(points)
    } else {
        Err(D::Error::custom("points from -10000 to 10000"))
    }
}
