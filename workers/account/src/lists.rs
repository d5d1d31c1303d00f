//! By what accounts are listed.

use edgefold_flow::participant::{Column, Listed, Order};

/// The columns and the orders.
pub const LISTED: Listed = Listed {
    columns: &[
        Column::text("ownerId").indexed(),
        Column::text("currency"),
        Column::integer("overdrawn").indexed(),
    ],
    orders: &[Order::newest("NEWEST"), Order::oldest("OLDEST")],
    owner: Some("ownerId"),
};
