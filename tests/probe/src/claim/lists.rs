//! By what claims are listed.

use edgefold_flow::prelude::*;

use super::Claim;

impl Lists for Claim {
    const FILTERS: &'static [Filter] = &[
        Filter::equal("userId", "Those of this owner.").indexed(),
        Filter::equal("resourceId", "Claims on this resource.").indexed(),
        Filter::equal("status", "Those with this status.").indexed(),
        Filter::from("startingFrom", "dateStart", "Those with this first day or a later one."),
        Filter::until("startingUntil", "dateStart", "Those with this first day or an earlier one."),
    ];
    const ORDERS: &'static [Order] = &[
        Order::newest("NEWEST", "The newest first."),
        Order::oldest("OLDEST", "The oldest first."),
        Order::ascending("START", "dateStart", "By the first day, the earliest first."),
    ];
}
