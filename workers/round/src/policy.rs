//! Who may do what with a round: any guest plays as itself, everyone watches, the staff does all.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::{GUEST, STAFF, is_guest, is_staff};

use crate::{commands::RoundCommand, reducer::State};

/// A guest starts rounds, joins and plays as itself. To end one before its time is for the staff.
pub fn may_send(principal: &Principal, command: &RoundCommand, _state: &State) -> bool {
    match command {
        RoundCommand::Start(_) => [GUEST, STAFF].contains(&principal.role),
        RoundCommand::Join(join) => is_staff(principal) || is_guest(principal, &join.player_id),
        RoundCommand::Play(play) => is_staff(principal) || is_guest(principal, &play.player_id),
        RoundCommand::Finish(_) => is_staff(principal),
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
