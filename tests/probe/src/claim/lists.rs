//! By what claims are listed.

use edgefold_flow::participant::{Column, Listed, Order};

/// The columns and the orders.
pub const LISTED: Listed = Listed {
    columns: &[
        Column::text("userId").indexed(),
        Column::text("resourceId").indexed(),
        Column::text("status").indexed(),
        Column::text("dateStart"),
    ],
    orders: &[
        Order::newest("NEWEST"),
        Order::oldest("OLDEST"),
        Order::ascending("START", "dateStart"),
    ],
    owner: Some("userId"),
};
