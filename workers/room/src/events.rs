//! The events of a room. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_kernel::{Amount, Date, Id, event::no_upcast, events};
use serde::{Deserialize, Serialize};

use crate::commands::RoomNumber;

/// The room takes holds from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomAdded {
    /// The hotel that it belongs to.
    pub hotel_id: Id,
    /// The number on its door.
    pub number: RoomNumber,
    /// Number of guests that it takes.
    pub capacity: u32,
    /// Price of a night, in minor units.
    pub nightly_rate: Amount,
}

/// Nights are held for a reservation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomHeld {
    /// The reservation for which they are held.
    pub reservation_id: Id,
    /// First night.
    pub date_start: Date,
    /// Day of departure.
    pub date_end: Date,
}

/// The nights of a reservation are free again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomReleased {
    /// The reservation for which they were held.
    pub reservation_id: Id,
}

/// The room takes no holds any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomClosed {}

events! {
    /// The events of a room.
    pub enum RoomEvent upcast no_upcast {
        "RoomAdded" v 1 => Added(RoomAdded),
        "RoomHeld" v 1 => Held(RoomHeld),
        "RoomReleased" v 1 => Released(RoomReleased),
        "RoomClosed" v 1 => Closed(RoomClosed),
    }
}
