//! The policy of orders: guests act on their own, the staff on all.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::{is_guest, is_staff, lists_own, sees_all};

use crate::{commands::OrderCommand, reducer::State};

/// A guest places and cancels its own orders; the staff reports the progress of the goods. The account's answers come
/// from the system, not from callers.
pub fn may_send(principal: &Principal, command: &OrderCommand, state: &State) -> bool {
    match command {
        OrderCommand::Place(place) => {
            let is_free = state.is_none() || acts_on(principal, state);
            is_staff(principal) || (is_guest(principal, &place.customer_id) && is_free)
        }
        OrderCommand::Cancel(_) => acts_on(principal, state),
        OrderCommand::Update(_) => is_staff(principal),
        OrderCommand::Accept(_)
        | OrderCommand::Decline(_)
        | OrderCommand::TimeOut(_)
        | OrderCommand::Ship(_)
        | OrderCommand::Lose(_)
        | OrderCommand::ReturnPayment(_) => false,
    }
}

/// The guest that owns it, the staff and services.
pub fn may_see(principal: &Principal, state: &State) -> bool {
    sees_all(principal) || acts_on(principal, state)
}

fn acts_on(principal: &Principal, state: &State) -> bool {
    let owner = state.as_ref().map(|order| &order.customer_id);
    is_staff(principal) || owner.is_some_and(|owner| is_guest(principal, owner))
}

/// Guests list their own, the staff and services list all.
pub fn may_list(principal: &Principal) -> Scope {
    lists_own(principal)
}
