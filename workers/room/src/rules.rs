//! Every business rule of a room.

use edgefold_flow::prelude::*;

use crate::{
    Room,
    commands::{AddRoom, Command, HoldRoom},
    events::{Event, RoomAdded, RoomClosed, RoomHeld, RoomReleased},
    state::{Hold, State, Status},
};

/// Most holds at a time. They lie in the state: a thousand are 100 KB of a snapshot's 1.9 MB.
pub const HOLDS: usize = 1_000;

/// Most holds of one guest at a time: all holds of a room are not used up by one caller.
pub const HOLDS_OF_GUEST: usize = 20;

/// Why a room refuses.
#[refusals]
pub enum Refusal {
    /// The stay ends before or where it begins.
    DatesReversed,
    /// The room takes no holds any more.
    RoomClosed,
    /// Others hold some of these nights.
    NightsTaken,
    /// The reservation already holds other nights of this room.
    HoldExists,
    /// The guest has as many holds of this room as one may have.
    TooManyHoldsOfGuest,
    /// The room has as many holds as there may be.
    TooManyHolds,
}

impl Rules for Room {
    type Create = AddRoom;
    type Refusal = Refusal;

    fn begin(add: &AddRoom, _context: &Context<'_>) -> Decision<Event> {
        let AddRoom { hotel_id, number, capacity, nightly_rate } = add.clone();
        happened(RoomAdded { hotel_id, number, capacity, nightly_rate })
    }

    fn decide(state: &State, command: &Command, _context: &Context<'_>) -> Decision<Event> {
        match command {
            Command::Add(_) => nothing(),
            Command::Hold(hold) => held(state, hold),
            Command::Release(release) => {
                let reservation_id = release.reservation_id.clone();
                match state.holds.iter().any(|hold| hold.reservation_id == reservation_id) {
                    true => happened(RoomReleased { reservation_id }),
                    false => nothing(),
                }
            }
            Command::Close(_) if state.status == Status::Open => happened(RoomClosed {}),
            Command::Close(_) => nothing(),
        }
    }
}

fn held(room: &State, hold: &HoldRoom) -> Decision<Event> {
    let HoldRoom { reservation_id, user_id, date_start, date_end } = hold.clone();
    if let Some(own) = room.holds.iter().find(|hold| hold.reservation_id == reservation_id) {
        return match (own.date_start, own.date_end) == (date_start, date_end) {
            true => nothing(),
            false => refuse(Refusal::HoldExists),
        };
    }
    if room.status == Status::Closed {
        return refuse(Refusal::RoomClosed);
    }
    if let Some(other) = room.holds.iter().find(|hold| hold.overlaps(date_start, date_end)) {
        let detail = format!("the room is taken from {} to {}", other.date_start, other.date_end);
        return refuse_with(Refusal::NightsTaken, detail);
    }
    let is_own = |hold: &&Hold| user_id.is_some() && hold.user_id == user_id;
    if room.holds.iter().filter(is_own).count() >= HOLDS_OF_GUEST {
        let detail = format!("the guest has {HOLDS_OF_GUEST} holds of this room already");
        return refuse_with(Refusal::TooManyHoldsOfGuest, detail);
    }
    if room.holds.len() >= HOLDS {
        return refuse_with(Refusal::TooManyHolds, format!("the room has {HOLDS} holds already"));
    }
    happened(RoomHeld { reservation_id, user_id, date_start, date_end })
}
