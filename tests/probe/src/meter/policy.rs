//! Who may do what with a meter: it reports about itself, its owner looks on, the operator does all.

use edgefold_kernel::{Id, Principal, Scope};

use super::{commands::MeterCommand, reducer::State};
use crate::roles::{is_machine, is_operator, is_owner, lists_own};

/// A meter updates itself and no other. It is taken into service and out of it by the operator.
pub fn may_send(principal: &Principal, id: &Id, command: &MeterCommand) -> bool {
    match command {
        MeterCommand::Update(_) => is_operator(principal) || is_machine(principal, id),
        MeterCommand::Register(_) | MeterCommand::Decommission(_) => is_operator(principal),
    }
}

/// The meter itself, the owner whose it is, and the operator.
pub fn may_see(principal: &Principal, id: &Id, state: &State) -> bool {
    let owner = state.as_ref().map(|meter| &meter.owner_id);
    is_operator(principal)
        || is_machine(principal, id)
        || owner.is_some_and(|owner| is_owner(principal, owner))
}

/// An owner's own, the operator's all. A meter looks at itself alone, and needs no list for it.
pub fn may_list(principal: &Principal) -> Scope {
    lists_own(principal)
}
