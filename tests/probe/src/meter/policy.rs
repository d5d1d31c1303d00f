//! The policy of meters: a meter reports about itself, its owner may see it, the operator does everything.

use edgefold_flow::prelude::*;

use super::{
    Meter,
    commands::{Command, RegisterMeter},
    state::State,
};
use crate::roles::{MACHINE, OWNERS_OWN};

impl Policy for Meter {
    const REACH: Reach = OWNERS_OWN;

    fn may_begin(principal: &Principal, _id: &Id, _register: &RegisterMeter) -> bool {
        Self::REACH.acts_for_all(principal)
    }

    fn may_send(principal: &Principal, id: &Id, command: &Command, _state: &State) -> bool {
        let reports = matches!(command, Command::Update(_)) && principal.is(&MACHINE, id);
        reports || Self::REACH.acts_for_all(principal)
    }

    fn may_see(principal: &Principal, id: &Id, state: &State) -> bool {
        let sees = Self::REACH.sees_all(principal) || Self::acts_on(principal, state);
        sees || principal.is(&MACHINE, id)
    }

    fn may_list(principal: &Principal) -> Scope {
        match principal.role == MACHINE {
            true => Scope::Itself,
            false => Self::REACH.scope(principal),
        }
    }
}
