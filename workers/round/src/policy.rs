//! The policy of rounds: any guest plays as itself, everyone watches, the staff does everything.

use edgefold_kernel::{Principal, Scope};
use edgefold_roles::{GUEST, STAFF, is_guest, is_staff};

use crate::{commands::RoundCommand, reducer::State};

/// A guest starts rounds, joins and plays as itself. Only the staff ends a round before its time.
pub fn may_send(principal: &Principal, command: &RoundCommand, _state: &State) -> bool {
    match command {
        RoundCommand::Start(_) => [GUEST, STAFF].contains(&principal.role),
        RoundCommand::Join(join) => is_staff(principal) || is_guest(principal, &join.player_id),
        RoundCommand::Play(play) => is_staff(principal) || is_guest(principal, &play.player_id),
        RoundCommand::Finish(_) => is_staff(principal),
        RoundCommand::End(_) => false,
    }
}

/// Everyone with a token may see a round.
pub fn may_see(_principal: &Principal, _state: &State) -> bool {
    true
}

/// All of them.
pub fn may_list(_principal: &Principal) -> Scope {
    Scope::All
}
