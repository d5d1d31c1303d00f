//! The state of a reservation, and how an event changes it.

use edgefold_kernel::{Date, Id, Subject, Timestamp};
use serde::{Deserialize, Serialize};

use crate::events::ReservationEvent;

/// `None` until the reservation was created.
pub type State = Option<ReservationState>;

/// A reservation that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReservationState {
    /// Status.
    pub status: Status,
    /// Reason why it was declined or cancelled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The owner.
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

/// Status of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// The room was asked.
    Pending,
    /// The room holds the nights.
    Confirmed,
    /// The room refused.
    Declined,
    /// Cancelled by a caller.
    Cancelled,
    /// The room did not answer in time.
    Expired,
}

/// Changes the state as the event says.
pub fn evolve(state: &mut State, event: &ReservationEvent) {
    match (event, state) {
        (ReservationEvent::Created(created), state) => {
            *state = Some(ReservationState {
                status: Status::Pending,
                reason: None,
                user_id: created.user_id.clone(),
                room_id: created.room_id.clone(),
                date_start: created.date_start,
                date_end: created.date_end,
                confirm_by: created.confirm_by,
            });
        }
        (ReservationEvent::Confirmed(_), Some(it)) => it.status = Status::Confirmed,
        (ReservationEvent::Declined(declined), Some(it)) => {
            it.status = Status::Declined;
            it.reason = Some(declined.reason.clone());
        }
        (ReservationEvent::Cancelled(cancelled), Some(it)) => {
            it.status = Status::Cancelled;
            it.reason = cancelled.reason.as_ref().map(ToString::to_string);
        }
        (ReservationEvent::Expired(_), Some(it)) => it.status = Status::Expired,
        (ReservationEvent::HoldReturned(_), _) | (_, None) => {}
    }
}
