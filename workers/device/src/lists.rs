//! By what devices are listed.

use edgefold_flow::participant::{Column, Listed, Order};

/// The columns and the orders.
pub const LISTED: Listed = Listed {
    columns: &[
        Column::text("ownerId").indexed(),
        Column::text("model").indexed(),
        Column::text("status").indexed(),
        Column::integer("decommissioned"),
    ],
    orders: &[Order::newest("NEWEST"), Order::oldest("OLDEST"), Order::ascending("MODEL", "model")],
    owner: Some("ownerId"),
};
