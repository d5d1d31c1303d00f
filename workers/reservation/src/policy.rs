//! The policy of reservations: guests act on their own, the staff on all.

use edgefold_flow::prelude::*;
use edgefold_roles::GUESTS_OWN;

use crate::{
    Reservation,
    commands::{Command, CreateReservation},
    state::State,
};

impl Policy for Reservation {
    const REACH: Reach = GUESTS_OWN;

    fn may_begin(principal: &Principal, _id: &Id, create: &CreateReservation) -> bool {
        Self::acts_for(principal, &create.user_id)
    }

    fn may_send(principal: &Principal, _id: &Id, _command: &Command, state: &State) -> bool {
        Self::acts_on(principal, state)
    }
}
