//! The commands of a reservation.

use edgefold_flow::prelude::*;
use edgefold_room::commands::check_nights;

commands! {
    /// The commands of a reservation.
    pub enum Command {
        "CreateReservation" [creates, checked] => Create(CreateReservation),
        "CancelReservation" => Cancel(CancelReservation),
        "ConfirmReservation" [internal] => Confirm(ConfirmReservation),
        "DeclineReservation" [internal] => Decline(DeclineReservation),
        "ExpireReservation" [internal] => Expire(ExpireReservation),
        "ReturnHold" [internal] => ReturnHold(ReturnHold),
    }
}

/// Claims nights of a room. Accepted means PENDING: CONFIRMED or DECLINED follows when the room has answered, EXPIRED when it
/// does not in time.
#[command]
pub struct CreateReservation {
    /// The guest who claims them.
    #[caller]
    pub user_id: Subject,
    /// The room.
    pub room_id: Id,
    /// First night.
    pub date_start: Date,
    /// Day of departure: the night before it is the last one.
    pub date_end: Date,
}

impl CreateReservation {
    fn check(&self) -> Result<(), Rejection> {
        check_nights(self.date_start, self.date_end)
    }
}

/// Cancels a reservation.
#[command]
pub struct CancelReservation {
    /// Reason, for the record.
    pub reason: Option<Text>,
}

/// The room holds the nights.
#[command]
pub struct ConfirmReservation {}

/// The room refused the nights.
#[command]
pub struct DeclineReservation {
    /// Code of the room's refusal.
    pub reason: Code,
}

/// The room did not answer in time.
#[command]
pub struct ExpireReservation {}

/// The room holds nights that are not wanted any more.
#[command]
pub struct ReturnHold {}
