//! By what rounds are listed.

use edgefold_flow::prelude::*;

use crate::Round;

impl Lists for Round {
    const FILTERS: &'static [Filter] = &[
        Filter::equal("game", "Of this game.").indexed(),
        Filter::equal("status", "Those with this status.").indexed(),
    ];
    const ORDERS: &'static [Order] = &[
        Order::newest("NEWEST", "The newest first."),
        Order::oldest("OLDEST", "The oldest first."),
    ];
}
