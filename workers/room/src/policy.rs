//! Who may do what with a room. Everybody who is signed in may look for one; who holds its nights is the staff's to know.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::is_staff;

use crate::commands::RoomCommand;

/// Rooms are opened and closed by the staff. Holds are asked for by reservations, not by people.
pub fn may_send(principal: &Principal, command: &RoomCommand) -> bool {
    match command {
        RoomCommand::Add(_) | RoomCommand::Close(_) => is_staff(principal),
        RoomCommand::Hold(_) | RoomCommand::Release(_) => false,
    }
}

/// State and stream name the reservations that hold nights.
pub fn may_see(principal: &Principal) -> bool {
    is_staff(principal)
}

/// The list only says how many holds there are.
pub fn may_list(_principal: &Principal) -> Scope {
    Scope::All
}
