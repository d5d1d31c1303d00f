//! By what orders are listed.

use edgefold_flow::prelude::{Order as By, *};

use crate::Order;

impl Lists for Order {
    const FILTERS: &'static [Filter] = &[
        Filter::equal("customerId", "Orders of this customer.").indexed(),
        Filter::equal("accountId", "Those that this account pays.").indexed(),
        Filter::equal("status", "Those with this status.").indexed(),
    ];
    const ORDERS: &'static [By] = &[
        By::newest("NEWEST", "The newest first."),
        By::oldest("OLDEST", "The oldest first."),
        By::descending("HIGHEST_TOTAL", "total", "By total price, the highest first."),
        By::ascending("LOWEST_TOTAL", "total", "By total price, the lowest first."),
    ];
}
