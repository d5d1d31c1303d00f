//! Every business rule of a reservation.

use edgefold_flow::prelude::*;
use edgefold_room::{Room, state::Status as RoomStatus};

use crate::{
    Reservation,
    commands::{Command, CreateReservation},
    events::{
        Event, HoldReturned, ReservationCancelled, ReservationConfirmed, ReservationCreated,
        ReservationDeclined, ReservationExpired,
    },
    process::ANSWER_WITHIN_MS,
    state::{State, Status},
};

/// Most nights of one reservation: whoever stays longer rents a flat.
pub const NIGHTS: i64 = 90;

/// Most days between a booking and the arrival: two years, as far as hotels open their books.
pub const DAYS_AHEAD: i64 = 730;

/// Where the day begins last it does so 12 hours after UTC: until then a hotel there has guests who arrive today.
const LAST_MIDNIGHT_MS: i64 = -12 * 60 * 60 * 1000;

/// Why a reservation refuses.
#[refusals]
pub enum Refusal {
    /// There is no such room.
    RoomUnknown,
    /// The room takes no holds any more.
    RoomClosed,
    /// The first night lies in the past.
    ArrivalPast,
    /// The first night is too far ahead.
    ArrivalTooFar,
    /// The stay has too many nights.
    StayTooLong,
    /// The reservation has ended already.
    ReservationEnded,
    /// The reservation is not pending.
    NotPending,
}

impl Rules for Reservation {
    type Create = CreateReservation;
    type Refusal = Refusal;

    /// Whether the room exists, and is open.
    fn rests_on(command: &Command, _by: Option<&Principal>) -> Vec<StreamId> {
        match command {
            Command::Create(create) => vec![Room::stream(&create.room_id)],
            _ => vec![],
        }
    }

    fn begin(create: &CreateReservation, context: &Context<'_>) -> Decision<Event> {
        let CreateReservation { user_id, room_id, date_start, date_end } = create.clone();
        match context.known::<Room, _>(&room_id)? {
            None => return refuse(Refusal::RoomUnknown),
            Some(room) if room.status == RoomStatus::Closed => return refuse(Refusal::RoomClosed),
            Some(_) => check_stay(create, context.now)?,
        }
        let confirm_by = context.now.plus_millis(i64::from(ANSWER_WITHIN_MS));
        happened(ReservationCreated { user_id, room_id, date_start, date_end, confirm_by })
    }

    fn decide(state: &State, command: &Command, _context: &Context<'_>) -> Decision<Event> {
        let room_id = state.room_id.clone();
        match (command.clone(), state.status) {
            (Command::Cancel(cancel), Status::Pending | Status::Confirmed) => {
                happened(ReservationCancelled { room_id, reason: cancel.reason })
            }
            (Command::Cancel(_), Status::Cancelled) => nothing(),
            (Command::Cancel(_), _) => refuse(Refusal::ReservationEnded),
            (Command::ReturnHold(_), _) => happened(HoldReturned { room_id }),
            (Command::Confirm(_), Status::Pending) => happened(ReservationConfirmed {}),
            (Command::Decline(decline), Status::Pending) => {
                happened(ReservationDeclined { reason: decline.reason })
            }
            (Command::Expire(_), Status::Pending) => happened(ReservationExpired { room_id }),
            _ => refuse(Refusal::NotPending),
        }
    }
}

/// A stay begins from today on, and neither lasts for ever nor lies beyond what a hotel has opened.
fn check_stay(create: &CreateReservation, now: Timestamp) -> Result<(), Rejection> {
    let date_start = create.date_start;
    let ahead = now.plus_millis(LAST_MIDNIGHT_MS).day().days_until(date_start);
    let nights = date_start.days_until(create.date_end);
    if ahead < 0 {
        return refuse(Refusal::ArrivalPast);
    }
    if ahead > DAYS_AHEAD {
        let detail = format!("dateStart must be within {DAYS_AHEAD} days, got {date_start}");
        return refuse_with(Refusal::ArrivalTooFar, detail);
    }
    if nights > NIGHTS {
        let detail = format!("a reservation has at most {NIGHTS} nights, this one {nights}");
        return refuse_with(Refusal::StayTooLong, detail);
    }
    Ok(())
}
