//! **Room**: a supplier that others depend on. It holds nights for reservations, and no two holds overlap, ever.
//!
//! | file | what it says |
//! |---|---|
//! | [`commands`] | the commands |
//! | [`events`] | the events |
//! | [`reducer`] | the state, and how an event changes it |
//! | [`rules`] | every business rule |
//! | [`lists`] | by what it is listed |
//! | [`nights`] | the nights that are held, for lists |
//! | [`policy`] | the policy: who may send, see and list |
//! | [`api`] | its part of the GraphQL schema |

pub mod commands;
pub mod events;
pub mod reducer;
pub mod rules;
pub mod lists;
pub mod nights;
pub mod policy;
pub mod api;

use edgefold_flow::{Participant, participant::Listed};
use edgefold_kernel::{Aggregate, Context, Decision, Id, Principal, Scope, Version};

pub use commands::RoomCommand;
pub use events::RoomEvent;

/// One room of a hotel.
#[derive(Debug)]
pub struct Room;

impl Aggregate for Room {
    const TYPE: &'static str = "room";
    const STATE_VERSION: u32 = 2;

    type Command = RoomCommand;
    type Event = RoomEvent;
    type State = reducer::State;

    fn decide(
        state: &Self::State,
        command: &RoomCommand,
        _context: &Context<'_>,
    ) -> Decision<RoomEvent> {
        rules::decide(state, command)
    }

    fn evolve(state: &mut Self::State, event: &RoomEvent, _version: Version) {
        reducer::evolve(state, event);
    }
}

impl Participant for Room {
    const LISTED: Listed = lists::LISTED;

    fn outline(state: &Self::State) -> Self::State {
        reducer::outline(state)
    }

    fn may_send(
        principal: &Principal,
        _id: &Id,
        command: &RoomCommand,
        _state: &Self::State,
    ) -> bool {
        policy::may_send(principal, command)
    }

    fn may_see(principal: &Principal, _id: &Id, _state: &Self::State) -> bool {
        policy::may_see(principal)
    }

    fn may_list(principal: &Principal) -> Scope {
        policy::may_list(principal)
    }
}
