//! **Reservation**: a process over two aggregates, with a deadline.
//!
//! It is PENDING until the room has answered, then CONFIRMED or DECLINED; EXPIRED when the answer does not come in time.
//!
//! | file | what it says |
//! |---|---|
//! | [`commands`] | the commands |
//! | [`events`] | the events |
//! | [`reducer`] | the state, and how an event changes it |
//! | [`rules`] | every business rule |
//! | [`process`] | its requests to the room, and its reactions to the answers |
//! | [`routes`] | which events of the room it wants |
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

pub use commands::ReservationCommand;
pub use events::ReservationEvent;

/// One guest's claim on nights of one room.
#[derive(Debug)]
pub struct Reservation;

impl Aggregate for Reservation {
    const TYPE: &'static str = "reservation";
    const CONFIRM_WITHIN_MS: u32 = process::ANSWER_WITHIN_MS;

    type Command = ReservationCommand;
    type Event = ReservationEvent;
    type State = reducer::State;

    fn decide(
        state: &Self::State,
        command: &ReservationCommand,
        context: &Context<'_>,
    ) -> Decision<ReservationEvent> {
        rules::decide(state, command, context)
    }

    fn evolve(state: &mut Self::State, event: &ReservationEvent, _version: Version) {
        reducer::evolve(state, event);
    }

    fn rests_on(command: &ReservationCommand) -> Vec<StreamId> {
        rules::rests_on(command)
    }
}

impl Participant for Reservation {
    const ROUTES: &'static [Route] = routes::ROUTES;
    const LISTED: Listed = lists::LISTED;

    fn errands(id: &Id, event: &ReservationEvent) -> Vec<Errand> {
        process::errands(id, event)
    }

    fn on_foreign(state: &Self::State, event: &Envelope) -> Result<Vec<ReservationCommand>, Fault> {
        process::on_foreign(state, event)
    }

    fn on_refused(_state: &Self::State, refused: &Refused) -> Vec<ReservationCommand> {
        process::on_refused(refused)
    }

    fn deadline(_id: &Id, state: &Self::State) -> Option<Due<ReservationCommand>> {
        process::deadline(state)
    }

    fn may_send(
        principal: &Principal,
        _id: &Id,
        command: &ReservationCommand,
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
