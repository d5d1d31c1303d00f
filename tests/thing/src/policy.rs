//! The policy of things: guests act on their own, the staff on all.

use edgefold_flow::prelude::*;
use edgefold_roles::GUESTS_OWN;

use crate::{
    Thing,
    commands::{AddThing, Command},
    state::State,
};

impl Policy for Thing {
    const REACH: Reach = GUESTS_OWN;

    fn may_begin(principal: &Principal, _id: &Id, add: &AddThing) -> bool {
        Self::acts_for(principal, &add.user_id)
    }

    fn may_send(principal: &Principal, _id: &Id, _command: &Command, state: &State) -> bool {
        Self::acts_on(principal, state)
    }
}
