//! The policy of reservations: guests act on their own, the staff on all.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::{is_guest, is_staff, lists_own};

use crate::{commands::ReservationCommand, reducer::State};

/// A guest creates and cancels its own reservations. The room's answers come from the system, not from callers.
pub fn may_send(principal: &Principal, command: &ReservationCommand, state: &State) -> bool {
    match command {
        ReservationCommand::Create(create) => {
            let is_free = state.is_none() || may_see(principal, state);
            is_staff(principal) || (is_guest(principal, &create.user_id) && is_free)
        }
        ReservationCommand::Cancel(_) => may_see(principal, state),
        ReservationCommand::Confirm(_)
        | ReservationCommand::Decline(_)
        | ReservationCommand::Expire(_)
        | ReservationCommand::ReturnHold(_) => false,
    }
}

/// The guest that owns it, and the staff.
pub fn may_see(principal: &Principal, state: &State) -> bool {
    let owner = state.as_ref().map(|reservation| &reservation.user_id);
    is_staff(principal) || owner.is_some_and(|owner| is_guest(principal, owner))
}

/// Guests list their own, the staff lists all.
pub fn may_list(principal: &Principal) -> Scope {
    lists_own(principal)
}
