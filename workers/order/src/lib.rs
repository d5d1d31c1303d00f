//! **Order**: a saga that pays from an account, with compensation.
//!
//! It is PLACED until the account has answered, then ACCEPTED or DECLINED. Shipping is a request: the order is SHIPPING
//! until the account has paid, and SHIPPED then. When the hold has expired, it is CANCELLED instead. No goods leave
//! unpaid, and nothing is paid for goods that stay.
//!
//! | file | what it says |
//! |---|---|
//! | [`commands`] | the commands |
//! | [`events`] | the events |
//! | [`reducer`] | the state, and how an event changes it |
//! | [`rules`] | every business rule |
//! | [`process`] | its requests to the account, and its reactions to the answers |
//! | [`routes`] | which events of the account it wants |
//! | [`lists`] | by what it is listed |
//! | [`policy`] | the policy: who may send, see and list |
//! | [`api`] | its part of the GraphQL schema |

pub mod commands;
pub mod events;
pub mod reducer;
pub mod rules;
pub mod process;
pub mod routes;
pub mod lists;
pub mod policy;
pub mod api;

use edgefold_flow::{
    Due, Errand, Participant,
    participant::{Listed, Refused, Route},
};
use edgefold_kernel::{
    Aggregate, Context, Decision, Envelope, Fault, Id, Principal, Scope, StreamId, Version,
};

pub use commands::OrderCommand;
pub use events::OrderEvent;

/// One customer's order of goods.
#[derive(Debug)]
pub struct Order;

impl Aggregate for Order {
    const TYPE: &'static str = "order";
    const CONFIRM_WITHIN_MS: u32 = process::ANSWER_WITHIN_MS;

    type Command = OrderCommand;
    type Event = OrderEvent;
    type State = reducer::State;

    fn decide(
        state: &Self::State,
        command: &OrderCommand,
        context: &Context<'_>,
    ) -> Decision<OrderEvent> {
        rules::decide(state, command, context)
    }

    fn evolve(state: &mut Self::State, event: &OrderEvent, _version: Version) {
        reducer::evolve(state, event);
    }

    fn rests_on(command: &OrderCommand) -> Vec<StreamId> {
        rules::rests_on(command)
    }
}

impl Participant for Order {
    const ROUTES: &'static [Route] = routes::ROUTES;
    const LISTED: Listed = lists::LISTED;

    fn errands(id: &Id, event: &OrderEvent) -> Vec<Errand> {
        process::errands(id, event)
    }

    fn on_foreign(state: &Self::State, event: &Envelope) -> Result<Vec<OrderCommand>, Fault> {
        process::on_foreign(state, event)
    }

    fn on_refused(_state: &Self::State, refused: &Refused) -> Vec<OrderCommand> {
        process::on_refused(refused)
    }

    fn deadline(_id: &Id, state: &Self::State) -> Option<Due<OrderCommand>> {
        process::deadline(state)
    }

    fn may_send(
        principal: &Principal,
        _id: &Id,
        command: &OrderCommand,
        state: &Self::State,
    ) -> bool {
        policy::may_send(principal, command, state)
    }

    fn may_see(principal: &Principal, _id: &Id, state: &Self::State) -> bool {
        policy::may_see(principal, state)
    }

    fn may_list(principal: &Principal) -> Scope {
        policy::may_list(principal)
    }
}
