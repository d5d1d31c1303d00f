//! By what reservations are listed.

use edgefold_flow::prelude::*;

use crate::Reservation;

impl Lists for Reservation {
    const FILTERS: &'static [Filter] = &[
        Filter::equal("userId", "Those of this owner.").indexed(),
        Filter::equal("roomId", "Claims on this room.").indexed(),
        Filter::equal("status", "Those with this status.").indexed(),
        Filter::from("arrivingFrom", "dateStart", "Those with this first night or a later one."),
        Filter::until(
            "arrivingUntil",
            "dateStart",
            "Those with this first night or an earlier one.",
        ),
    ];
    const ORDERS: &'static [Order] = &[
        Order::newest("NEWEST", "The newest first."),
        Order::oldest("OLDEST", "The oldest first."),
        Order::ascending("ARRIVAL", "dateStart", "By the first night, the earliest first."),
    ];
}
