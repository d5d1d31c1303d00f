//! The policy of meters: a meter reports about itself, its owner may see it, the operator does everything.

use edgefold_kernel::{Id, Principal, Scope};

use super::{commands::MeterCommand, reducer::State};
use crate::roles::{MACHINE, is_machine, is_operator, is_owner, lists_own, sees_all};

/// A meter updates itself and no other. The operator registers and decommissions meters.
pub fn may_send(principal: &Principal, id: &Id, command: &MeterCommand) -> bool {
    match command {
        MeterCommand::Update(_) => is_operator(principal) || is_machine(principal, id),
        MeterCommand::Register(_) | MeterCommand::Decommission(_) => is_operator(principal),
    }
}

/// The meter itself, its owner, the operator and services.
pub fn may_see(principal: &Principal, id: &Id, state: &State) -> bool {
    let owner = state.as_ref().map(|meter| &meter.owner_id);
    sees_all(principal)
        || is_machine(principal, id)
        || owner.is_some_and(|owner| is_owner(principal, owner))
}

/// An owner's own, of a meter itself, and all for an operator and a service.
pub fn may_list(principal: &Principal) -> Scope {
    match &principal.role {
        role if *role == MACHINE => Scope::Itself,
        _ => lists_own(principal),
    }
}
