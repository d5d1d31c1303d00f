//! **Meter**: high-frequency updates. Reports arrive in bursts, doubled and out of order; the latest by the meter's own
//! clock says how it is, and every late one is kept as history.
//!
//! | file | what it says |
//! |---|---|
//! | [`commands`] | the commands |
//! | [`events`] | the events, and the upcasting of older versions |
//! | [`reducer`] | the state, and how an event changes it |
//! | [`rules`] | every business rule |
//! | [`lists`] | by what it is listed |
//! | [`policy`] | the policy: who may send, see and list |
//! | [`api`] | its part of the GraphQL schema |

pub mod commands;
pub mod events;
pub mod reducer;
pub mod rules;
pub mod lists;
pub mod policy;
pub mod api;

use edgefold_flow::{Participant, participant::Listed};
use edgefold_kernel::{Aggregate, Context, Decision, Id, Principal, Scope, Version};

pub use commands::MeterCommand;
pub use events::MeterEvent;

/// One meter in the field.
#[derive(Debug)]
pub struct Meter;

impl Aggregate for Meter {
    const TYPE: &'static str = "meter";

    type Command = MeterCommand;
    type Event = MeterEvent;
    type State = reducer::State;

    fn decide(
        state: &Self::State,
        command: &MeterCommand,
        _context: &Context<'_>,
    ) -> Decision<MeterEvent> {
        rules::decide(state, command)
    }

    fn evolve(state: &mut Self::State, event: &MeterEvent, _version: Version) {
        reducer::evolve(state, event);
    }
}

impl Participant for Meter {
    const LISTED: Listed = lists::LISTED;

    fn may_send(
        principal: &Principal,
        id: &Id,
        command: &MeterCommand,
        _state: &Self::State,
    ) -> bool {
        policy::may_send(principal, id, command)
    }

    fn may_see(principal: &Principal, id: &Id, state: &Self::State) -> bool {
        policy::may_see(principal, id, state)
    }

    fn may_list(principal: &Principal) -> Scope {
        policy::may_list(principal)
    }
}
