//! The events of a reservation. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_flow::prelude::*;

events! {
    /// The events of a reservation.
    pub enum Event {
        "ReservationCreated" v 1 => Created(ReservationCreated),
        "ReservationConfirmed" v 1 => Confirmed(ReservationConfirmed),
        "ReservationDeclined" v 1 => Declined(ReservationDeclined),
        "ReservationCancelled" v 1 => Cancelled(ReservationCancelled),
        "ReservationExpired" v 1 => Expired(ReservationExpired),
        "HoldReturned" v 1 => HoldReturned(HoldReturned),
    }
}

/// Nights of a room are claimed.
#[event]
pub struct ReservationCreated {
    /// The guest who claims them.
    pub user_id: Subject,
    /// The room.
    pub room_id: Id,
    /// First night.
    pub date_start: Date,
    /// Day of departure.
    pub date_end: Date,
    /// Instant until which the room must have answered.
    pub confirm_by: Timestamp,
}

/// The room holds the nights.
#[event]
pub struct ReservationConfirmed {}

/// The room refused the nights.
#[event]
pub struct ReservationDeclined {
    /// Code of the room's refusal.
    pub reason: Code,
}

/// The reservation was cancelled.
#[event]
pub struct ReservationCancelled {
    /// The room, which is to release the nights.
    pub room_id: Id,
    /// Reason.
    pub reason: Option<Text>,
}

/// The room did not answer in time.
#[event]
pub struct ReservationExpired {
    /// The room, which is to release the nights, should it hold them.
    pub room_id: Id,
}

/// The room's hold came too late and is given back.
#[event]
pub struct HoldReturned {
    /// The room, which is to release the nights.
    pub room_id: Id,
}
