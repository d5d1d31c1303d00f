//! The policy of rooms. Everyone with a token may look for a room; only the staff and services may see who holds its nights.

use edgefold_flow::prelude::*;
use edgefold_roles::STAFF_ONLY;

use crate::{
    Room,
    commands::{AddRoom, Command},
    state::State,
};

impl Policy for Room {
    const REACH: Reach = STAFF_ONLY;

    fn may_begin(principal: &Principal, _id: &Id, _add: &AddRoom) -> bool {
        Self::REACH.acts_for_all(principal)
    }

    fn may_send(principal: &Principal, _id: &Id, _command: &Command, _state: &State) -> bool {
        Self::REACH.acts_for_all(principal)
    }

    /// A row shows only the number of holds.
    fn may_list(_principal: &Principal) -> Scope {
        Scope::All
    }
}
