//! The policy of resources. Everyone with a token may look for one; only the operator and services may see who holds its days.

use edgefold_kernel::{Principal, Scope};

use super::commands::ResourceCommand;
use crate::roles::{is_operator, sees_all};

/// Resources are opened and closed by the operator. Holds are asked for by claims, not by people.
pub fn may_send(principal: &Principal, command: &ResourceCommand) -> bool {
    match command {
        ResourceCommand::Add(_) | ResourceCommand::Close(_) => is_operator(principal),
        ResourceCommand::Hold(_) | ResourceCommand::Occupy(_) | ResourceCommand::Release(_) => {
            false
        }
    }
}

/// Only the operator and services: state and stream name the claims that hold days.
pub fn may_see(principal: &Principal) -> bool {
    sees_all(principal)
}

/// A row shows only the number of holds.
pub fn may_list(_principal: &Principal) -> Scope {
    Scope::All
}
