//! Who may do what with a resource. Everybody who is signed in may look for one; who holds its days is the operator's to know.

use edgefold_kernel::{Principal, Scope};

use super::commands::ResourceCommand;
use crate::roles::is_operator;

/// Resources are opened and closed by the operator. Holds are asked for by claims, not by people.
pub fn may_send(principal: &Principal, command: &ResourceCommand) -> bool {
    match command {
        ResourceCommand::Add(_) | ResourceCommand::Close(_) => is_operator(principal),
        ResourceCommand::Hold(_) | ResourceCommand::Release(_) => false,
    }
}

/// State and stream name the claims that hold days.
pub fn may_see(principal: &Principal) -> bool {
    is_operator(principal)
}

/// The list only says how many holds there are.
pub fn may_list(_principal: &Principal) -> Scope {
    Scope::All
}
