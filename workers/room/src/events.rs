//! The events of a room. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_flow::prelude::*;

use crate::commands::RoomNumber;

events! {
    /// The events of a room.
    pub enum Event {
        "RoomAdded" v 1 => Added(RoomAdded),
        "RoomHeld" v 2 after (RoomHeldV1) => Held(RoomHeld),
        "RoomReleased" v 1 => Released(RoomReleased),
        "RoomClosed" v 1 => Closed(RoomClosed),
    }
}

/// The room takes holds from now on.
#[event]
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
#[event]
pub struct RoomHeld {
    /// The reservation for which they are held.
    pub reservation_id: Id,
    /// Its guest. Version 1 did not say who that is.
    pub user_id: Option<Subject>,
    /// First night.
    pub date_start: Date,
    /// Day of departure.
    pub date_end: Date,
}

/// The nights of a reservation are free again.
#[event]
pub struct RoomReleased {
    /// The reservation for which they were held.
    pub reservation_id: Id,
}

/// The room takes no holds any more.
#[event]
pub struct RoomClosed {}

/// Version 1 of `RoomHeld`.
#[event]
pub struct RoomHeldV1 {
    /// The reservation for which they are held.
    pub reservation_id: Id,
    /// First night.
    pub date_start: Date,
    /// Day of departure.
    pub date_end: Date,
}

impl From<RoomHeldV1> for RoomHeld {
    fn from(RoomHeldV1 { reservation_id, date_start, date_end }: RoomHeldV1) -> Self {
        Self { reservation_id, user_id: None, date_start, date_end }
    }
}
