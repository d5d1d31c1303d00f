//! The policy of rooms. Everyone with a token may look for a room; only the staff and services may see who holds its nights.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::{is_staff, sees_all};

use crate::commands::RoomCommand;

/// Rooms are opened and closed by the staff. Holds are asked for by reservations, not by people.
pub fn may_send(principal: &Principal, command: &RoomCommand) -> bool {
    match command {
        RoomCommand::Add(_) | RoomCommand::Close(_) => is_staff(principal),
        RoomCommand::Hold(_) | RoomCommand::Release(_) => false,
    }
}

/// Only the staff and services: state and stream name the reservations that hold nights.
pub fn may_see(principal: &Principal) -> bool {
    sees_all(principal)
}

/// A row shows only the number of holds.
pub fn may_list(_principal: &Principal) -> Scope {
    Scope::All
}
