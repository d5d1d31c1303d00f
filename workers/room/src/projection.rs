//! The read model of rooms: one row each, in D1.

use edgefold_flow::Change;
use edgefold_kernel::{Envelope, Fault};
use serde_json::json;

use crate::events::RoomEvent;

/// The rows that an event changes.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let (id, version) = (json!(event.stream.aggregate_id), json!(event.version));
    let change = match event.read::<RoomEvent>()? {
        RoomEvent::Added(room) => Change::new(
            include_str!("../../../schema/sql/d1/query/room_added.sql"),
            vec![
                id,
                version,
                json!(room.hotel_id),
                json!(room.number),
                json!(room.capacity),
                json!(room.nightly_rate),
            ],
        ),
        RoomEvent::Closed(_) => Change::new(
            include_str!("../../../schema/sql/d1/query/room_closed.sql"),
            vec![id, version],
        ),
        RoomEvent::Held(_) => Change::new(
            include_str!("../../../schema/sql/d1/query/room_holds.sql"),
            vec![id, version, json!(1)],
        ),
        RoomEvent::Released(_) => Change::new(
            include_str!("../../../schema/sql/d1/query/room_holds.sql"),
            vec![id, version, json!(-1)],
        ),
    };
    Ok(vec![change])
}
