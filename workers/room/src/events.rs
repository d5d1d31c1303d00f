//! The events of a room. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_kernel::{
    Amount, Date, Fault, Id, Subject,
    event::{no_upcast, step},
    events,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// Version 1 of `RoomHeld`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomHeldV1 {
    /// The reservation for which they are held.
    pub reservation_id: Id,
    /// First night.
    pub date_start: Date,
    /// Day of departure.
    pub date_end: Date,
}

/// Nights are held for a reservation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomHeld {
    /// The reservation for which they are held.
    pub reservation_id: Id,
    /// Its guest. Version 1 did not say who that is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<Subject>,
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
    pub enum RoomEvent upcast upcast {
        "RoomAdded" v 1 => Added(RoomAdded),
        "RoomHeld" v 2 after (RoomHeldV1) => Held(RoomHeld),
        "RoomReleased" v 1 => Released(RoomReleased),
        "RoomClosed" v 1 => Closed(RoomClosed),
    }
}

fn upcast(name: &str, from: u32, data: Value) -> Result<Value, Fault> {
    match (name, from) {
        ("RoomHeld", 1) => step::<RoomHeldV1, RoomHeld>(name, from, data),
        _ => no_upcast(name, from, data),
    }
}

impl From<RoomHeldV1> for RoomHeld {
    fn from(old: RoomHeldV1) -> Self {
        let RoomHeldV1 { reservation_id, date_start, date_end } = old;
        Self { reservation_id, user_id: None, date_start, date_end }
    }
}
