//! The policy of accounts: a guest pays into its own accounts and withdraws from them, the staff does so with all.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::{is_guest, is_staff, lists_own, sees_all};

use crate::{commands::AccountCommand, reducer::State};

/// Only the staff and orders send payment commands, and nobody from outside reaches the hold of an order. Guests cannot
/// grant themselves an overdraft.
pub fn may_send(principal: &Principal, command: &AccountCommand, state: &State) -> bool {
    match command {
        AccountCommand::Open(open) => {
            let is_free = state.is_none() || acts_on(principal, state);
            let is_plain = open.overdraft_limit.minor_units() == 0;
            is_staff(principal) || (is_guest(principal, &open.owner_id) && is_free && is_plain)
        }
        AccountCommand::Deposit(_) | AccountCommand::Withdraw(_) => acts_on(principal, state),
        AccountCommand::Authorise(authorise) => is_staff(principal) && authorise.order_id.is_none(),
        AccountCommand::Capture(capture) => is_staff(principal) && capture.order_id.is_none(),
        AccountCommand::Release(release) => is_staff(principal) && release.order_id.is_none(),
        AccountCommand::Expire(_) => false,
    }
}

/// The guest that owns it, the staff and services.
pub fn may_see(principal: &Principal, state: &State) -> bool {
    sees_all(principal) || acts_on(principal, state)
}

fn acts_on(principal: &Principal, state: &State) -> bool {
    let owner = state.as_ref().map(|account| &account.owner_id);
    is_staff(principal) || owner.is_some_and(|owner| is_guest(principal, owner))
}

/// Guests list their own, the staff and services list all.
pub fn may_list(principal: &Principal) -> Scope {
    lists_own(principal)
}
