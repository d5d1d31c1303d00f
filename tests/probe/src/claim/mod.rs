//! **Claim**: a process over two aggregates, with a deadline.
//!
//! It is PENDING until the resource has answered, then CONFIRMED or DECLINED; EXPIRED when the answer does not come in time.
//!
//! | file | what it says |
//! |---|---|
//! | [`commands`] | the commands |
//! | [`events`] | the events |
//! | [`reducer`] | the state, and how an event changes it |
//! | [`rules`] | every business rule |
//! | [`process`] | its requests to the resource, and its reactions to the answers |
//! | [`routes`] | the events of the resource that it wants |
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

pub use commands::ClaimCommand;
pub use events::ClaimEvent;

/// One owner's claim on days of one resource.
#[derive(Debug)]
pub struct Claim;

impl Aggregate for Claim {
    const TYPE: &'static str = "claim";
    const CONFIRM_WITHIN_MS: u32 = process::ANSWER_WITHIN_MS;

    type Command = ClaimCommand;
    type Event = ClaimEvent;
    type State = reducer::State;

    fn decide(
        state: &Self::State,
        command: &ClaimCommand,
        context: &Context<'_>,
    ) -> Decision<ClaimEvent> {
        rules::decide(state, command, context)
    }

    fn evolve(state: &mut Self::State, event: &ClaimEvent, _version: Version) {
        reducer::evolve(state, event);
    }

    fn rests_on(command: &ClaimCommand) -> Vec<StreamId> {
        rules::rests_on(command)
    }
}

impl Participant for Claim {
    const ROUTES: &'static [Route] = routes::ROUTES;
    const LISTED: Listed = lists::LISTED;

    fn errands(id: &Id, event: &ClaimEvent) -> Vec<Errand> {
        process::errands(id, event)
    }

    fn on_foreign(state: &Self::State, event: &Envelope) -> Result<Vec<ClaimCommand>, Fault> {
        process::on_foreign(state, event)
    }

    fn on_refused(_state: &Self::State, refused: &Refused) -> Vec<ClaimCommand> {
        process::on_refused(refused)
    }

    fn deadline(_id: &Id, state: &Self::State) -> Option<Due<ClaimCommand>> {
        process::deadline(state)
    }

    fn may_send(
        principal: &Principal,
        _id: &Id,
        command: &ClaimCommand,
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
