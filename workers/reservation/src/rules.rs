//! Every business rule of a reservation.

use edgefold_kernel::{Aggregate, Context, Date, Decision, Rejection, StreamId, Timestamp};
use edgefold_room::{Room, reducer::Status as RoomStatus};

use crate::{
    commands::{CreateReservation, ReservationCommand},
    events::{
        HoldReturned, ReservationCancelled, ReservationConfirmed, ReservationCreated,
        ReservationDeclined, ReservationEvent, ReservationExpired,
    },
    process::ANSWER_WITHIN_MS,
    reducer::{ReservationState, State, Status},
};

/// Most nights of one reservation: whoever stays longer rents a flat.
pub const NIGHTS: i64 = 90;

/// Most days between a booking and the arrival: two years, as far as hotels open their books.
pub const DAYS_AHEAD: i64 = 730;

/// Where the day begins last it does so 12 hours after UTC: until then a hotel there has guests who arrive today.
const LAST_MIDNIGHT_MS: i64 = -12 * 60 * 60 * 1000;

/// The decision to create a reservation needs the copy of the room's stream.
pub fn rests_on(command: &ReservationCommand) -> Vec<StreamId> {
    match command {
        ReservationCommand::Create(create) => {
            vec![StreamId::new(Room::TYPE, create.room_id.clone())]
        }
        _ => Vec::new(),
    }
}

/// Decides a command.
///
/// # Errors
/// `RESERVATION_EXISTS`, `RESERVATION_UNKNOWN`, `ROOM_UNKNOWN`, `ROOM_CLOSED`, `ARRIVAL_PAST`, `ARRIVAL_TOO_FAR`,
/// `STAY_TOO_LONG`, `RESERVATION_ENDED` or `NOT_PENDING`.
pub fn decide(
    state: &State,
    command: &ReservationCommand,
    context: &Context<'_>,
) -> Decision<ReservationEvent> {
    let reservation = match (command, state) {
        (ReservationCommand::Create(_), Some(_)) => {
            return Err(
                Rejection::rule("RESERVATION_EXISTS", "the reservation exists already").into()
            );
        }
        (ReservationCommand::Create(create), None) => return created(create, context),
        (_, None) => {
            return Err(
                Rejection::rule("RESERVATION_UNKNOWN", "there is no such reservation").into()
            );
        }
        (_, Some(reservation)) => reservation,
    };
    let room_id = reservation.room_id.clone();
    let event = match command {
        ReservationCommand::Create(_) => return Ok(vec![]),
        ReservationCommand::Cancel(cancel) => {
            match reservation.status {
                Status::Pending | Status::Confirmed => {}
                Status::Cancelled => return Ok(vec![]),
                Status::Declined | Status::Expired => {
                    return Err(Rejection::rule(
                        "RESERVATION_ENDED",
                        "the reservation has ended already",
                    )
                    .into());
                }
            }
            ReservationCancelled { room_id, reason: cancel.reason.clone() }.into()
        }
        ReservationCommand::Confirm(_) => only_pending(reservation, ReservationConfirmed {})?,
        ReservationCommand::Decline(decline) => {
            only_pending(reservation, ReservationDeclined { reason: decline.reason.clone() })?
        }
        ReservationCommand::Expire(_) => only_pending(reservation, ReservationExpired { room_id })?,
        ReservationCommand::ReturnHold(_) => HoldReturned { room_id }.into(),
    };
    Ok(vec![event])
}

fn created(create: &CreateReservation, context: &Context<'_>) -> Decision<ReservationEvent> {
    let CreateReservation { user_id, room_id, date_start, date_end } = create.clone();
    match context.foreign.state::<Room>(&room_id)?.flatten() {
        None => {
            return Err(
                Rejection::rule("ROOM_UNKNOWN", format!("there is no room {room_id}")).into()
            );
        }
        Some(room) if room.status == RoomStatus::Closed => {
            return Err(Rejection::rule("ROOM_CLOSED", format!("room {room_id} is closed")).into());
        }
        Some(_) => {}
    }
    check_stay(date_start, date_end, context.now)?;
    let confirm_by = context.now.plus_millis(i64::from(ANSWER_WITHIN_MS));
    Ok(vec![ReservationCreated { user_id, room_id, date_start, date_end, confirm_by }.into()])
}

/// A stay begins from today on, and neither lasts for ever nor lies beyond what a hotel has opened.
fn check_stay(date_start: Date, date_end: Date, now: Timestamp) -> Result<(), Rejection> {
    let ahead = now.plus_millis(LAST_MIDNIGHT_MS).day().days_until(date_start);
    if ahead < 0 {
        let detail = format!("dateStart must not lie in the past, got {date_start}");
        return Err(Rejection::rule("ARRIVAL_PAST", detail));
    }
    if ahead > DAYS_AHEAD {
        let detail = format!("dateStart must be within {DAYS_AHEAD} days, got {date_start}");
        return Err(Rejection::rule("ARRIVAL_TOO_FAR", detail));
    }
    let nights = date_start.days_until(date_end);
    if nights > NIGHTS {
        let detail = format!("a reservation has at most {NIGHTS} nights, this one {nights}");
        return Err(Rejection::rule("STAY_TOO_LONG", detail));
    }
    Ok(())
}

fn only_pending(
    reservation: &ReservationState,
    event: impl Into<ReservationEvent>,
) -> Result<ReservationEvent, Rejection> {
    match reservation.status {
        Status::Pending => Ok(event.into()),
        _ => Err(Rejection::rule("NOT_PENDING", "the reservation is not pending")),
    }
}
