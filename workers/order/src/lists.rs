//! By what orders are listed.

use edgefold_flow::participant::{Column, Listed, Order};

/// The columns and the orders.
pub const LISTED: Listed = Listed {
    columns: &[
        Column::text("customerId").indexed(),
        Column::text("accountId").indexed(),
        Column::text("status").indexed(),
        Column::integer("total"),
    ],
    orders: &[
        Order::newest("NEWEST"),
        Order::oldest("OLDEST"),
        Order::descending("HIGHEST_TOTAL", "total"),
        Order::ascending("LOWEST_TOTAL", "total"),
    ],
    owner: Some("customerId"),
};
