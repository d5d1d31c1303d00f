//! The points of each player in each game, over all rounds.

use edgefold_flow::{
    Change,
    participant::{Projection, projection::Table},
};
use edgefold_kernel::{Aggregate, Envelope, Fault};

use crate::{Round, events::RoundEvent};

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
};

fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let round = event.stream.aggregate_id.as_str();
    Ok(match event.read::<RoundEvent>()? {
        RoundEvent::Started(started) => {
            let params = vec![round.into(), started.game.as_str().into()];
            vec![Change::new(sql!("leaderboard_started"), params)]
        }
        RoundEvent::Played(played) => {
            let params = vec![round.into(), played.player_id.as_str().into(), played.points.into()];
            vec![Change::new(sql!("leaderboard_played"), params)]
        }
        RoundEvent::Joined(_) | RoundEvent::Finished(_) => vec![],
    })
}
