//! The process of a reservation: its requests to the room, and its reactions to the answers.

use edgefold_flow::{Due, Errand, participant::Refused};
use edgefold_kernel::{Envelope, Fault, Id};
use edgefold_room::{
    Room, RoomEvent,
    commands::{HoldRoom, ReleaseRoom},
};

use crate::{
    commands::{
        ConfirmReservation, DeclineReservation, ExpireReservation, ReservationCommand, ReturnHold,
    },
    events::ReservationEvent,
    reducer::{State, Status},
};

/// Milliseconds that the room has to answer. Its answer takes two passes through the queue, well under a second each
/// when all is well; a minute also covers a few retries.
pub const ANSWER_WITHIN_MS: u32 = 60_000;

/// The requests to the room that follow from an event.
pub fn errands(id: &Id, event: &ReservationEvent) -> Vec<Errand> {
    let release = |room_id: &Id| {
        Errand::to::<Room>(room_id.clone(), ReleaseRoom { reservation_id: id.clone() })
    };
    match event {
        ReservationEvent::Created(created) => {
            let hold = HoldRoom {
                reservation_id: id.clone(),
                user_id: Some(created.user_id.clone()),
                date_start: created.date_start,
                date_end: created.date_end,
            };
            vec![Errand::to::<Room>(created.room_id.clone(), hold)]
        }
        ReservationEvent::Cancelled(cancelled) => vec![release(&cancelled.room_id)],
        ReservationEvent::Expired(expired) => vec![release(&expired.room_id)],
        ReservationEvent::HoldReturned(returned) => vec![release(&returned.room_id)],
        ReservationEvent::Confirmed(_) | ReservationEvent::Declined(_) => vec![],
    }
}

/// The room holds the nights: that confirms the reservation, or comes too late.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn on_foreign(state: &State, event: &Envelope) -> Result<Vec<ReservationCommand>, Fault> {
    let status = state.as_ref().map(|reservation| reservation.status);
    Ok(match (event.read::<RoomEvent>()?, status) {
        (RoomEvent::Held(_), Some(Status::Pending)) => vec![ConfirmReservation {}.into()],
        (RoomEvent::Held(_), Some(Status::Cancelled | Status::Expired | Status::Declined)) => {
            vec![ReturnHold {}.into()]
        }
        _ => vec![],
    })
}

/// The room refused to hold the nights. A refused release changes nothing: there is nothing left to give back.
pub fn on_refused(refused: &Refused) -> Vec<ReservationCommand> {
    match refused.name.as_str() {
        "HoldRoom" => {
            vec![DeclineReservation { reason: refused.rejection.code.to_string() }.into()]
        }
        _ => vec![],
    }
}

/// A reservation waits for the room's answer, but not for ever.
pub fn deadline(state: &State) -> Option<Due<ReservationCommand>> {
    let pending = state.as_ref().filter(|reservation| reservation.status == Status::Pending)?;
    // `ReservationCreated` begins the stream.
    Some(Due { at: pending.confirm_by, command: ExpireReservation {}.into(), set_by: 1 })
}
