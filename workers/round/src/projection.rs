//! The read model of rounds: one row each, in D1, with the players in a JSON column.

use edgefold_flow::Change;
use edgefold_kernel::{Envelope, Fault};
use serde_json::json;

use crate::events::RoundEvent;

/// The rows that an event changes.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let (id, version) = (json!(event.stream.aggregate_id), json!(event.version));
    let change = match event.read::<RoundEvent>()? {
        RoundEvent::Started(it) => Change::new(
            include_str!("../../../schema/sql/d1/query/round_started.sql"),
            vec![
                id,
                version,
                json!(it.game),
                json!(it.max_players),
                json!(it.ends_at),
                json!(event.time),
            ],
        ),
        RoundEvent::Joined(it) => Change::new(
            include_str!("../../../schema/sql/d1/query/round_joined.sql"),
            vec![id, version, json!(it.player_id)],
        ),
        RoundEvent::Played(it) => Change::new(
            include_str!("../../../schema/sql/d1/query/round_played.sql"),
            vec![id, version, json!(it.player_id), json!(it.points)],
        ),
        RoundEvent::Finished(it) => Change::new(
            include_str!("../../../schema/sql/d1/query/round_finished.sql"),
            vec![id, version, json!(it.ending)],
        ),
    };
    Ok(vec![change])
}
