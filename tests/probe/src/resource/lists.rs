//! By what resources are listed. A resource is nobody's.

use edgefold_flow::participant::{Column, Listed, Order};

/// The columns and the orders.
pub const LISTED: Listed = Listed {
    columns: &[
        Column::text("groupId").indexed(),
        Column::text("number"),
        Column::integer("rate"),
        Column::text("status"),
        Column::integer("capacity"),
    ],
    orders: &[
        Order::ascending("NUMBER", "number"),
        Order::ascending("CHEAPEST", "rate"),
        Order::descending("DEAREST", "rate"),
    ],
    owner: None,
};
