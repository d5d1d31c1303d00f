//! The commands of a round.

use edgefold_flow::prelude::*;

commands! {
    /// The commands of a round.
    pub enum Command {
        "StartGameRound" [creates] => Start(StartGameRound),
        "JoinRound" => Join(JoinRound),
        "Play" => Play(Play),
        "FinishRound" => Finish(FinishRound),
        "EndRound" [internal] => End(EndRound),
    }
}

/// Opens a round of a game for players.
#[command]
pub struct StartGameRound {
    /// The game.
    pub game: Text,
    /// Largest number of players.
    #[within(1..=100)]
    pub max_players: u32,
    /// Latest end.
    pub ends_at: Option<Timestamp>,
}

/// Takes a seat before the first move. A repeat changes nothing.
#[command]
pub struct JoinRound {
    /// The player.
    #[caller]
    pub player_id: Subject,
}

/// Makes a move. The first one begins the game.
#[command]
pub struct Play {
    /// The player.
    #[caller]
    pub player_id: Subject,
    /// The move, in the game's own words.
    #[serde(rename = "move")]
    pub what: Text,
    /// Points of the move. With at most 100,000 moves a score fits in 32 bits.
    #[within(-10_000..=10_000)]
    pub points: i64,
}

/// Ends a round before its time.
#[command]
pub struct FinishRound {}

/// Its time is up, or nobody has played for too long.
#[command]
pub struct EndRound {}
