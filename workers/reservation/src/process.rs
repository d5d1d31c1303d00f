//! The process of a reservation: what it asks of the room, and what the room's answers mean.

use edgefold_flow::prelude::*;
use edgefold_room::{
    Room,
    commands::{HoldRoom, ReleaseRoom},
    events::Event as RoomEvent,
};

use crate::{
    Reservation,
    commands::{Command, ConfirmReservation, DeclineReservation, ExpireReservation, ReturnHold},
    events::Event,
    state::{State, Status},
};

/// Milliseconds that the room has to answer. Its answer takes two passes through the queue, well under a second each
/// when all is well; a minute also covers a few retries.
pub const ANSWER_WITHIN_MS: u32 = 60_000;

impl Process for Reservation {
    /// The room's answer goes to the reservation that it names.
    const ROUTES: &'static [Route] = &[Route::to_field::<Room>("RoomHeld", "reservationId")];

    fn errands(id: &Id, event: &Event) -> Vec<Errand> {
        let reservation_id = id.clone();
        let release = |room_id: &Id| {
            let reservation_id = id.clone();
            vec![Errand::to::<Room>(room_id, ReleaseRoom { reservation_id })]
        };
        match event {
            Event::Created(created) => {
                let hold = HoldRoom {
                    reservation_id,
                    user_id: Some(created.user_id.clone()),
                    date_start: created.date_start,
                    date_end: created.date_end,
                };
                vec![Errand::to::<Room>(&created.room_id, hold)]
            }
            Event::Cancelled(cancelled) => release(&cancelled.room_id),
            Event::Expired(expired) => release(&expired.room_id),
            Event::HoldReturned(returned) => release(&returned.room_id),
            Event::Confirmed(_) | Event::Declined(_) => vec![],
        }
    }

    /// The room holds the nights: that confirms the reservation, or comes too late.
    fn on_foreign(state: &State, event: &Envelope) -> Result<Vec<Command>, Fault> {
        Ok(match (event.read::<RoomEvent>()?, state.status) {
            (RoomEvent::Held(_), Status::Pending) => vec![ConfirmReservation {}.into()],
            (RoomEvent::Held(_), Status::Cancelled | Status::Expired | Status::Declined) => {
                vec![ReturnHold {}.into()]
            }
            _ => vec![],
        })
    }

    /// The room refused to hold the nights. A refused release changes nothing: there is nothing left to give back.
    fn on_refused(_state: &State, refused: &Refused) -> Vec<Command> {
        match refused.name.as_str() {
            "HoldRoom" => vec![DeclineReservation { reason: refused.code() }.into()],
            _ => vec![],
        }
    }

    /// A reservation waits for the room's answer, but not for ever.
    fn deadline(_id: &Id, state: &State) -> Option<Due<Command>> {
        // `ReservationCreated` begins the stream.
        state.confirm_by.map(|at| Due { at, command: ExpireReservation {}.into(), set_by: 1 })
    }
}
