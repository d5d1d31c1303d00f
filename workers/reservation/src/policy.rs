//! Who may do what with a reservation: a guest with its own, the staff with all.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::{is_guest, is_staff, lists_own};

use crate::{commands::ReservationCommand, reducer::State};

/// A guest claims nights for itself and gives its own claims up. What the room answers comes from the system, not from
/// people.
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

/// The guest whose it is, and the staff.
pub fn may_see(principal: &Principal, state: &State) -> bool {
    let owner = state.as_ref().map(|reservation| &reservation.user_id);
    is_staff(principal) || owner.is_some_and(|owner| is_guest(principal, owner))
}

/// A guest's own, the staff's all.
pub fn may_list(principal: &Principal) -> Scope {
    lists_own(principal)
}
