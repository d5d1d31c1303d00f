//! Who may do what with an order: a guest with its own, the staff with all.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::{is_guest, is_staff, lists_own};

use crate::{commands::OrderCommand, reducer::State};

/// A guest orders for itself and gives its own orders up; how far the goods have come is for the staff to say. What the
/// account answers comes from the system, not from people.
pub fn may_send(principal: &Principal, command: &OrderCommand, state: &State) -> bool {
    match command {
        OrderCommand::Place(place) => {
            let is_free = state.is_none() || may_see(principal, state);
            is_staff(principal) || (is_guest(principal, &place.customer_id) && is_free)
        }
        OrderCommand::Cancel(_) => may_see(principal, state),
        OrderCommand::Update(_) => is_staff(principal),
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
    is_staff(principal) || owner.is_some_and(|owner| is_guest(principal, owner))
}

/// A guest's own, the staff's all.
pub fn may_list(principal: &Principal) -> Scope {
    lists_own(principal)
}
