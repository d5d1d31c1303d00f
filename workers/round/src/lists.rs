//! By what rounds are listed. A round is nobody's.

use edgefold_flow::participant::{Column, Listed, Order};

/// The columns and the orders.
pub const LISTED: Listed = Listed {
    columns: &[Column::text("game").indexed(), Column::text("status").indexed()],
    orders: &[Order::newest("NEWEST"), Order::oldest("OLDEST")],
    owner: None,
};
