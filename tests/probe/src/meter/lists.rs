//! By what meters are listed.

use edgefold_flow::prelude::*;

use super::Meter;

impl Lists for Meter {
    const FILTERS: &'static [Filter] = &[
        Filter::equal("ownerId", "Those of this owner.").indexed(),
        Filter::equal("model", "Of this model.").indexed(),
        Filter::equal("status", "Those with this status in their latest report.").indexed(),
        Filter::equal("decommissioned", "Out of service, or in service."),
    ];
    const ORDERS: &'static [Order] = &[
        Order::newest("NEWEST", "The newest first."),
        Order::oldest("OLDEST", "The oldest first."),
        Order::ascending("MODEL", "model", "By model."),
    ];
}
