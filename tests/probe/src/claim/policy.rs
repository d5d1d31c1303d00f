//! The policy of claims: owners act on their own, the operator on all.

use edgefold_kernel::{Principal, Scope};

use super::{commands::ClaimCommand, reducer::State};
use crate::roles::{is_operator, is_owner, lists_own, sees_all};

/// An owner creates and cancels its own claims. The resource's answers come from the system, not from callers.
pub fn may_send(principal: &Principal, command: &ClaimCommand, state: &State) -> bool {
    match command {
        ClaimCommand::Create(create) => {
            let is_free = state.is_none() || acts_on(principal, state);
            is_operator(principal) || (is_owner(principal, &create.user_id) && is_free)
        }
        ClaimCommand::Cancel(_) | ClaimCommand::Start(_) => acts_on(principal, state),
        ClaimCommand::Confirm(_)
        | ClaimCommand::Decline(_)
        | ClaimCommand::Expire(_)
        | ClaimCommand::ReturnHold(_) => false,
    }
}

/// The owner, the operator and services.
pub fn may_see(principal: &Principal, state: &State) -> bool {
    sees_all(principal) || acts_on(principal, state)
}

fn acts_on(principal: &Principal, state: &State) -> bool {
    let owner = state.as_ref().map(|claim| &claim.user_id);
    is_operator(principal) || owner.is_some_and(|owner| is_owner(principal, owner))
}

/// Owners list their own, the operator and services list all.
pub fn may_list(principal: &Principal) -> Scope {
    lists_own(principal)
}
