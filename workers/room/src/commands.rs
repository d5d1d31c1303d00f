//! The commands of a room.

use edgefold_flow::prelude::*;

use crate::rules::Refusal;

commands! {
    /// The commands of a room.
    pub enum Command {
        "AddRoom" [creates] => Add(AddRoom),
        "HoldRoom" [internal, checked] => Hold(HoldRoom),
        "ReleaseRoom" [internal] => Release(ReleaseRoom),
        "CloseRoom" => Close(CloseRoom),
    }
}

/// Opens a room for holds.
#[command]
pub struct AddRoom {
    /// The hotel that it belongs to.
    pub hotel_id: Id,
    /// The number on its door.
    pub number: RoomNumber,
    /// Number of guests that it takes.
    #[within(1..=100)]
    pub capacity: u32,
    /// Price of a night, in minor units.
    pub nightly_rate: Amount,
}

/// The number on a room's door. A whole number is taken as its digits.
#[text(1..=16, or_number)]
pub struct RoomNumber(String);

/// Holds nights for a reservation. Sent by the reservation, not from outside.
#[command]
pub struct HoldRoom {
    /// The reservation for which the nights are held.
    pub reservation_id: Id,
    /// The guest of the reservation. Code of before did not say it.
    pub user_id: Option<Subject>,
    /// First night.
    pub date_start: Date,
    /// Day of departure: the night before it is the last one.
    pub date_end: Date,
}

impl HoldRoom {
    fn check(&self) -> Result<(), Rejection> {
        check_nights(self.date_start, self.date_end)
    }
}

/// A range of nights is half-open, and holds at least one.
///
/// # Errors
/// `DATES_REVERSED` when it ends before or where it begins.
pub fn check_nights(date_start: Date, date_end: Date) -> Result<(), Rejection> {
    if date_start < date_end {
        return Ok(());
    }
    let detail = format!("dateEnd must be after dateStart {date_start}, got {date_end}");
    refuse_shape(Refusal::DatesReversed, "payload.dateEnd", detail)
}

/// Gives the nights of a reservation back. Sent by the reservation, not from outside.
#[command]
pub struct ReleaseRoom {
    /// The reservation for which the nights were held.
    pub reservation_id: Id,
}

/// Closes a room for new holds. Existing holds stay.
#[command]
pub struct CloseRoom {}
