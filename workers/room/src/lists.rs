//! By what rooms are listed.

use edgefold_flow::prelude::*;

use crate::{Room, nights::FREE};

impl Lists for Room {
    const FILTERS: &'static [Filter] = &[
        Filter::equal("hotelId", "Rooms of this hotel.").indexed(),
        Filter::equal("status", "Rooms that take holds, or that do not."),
        Filter::from("guests", "capacity", "Rooms that take at least this many guests."),
    ];
    const BESIDE: &'static [Beside] = &[FREE];
    const ORDERS: &'static [Order] = &[
        Order::ascending("NUMBER", "number", "By the number on the door."),
        Order::ascending("CHEAPEST", "nightlyRate", "By the price of a night, the lowest first."),
        Order::descending("DEAREST", "nightlyRate", "By the price of a night, the highest first."),
    ];
}
