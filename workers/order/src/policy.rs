//! The policy of orders: guests act on their own, the staff on all.

use edgefold_flow::prelude::*;
use edgefold_roles::GUESTS_OWN;

use crate::{
    Order,
    commands::{Command, PlaceOrder},
    state::State,
};

impl Policy for Order {
    const REACH: Reach = GUESTS_OWN;

    fn may_begin(principal: &Principal, _id: &Id, place: &PlaceOrder) -> bool {
        Self::acts_for(principal, &place.customer_id)
    }

    /// The staff alone reports the progress of the goods.
    fn may_send(principal: &Principal, _id: &Id, command: &Command, state: &State) -> bool {
        match command {
            Command::Update(_) => Self::REACH.acts_for_all(principal),
            _ => Self::acts_on(principal, state),
        }
    }
}
