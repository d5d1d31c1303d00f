//! The policy of claims: owners act on their own, the operator on all.

use edgefold_flow::prelude::*;

use super::{
    Claim,
    commands::{Command, CreateClaim},
    state::State,
};
use crate::roles::OWNERS_OWN;

impl Policy for Claim {
    const REACH: Reach = OWNERS_OWN;

    fn may_begin(principal: &Principal, _id: &Id, create: &CreateClaim) -> bool {
        Self::acts_for(principal, &create.user_id)
    }

    fn may_send(principal: &Principal, _id: &Id, _command: &Command, state: &State) -> bool {
        Self::acts_on(principal, state)
    }
}
