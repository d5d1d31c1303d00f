//! The points of each player in each game, over all rounds.

use edgefold_flow::prelude::*;

use crate::{Round, events::Event};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../schema/sql/projection/", $name, ".sql"))
    };
}

/// The projection. A move names its round alone, so the game of each round is kept, too.
pub const LEADERBOARD: Projection = Projection {
    name: "leaderboard",
    version: 1,
    categories: &[Round::TYPE],
    tables: &[
        Table { name: "leaderboard_round", create: &[sql!("leaderboard_round")] },
        Table { name: "leaderboard", create: &[sql!("leaderboard"), sql!("leaderboard_best")] },
    ],
    project,
    queries: &[Asked::of::<Leaderboard, LeaderboardEntry>("leaderboard", sql!("leaderboard_page"))],
};

/// The players with the most points in a game over all rounds, the best first.
#[command]
pub struct Leaderboard {
    /// The game.
    pub game: Text,
    /// Number of players; 20 when left out.
    #[within(1..=100)]
    pub first: Option<u32>,
}

/// A player on the leaderboard of a game.
#[state]
pub struct LeaderboardEntry {
    /// The player.
    pub player_id: Subject,
    /// Points in all rounds of the game.
    pub points: i64,
    /// Number of moves in them.
    pub moves: i64,
}

fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let round = event.stream.aggregate_id.as_str();
    Ok(match event.read::<Event>()? {
        Event::Started(started) => {
            let params = vec![round.into(), started.game.as_str().into()];
            vec![Change::new(sql!("leaderboard_started"), params)]
        }
        Event::Played(played) => {
            let params = vec![round.into(), played.player_id.as_str().into(), played.points.into()];
            vec![Change::new(sql!("leaderboard_played"), params)]
        }
        Event::Joined(_) | Event::Finished(_) => vec![],
    })
}
