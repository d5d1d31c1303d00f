//! Which nights of a room are held, so that a list finds rooms that are free. Nobody learns from it by whom.

use edgefold_flow::{
    Change,
    participant::{Projection, projection::Table},
};
use edgefold_kernel::{Aggregate, Envelope, Fault};

use crate::{Room, events::RoomEvent};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../schema/sql/projection/", $name, ".sql"))
    };
}

/// The projection.
pub const NIGHTS: Projection = Projection {
    name: "nights",
    version: 1,
    categories: &[Room::TYPE],
    tables: &[Table { name: "nights", create: &[sql!("nights")] }],
    project,
};

fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let room = event.stream.aggregate_id.as_str();
    Ok(match event.read::<RoomEvent>()? {
        RoomEvent::Held(held) => {
            let (start, end) = (held.date_start.to_string(), held.date_end.to_string());
            let hold = [room, held.reservation_id.as_str(), &start, &end];
            vec![Change::new(sql!("nights_held"), hold.map(Into::into).into())]
        }
        RoomEvent::Released(released) => {
            let hold = [room, released.reservation_id.as_str()];
            vec![Change::new(sql!("nights_released"), hold.map(Into::into).into())]
        }
        RoomEvent::Added(_) | RoomEvent::Closed(_) => vec![],
    })
}
