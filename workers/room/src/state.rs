//! The state of a room, and how an event changes it.

use edgefold_flow::prelude::*;

use crate::{
    Room,
    commands::RoomNumber,
    events::{Event, RoomAdded, RoomHeld},
};

/// A room of a hotel.
#[state]
pub struct State {
    /// Open or closed for holds.
    pub status: Status,
    /// The hotel that it belongs to.
    pub hotel_id: Id,
    /// The number on its door.
    pub number: RoomNumber,
    /// Number of guests that it takes.
    pub capacity: u32,
    /// Price of a night, in minor units.
    pub nightly_rate: Amount,
    /// Number of reservations that hold nights.
    pub hold_count: u32,
    /// The nights that are held, in the order in which they were asked for.
    #[inner]
    pub holds: Vec<Hold>,
}

/// A room is open or closed for holds.
#[state]
pub enum Status {
    /// It takes holds.
    Open,
    /// It takes no holds.
    Closed,
}

/// Nights held for one reservation.
#[state]
pub struct Hold {
    /// The reservation for which they are held.
    pub reservation_id: Id,
    /// Its guest, where that is known.
    pub user_id: Option<Subject>,
    /// First night.
    pub date_start: Date,
    /// Day of departure.
    pub date_end: Date,
}

impl Hold {
    /// True if both ranges have a night in common. Ranges are half-open: one may begin on the day on which another
    /// ends.
    pub fn overlaps(&self, date_start: Date, date_end: Date) -> bool {
        self.date_start < date_end && date_start < self.date_end
    }
}

impl Reducer for Room {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Added(added) = event.clone() else { return None };
        let RoomAdded { hotel_id, number, capacity, nightly_rate } = added;
        let (status, hold_count, holds) = (Status::Open, 0, Vec::new());
        Some(State { status, hotel_id, number, capacity, nightly_rate, hold_count, holds })
    }

    fn evolve(state: &mut State, event: &Event, _version: Version) {
        match event.clone() {
            Event::Added(_) => {}
            Event::Held(RoomHeld { reservation_id, user_id, date_start, date_end }) => {
                state.holds.push(Hold { reservation_id, user_id, date_start, date_end });
            }
            Event::Released(released) => {
                state.holds.retain(|hold| hold.reservation_id != released.reservation_id);
            }
            Event::Closed(_) => state.status = Status::Closed,
        }
        state.hold_count = u32::try_from(state.holds.len()).unwrap_or(u32::MAX);
    }
}
