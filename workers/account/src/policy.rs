//! The policy of accounts: a guest pays into its own accounts and withdraws from them, the staff does so with all.

use edgefold_flow::prelude::*;
use edgefold_roles::GUESTS_OWN;

use crate::{
    Account,
    commands::{Command, OpenAccount},
    state::State,
};

impl Policy for Account {
    const REACH: Reach = GUESTS_OWN;

    /// Guests cannot grant themselves an overdraft.
    fn may_begin(principal: &Principal, _id: &Id, open: &OpenAccount) -> bool {
        let is_plain = open.overdraft_limit.minor_units() == 0;
        Self::acts_for(principal, &open.owner_id)
            && (is_plain || Self::REACH.acts_for_all(principal))
    }

    /// Only the staff and orders send payment commands, and nobody from outside reaches the hold of an order.
    fn may_send(principal: &Principal, _id: &Id, command: &Command, state: &State) -> bool {
        let order = match command {
            Command::Authorise(authorise) => &authorise.order_id,
            Command::Capture(capture) => &capture.order_id,
            Command::Release(release) => &release.order_id,
            _ => return Self::acts_on(principal, state),
        };
        Self::REACH.acts_for_all(principal) && order.is_none()
    }
}
