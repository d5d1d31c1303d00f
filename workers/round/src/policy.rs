//! Who may do what with a round: any guest plays as itself, everyone watches, the staff does all.

use edgefold_kernel::{Principal, Role, Scope};

use crate::{commands::RoundCommand, reducer::State};

/// A guest starts rounds, joins and plays as itself. To end one before its time is for the staff.
pub fn may_send(principal: &Principal, command: &RoundCommand, _state: &State) -> bool {
    match command {
        RoundCommand::Start(_) => matches!(principal.role, Role::Guest | Role::Staff),
        RoundCommand::Join(join) => principal.is_staff() || principal.is_guest(&join.player_id),
        RoundCommand::Play(play) => principal.is_staff() || principal.is_guest(&play.player_id),
        RoundCommand::Finish(_) => principal.is_staff(),
        RoundCommand::End(_) => false,
    }
}

/// Rounds are public to whoever is signed in.
pub fn may_see(_principal: &Principal, _state: &State) -> bool {
    true
}

/// All of them.
pub fn may_list(_principal: &Principal) -> Scope {
    Scope::All
}
