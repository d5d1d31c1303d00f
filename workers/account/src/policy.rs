//! Who may do what with an account: a guest puts money into its own and takes it out, the staff does so with all.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::{is_guest, is_staff, lists_own};

use crate::{commands::AccountCommand, reducer::State};

/// Payments are the staff's, and the orders': what is held for an order, no person reaches. Nobody grants an overdraft to
/// itself.
pub fn may_send(principal: &Principal, command: &AccountCommand, state: &State) -> bool {
    match command {
        AccountCommand::Open(open) => {
            let is_free = state.is_none() || may_see(principal, state);
            let is_plain = open.overdraft_limit.minor_units() == 0;
            is_staff(principal) || (is_guest(principal, &open.owner_id) && is_free && is_plain)
        }
        AccountCommand::Deposit(_) | AccountCommand::Withdraw(_) => may_see(principal, state),
        AccountCommand::Authorise(authorise) => is_staff(principal) && authorise.order_id.is_none(),
        AccountCommand::Capture(capture) => is_staff(principal) && capture.order_id.is_none(),
        AccountCommand::Release(release) => is_staff(principal) && release.order_id.is_none(),
        AccountCommand::Expire(_) => false,
    }
}

/// The guest whose it is, and the staff.
pub fn may_see(principal: &Principal, state: &State) -> bool {
    let owner = state.as_ref().map(|account| &account.owner_id);
    is_staff(principal) || owner.is_some_and(|owner| is_guest(principal, owner))
}

/// A guest's own, the staff's all.
pub fn may_list(principal: &Principal) -> Scope {
    lists_own(principal)
}
