//! The state of a reservation, and how an event changes it.

use edgefold_flow::prelude::*;

use crate::{
    Reservation,
    events::{Event, ReservationCreated},
};

/// A guest's claim on nights of a room.
#[state]
pub struct State {
    /// Status.
    pub status: Status,
    /// Code of the refusal for which it was declined.
    pub refusal: Option<Code>,
    /// Reason why it was cancelled.
    pub reason: Option<Text>,
    /// The owner.
    #[owner]
    pub user_id: Subject,
    /// The room.
    pub room_id: Id,
    /// First night.
    pub date_start: Date,
    /// Day of departure: the night before it is the last one.
    pub date_end: Date,
    /// Instant until which the room must have answered; null once nobody waits for it any more.
    pub confirm_by: Option<Timestamp>,
}

/// Status of a reservation.
#[state]
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

impl Reducer for Reservation {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Created(created) = event.clone() else { return None };
        let ReservationCreated { user_id, room_id, date_start, date_end, confirm_by } = created;
        let (status, refusal, reason) = (Status::Pending, None, None);
        let confirm_by = Some(confirm_by);
        Some(State { status, refusal, reason, user_id, room_id, date_start, date_end, confirm_by })
    }

    fn evolve(state: &mut State, event: &Event, _version: Version) {
        match event {
            Event::Confirmed(_) => state.status = Status::Confirmed,
            Event::Declined(declined) => {
                state.status = Status::Declined;
                state.refusal = Some(declined.reason.clone());
            }
            Event::Cancelled(cancelled) => {
                state.status = Status::Cancelled;
                state.reason = cancelled.reason.clone();
            }
            Event::Expired(_) => state.status = Status::Expired,
            Event::Created(_) | Event::HoldReturned(_) => {}
        }
        if state.status != Status::Pending {
            state.confirm_by = None;
        }
    }
}
