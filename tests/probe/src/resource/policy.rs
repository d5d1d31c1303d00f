//! The policy of resources. Everyone with a token may look for one; only the operator and services may see who holds its days.

use edgefold_flow::prelude::*;

use super::{
    Resource,
    commands::{AddResource, Command},
    state::State,
};
use crate::roles::OPERATORS_ONLY;

impl Policy for Resource {
    const REACH: Reach = OPERATORS_ONLY;

    fn may_begin(principal: &Principal, _id: &Id, _add: &AddResource) -> bool {
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
