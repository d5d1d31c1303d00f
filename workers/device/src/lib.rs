//! **Device**: high-frequency updates. Reports arrive in bursts, doubled and out of order; the latest by the device's own
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

pub use commands::DeviceCommand;
pub use events::DeviceEvent;

/// One device in the field.
#[derive(Debug)]
pub struct Device;

impl Aggregate for Device {
    const TYPE: &'static str = "device";

    type Command = DeviceCommand;
    type Event = DeviceEvent;
    type State = reducer::State;

    fn decide(
        state: &Self::State,
        command: &DeviceCommand,
        context: &Context<'_>,
    ) -> Decision<DeviceEvent> {
        rules::decide(state, command, context)
    }

    fn evolve(state: &mut Self::State, event: &DeviceEvent, _version: Version) {
        reducer::evolve(state, event);
    }
}

impl Participant for Device {
    const LISTED: Listed = lists::LISTED;

    fn may_send(
        principal: &Principal,
        id: &Id,
        command: &DeviceCommand,
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
