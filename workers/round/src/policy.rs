//! The policy of rounds: any guest plays as itself, everyone watches, the staff does everything.

use edgefold_flow::prelude::*;
use edgefold_roles::EVERYONE_SEES;

use crate::{
    Round,
    commands::{Command, StartGameRound},
    state::State,
};

impl Policy for Round {
    const REACH: Reach = EVERYONE_SEES;

    fn may_begin(principal: &Principal, _id: &Id, _start: &StartGameRound) -> bool {
        Self::REACH.acts_for_itself(principal) || Self::REACH.acts_for_all(principal)
    }

    /// Only the staff ends a round before its time.
    fn may_send(principal: &Principal, _id: &Id, command: &Command, _state: &State) -> bool {
        match command {
            Command::Join(join) => Self::acts_for(principal, &join.player_id),
            Command::Play(play) => Self::acts_for(principal, &play.player_id),
            _ => Self::REACH.acts_for_all(principal),
        }
    }
}
