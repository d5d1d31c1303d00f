//! Every business rule of a room.

use edgefold_kernel::{Decision, Rejection};

use crate::{
    commands::{AddRoom, HoldRoom, RoomCommand},
    events::{RoomAdded, RoomClosed, RoomEvent, RoomHeld, RoomReleased},
    reducer::{Hold, RoomState, State, Status},
};

/// Most holds at a time. They lie in the state: a thousand are 100 KB of a snapshot's 1.9 MB.
pub const HOLDS: usize = 1_000;

/// Most holds of one guest at a time: all holds of a room are not used up by one caller.
pub const HOLDS_OF_GUEST: usize = 20;

/// Decides a command.
///
/// # Errors
/// `ROOM_EXISTS`, `ROOM_UNKNOWN`, `ROOM_CLOSED`, `NIGHTS_TAKEN`, `HOLD_EXISTS`, `TOO_MANY_HOLDS_OF_GUEST` or
/// `TOO_MANY_HOLDS`.
pub fn decide(state: &State, command: &RoomCommand) -> Decision<RoomEvent> {
    let events = match (command, state) {
        (RoomCommand::Add(_), Some(_)) => {
            return Err(Rejection::rule("ROOM_EXISTS", "the room exists already").into());
        }
        (RoomCommand::Add(add), None) => vec![added(add)],
        (_, None) => return Err(Rejection::rule("ROOM_UNKNOWN", "there is no such room").into()),
        (RoomCommand::Hold(hold), Some(room)) => held(room, hold)?,
        (RoomCommand::Release(release), Some(room)) => {
            let reservation_id = release.reservation_id.clone();
            let is_held = room.holds.iter().any(|hold| hold.reservation_id == reservation_id);
            is_held.then(|| RoomReleased { reservation_id }.into()).into_iter().collect()
        }
        (RoomCommand::Close(_), Some(room)) => match room.status {
            Status::Open => vec![RoomClosed {}.into()],
            Status::Closed => vec![],
        },
    };
    Ok(events)
}

fn added(add: &AddRoom) -> RoomEvent {
    RoomAdded {
        hotel_id: add.hotel_id.clone(),
        number: add.number.clone(),
        capacity: add.capacity,
        nightly_rate: add.nightly_rate,
    }
    .into()
}

fn held(room: &RoomState, hold: &HoldRoom) -> Decision<RoomEvent> {
    let HoldRoom { reservation_id, user_id, date_start, date_end } = hold.clone();
    if let Some(own) = room.holds.iter().find(|hold| hold.reservation_id == reservation_id) {
        if (own.date_start, own.date_end) == (date_start, date_end) {
            return Ok(vec![]);
        }
        return Err(Rejection::rule(
            "HOLD_EXISTS",
            "the reservation already holds other nights of this room",
        )
        .into());
    }
    if room.status == Status::Closed {
        return Err(Rejection::rule("ROOM_CLOSED", "the room is closed").into());
    }
    if let Some(other) = room.holds.iter().find(|hold| hold.overlaps(date_start, date_end)) {
        let detail = format!("the room is taken from {} to {}", other.date_start, other.date_end);
        return Err(Rejection::rule("NIGHTS_TAKEN", detail).into());
    }
    let is_own = |hold: &&Hold| user_id.is_some() && hold.user_id == user_id;
    if room.holds.iter().filter(is_own).count() >= HOLDS_OF_GUEST {
        let detail = format!("the guest has {HOLDS_OF_GUEST} holds of this room already");
        return Err(Rejection::rule("TOO_MANY_HOLDS_OF_GUEST", detail).into());
    }
    if room.holds.len() >= HOLDS {
        let detail = format!("the room has {HOLDS} holds already");
        return Err(Rejection::rule("TOO_MANY_HOLDS", detail).into());
    }
    Ok(vec![RoomHeld { reservation_id, user_id, date_start, date_end }.into()])
}
