//! Who may do what with an order: a guest with its own, the staff with all.

use edgefold_kernel::{Principal, Role, Scope};

use crate::{commands::OrderCommand, reducer::State};

/// A guest orders for itself and gives its own orders up; how far the goods have come is for the staff to say. What the
/// account answers comes from the system, not from people.
pub fn may_send(principal: &Principal, command: &OrderCommand, state: &State) -> bool {
    match command {
        OrderCommand::Place(place) => {
            let is_free = state.is_none() || may_see(principal, state);
            principal.is_staff() || (principal.is_guest(&place.customer_id) && is_free)
        }
        OrderCommand::Cancel(_) => may_see(principal, state),
        OrderCommand::Update(_) => principal.is_staff(),
        OrderCommand::Accept(_)
        | OrderCommand::Decline(_)
        | OrderCommand::TimeOut(_)
        | OrderCommand::Ship(_)
        | OrderCommand::Lose(_)
        | OrderCommand::ReturnPayment(_) => false,
    }
}

/// The guest whose it is, and the staff.
pub fn may_see(principal: &Principal, state: &State) -> bool {
    let owner = state.as_ref().map(|order| &order.customer_id);
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
