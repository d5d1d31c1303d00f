//! The policy of reservations: guests act on their own, the staff on all.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::{is_guest, is_staff, lists_own, sees_all};

use crate::{commands::ReservationCommand, reducer::State};

/// A guest creates and cancels its own reservations. The room's answers come from the system, not from callers.
pub fn may_send(principal: &Principal, command: &ReservationCommand, state: &State) -> bool {
    match command {
        ReservationCommand::Create(create) => {
            let is_free = state.is_none() || acts_on(principal, state);
            is_staff(principal) || (is_guest(principal, &create.user_id) && is_free)
        }
        ReservationCommand::Cancel(_) => acts_on(principal, state),
        ReservationCommand::Confirm(_)
        | ReservationCommand::Decline(_)
        | ReservationCommand::Expire(_)
        | ReservationCommand::ReturnHold(_) => false,
    }
}

/// The guest that owns it, the staff and services.
pub fn may_see(principal: &Principal, state: &State) -> bool {
    sees_all(principal) || acts_on(principal, state)
}

fn acts_on(principal: &Principal, state: &State) -> bool {
    let owner = state.as_ref().map(|reservation| &reservation.user_id);
    is_staff(principal) || owner.is_some_and(|owner| is_guest(principal, owner))
}

/// Guests list their own, the staff and services list all.
pub fn may_list(principal: &Principal) -> Scope {
    lists_own(principal)
}
