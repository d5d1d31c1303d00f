//! By what things are listed.

use edgefold_flow::prelude::*;

use crate::Thing;

impl Lists for Thing {
    const FILTERS: &'static [Filter] = &[
        Filter::equal("status", "Those with this status.").indexed(),
        Filter::until("dueUntil", "due", "Those that are due on this day or before it."),
    ];
    const ORDERS: &'static [Order] = &[
        Order::newest("NEWEST", "The newest first."),
        Order::ascending("DUE", "due", "By the day on which they are due, the earliest first."),
    ];
}
