//! By what resources are listed. A resource is nobody's.

use edgefold_flow::prelude::*;

use super::Resource;

impl Lists for Resource {
    const FILTERS: &'static [Filter] = &[
        Filter::equal("groupId", "Resources of this group.").indexed(),
        Filter::equal("status", "Resources that take holds, or that do not."),
        Filter::from("fits", "capacity", "Resources with at least this capacity."),
    ];
    const ORDERS: &'static [Order] = &[
        Order::ascending("NUMBER", "number", "By its label."),
        Order::ascending("CHEAPEST", "rate", "By the price of a day, the lowest first."),
        Order::descending("DEAREST", "rate", "By the price of a day, the highest first."),
    ];
}
