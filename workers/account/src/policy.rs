//! Who may do what with an account: a guest puts money into its own and takes it out, the staff does so with all.

use edgefold_kernel::{Principal, Role, Scope};

use crate::{commands::AccountCommand, reducer::State};

/// Payments are the staff's, and the orders': what is held for an order, no person reaches. Nobody grants an overdraft to
/// itself.
pub fn may_send(principal: &Principal, command: &AccountCommand, state: &State) -> bool {
    match command {
        AccountCommand::Open(open) => {
            let is_free = state.is_none() || may_see(principal, state);
            let is_plain = open.overdraft_limit.minor_units() == 0;
            principal.is_staff() || (principal.is_guest(&open.owner_id) && is_free && is_plain)
        }
        AccountCommand::Deposit(_) | AccountCommand::Withdraw(_) => may_see(principal, state),
        AccountCommand::Authorise(authorise) => {
            principal.is_staff() && authorise.order_id.is_none()
        }
        AccountCommand::Capture(capture) => principal.is_staff() && capture.order_id.is_none(),
        AccountCommand::Release(release) => principal.is_staff() && release.order_id.is_none(),
        AccountCommand::Expire(_) => false,
    }
}

/// The guest whose it is, and the staff.
pub fn may_see(principal: &Principal, state: &State) -> bool {
    let owner = state.as_ref().map(|account| &account.owner_id);
    principal.is_staff() || owner.is_some_and(|owner| principal.is_guest(owner))
}

/// A guest's own, the staff's all.
pub fn may_list(principal: &Principal) -> Scope {
    match principal.role {
        Role::Staff => Scope::All,
        Role::Guest => Scope::Own,
        Role::Device | Role::Admin => Scope::Nothing,
    }
}
