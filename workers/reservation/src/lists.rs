//! By what reservations are listed.

use edgefold_flow::participant::{Column, Listed, Order};

/// The columns and the orders.
pub const LISTED: Listed = Listed {
    columns: &[
        Column::text("userId").indexed(),
        Column::text("roomId").indexed(),
        Column::text("status").indexed(),
        Column::text("dateStart"),
    ],
    orders: &[
        Order::newest("NEWEST"),
        Order::oldest("OLDEST"),
        Order::ascending("ARRIVAL", "dateStart"),
    ],
    owner: Some("userId"),
};
