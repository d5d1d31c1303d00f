//! The policy of catalogues: everyone with a token reads them, and the staff alone changes them.

use edgefold_flow::prelude::*;
use edgefold_roles::EVERYONE_SEES;

use crate::{
    Catalogue,
    commands::{Command, OpenCatalogue},
    state::State,
};

impl Policy for Catalogue {
    const REACH: Reach = EVERYONE_SEES;

    fn may_begin(principal: &Principal, _id: &Id, _open: &OpenCatalogue) -> bool {
        Self::REACH.acts_for_all(principal)
    }

    fn may_send(principal: &Principal, _id: &Id, _command: &Command, _state: &State) -> bool {
        Self::REACH.acts_for_all(principal)
    }
}
