//! By what rooms are listed. A room is nobody's.

use edgefold_flow::participant::{Column, Listed, Order};

/// The columns and the orders.
pub const LISTED: Listed = Listed {
    columns: &[
        Column::text("hotelId").indexed(),
        Column::text("number"),
        Column::integer("nightlyRate"),
        Column::text("status"),
        Column::integer("capacity"),
    ],
    orders: &[
        Order::ascending("NUMBER", "number"),
        Order::ascending("CHEAPEST", "nightlyRate"),
        Order::descending("DEAREST", "nightlyRate"),
    ],
    owner: None,
};
