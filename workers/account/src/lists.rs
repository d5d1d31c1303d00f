//! By what accounts are listed.

use edgefold_flow::prelude::*;

use crate::Account;

impl Lists for Account {
    const FILTERS: &'static [Filter] = &[
        Filter::equal("ownerId", "Those of this owner.").indexed(),
        Filter::equal("currency", "In this currency: a code of ISO 4217."),
        Filter::equal("overdrawn", "Those with a balance below zero, or those without.").indexed(),
    ];
    const ORDERS: &'static [Order] = &[
        Order::newest("NEWEST", "The newest first."),
        Order::oldest("OLDEST", "The oldest first."),
    ];
}
