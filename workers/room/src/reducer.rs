//! The state of a room, and how an event changes it.

use edgefold_kernel::{Amount, Date, Id, Subject};
use serde::{Deserialize, Serialize};

use crate::{commands::RoomNumber, events::RoomEvent};

/// `None` until the room was added.
pub type State = Option<RoomState>;

/// A room that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomState {
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
    pub holds: Vec<Hold>,
}

/// A room is open or closed for holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// It takes holds.
    Open,
    /// It takes no holds.
    Closed,
}

/// Nights held for one reservation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hold {
    /// The reservation for which they are held.
    pub reservation_id: Id,
    /// Its guest, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
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

/// The state that others decide on and lists show: the room without its holds.
pub fn outline(state: &State) -> State {
    state.as_ref().map(|room| RoomState {
        status: room.status,
        hotel_id: room.hotel_id.clone(),
        number: room.number.clone(),
        capacity: room.capacity,
        nightly_rate: room.nightly_rate,
        hold_count: room.hold_count,
        holds: Vec::new(),
    })
}

/// Changes the state as the event says.
pub fn evolve(state: &mut State, event: &RoomEvent) {
    match (event, &mut *state) {
        (RoomEvent::Added(added), state) => {
            *state = Some(RoomState {
                status: Status::Open,
                hotel_id: added.hotel_id.clone(),
                number: added.number.clone(),
                capacity: added.capacity,
                nightly_rate: added.nightly_rate,
                hold_count: 0,
                holds: Vec::new(),
            });
        }
        (RoomEvent::Held(held), Some(room)) => room.holds.push(Hold {
            reservation_id: held.reservation_id.clone(),
            user_id: held.user_id.clone(),
            date_start: held.date_start,
            date_end: held.date_end,
        }),
        (RoomEvent::Released(released), Some(room)) => {
            room.holds.retain(|hold| hold.reservation_id != released.reservation_id);
        }
        (RoomEvent::Closed(_), Some(room)) => room.status = Status::Closed,
        (_, None) => {}
    }
    if let Some(room) = state {
        room.hold_count = u32::try_from(room.holds.len()).unwrap_or(u32::MAX);
    }
}
