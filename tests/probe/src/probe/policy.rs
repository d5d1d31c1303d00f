//! The policy of probes: they are the operator's.

use edgefold_flow::prelude::*;

use super::{Probe, commands::Command, state::State};
use crate::roles::OPERATORS_ONLY;

impl Policy for Probe {
    const REACH: Reach = OPERATORS_ONLY;

    fn may_begin(principal: &Principal, _id: &Id, _command: &Command) -> bool {
        Self::REACH.acts_for_all(principal)
    }

    fn may_send(principal: &Principal, _id: &Id, _command: &Command, _state: &State) -> bool {
        Self::REACH.acts_for_all(principal)
    }
}
