//! The policy of devices: a device updates itself, the guest that owns it sees it, and the staff does the rest.

use edgefold_flow::prelude::*;
use edgefold_roles::{DEVICE, GUESTS_OWN};

use crate::{
    Device,
    commands::{Command, RegisterDevice},
    state::State,
};

impl Policy for Device {
    const REACH: Reach = GUESTS_OWN;

    fn may_begin(principal: &Principal, _id: &Id, _register: &RegisterDevice) -> bool {
        Self::REACH.acts_for_all(principal)
    }

    fn may_send(principal: &Principal, id: &Id, command: &Command, _state: &State) -> bool {
        let reports = matches!(command, Command::Update(_)) && principal.is(&DEVICE, id);
        reports || Self::REACH.acts_for_all(principal)
    }

    fn may_see(principal: &Principal, id: &Id, state: &State) -> bool {
        let sees = Self::REACH.sees_all(principal) || Self::acts_on(principal, state);
        sees || principal.is(&DEVICE, id)
    }

    fn may_list(principal: &Principal) -> Scope {
        match principal.role == DEVICE {
            true => Scope::Itself,
            false => Self::REACH.scope(principal),
        }
    }
}
