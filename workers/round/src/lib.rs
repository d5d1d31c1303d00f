//! **Round**: real time among many watchers. Players join until the first move is made, and everyone who watches sees
//! every move. It ends when somebody ends it, when its time is up, or when nobody plays.
//!
//! | file | what it says |
//! |---|---|
//! | [`commands`] | the commands |
//! | [`events`] | the events |
//! | [`reducer`] | the state, and how an event changes it |
//! | [`rules`] | every business rule |
//! | [`process`] | its deadlines |
//! | [`lists`] | by what it is listed |
//! | [`leaderboard`] | the points of players by game |
//! | [`policy`] | the policy: who may send, see and list |
//! | [`api`] | its part of the GraphQL schema |

pub mod commands;
pub mod events;
pub mod reducer;
pub mod rules;
pub mod process;
pub mod lists;
pub mod leaderboard;
pub mod policy;
pub mod api;

use edgefold_flow::{Due, Participant, participant::Listed};
use edgefold_kernel::{Aggregate, Context, Decision, Id, Principal, Scope, Version};

pub use commands::RoundCommand;
pub use events::RoundEvent;

/// One round of a game.
#[derive(Debug)]
pub struct Round;

impl Aggregate for Round {
    const TYPE: &'static str = "round";
    const STATE_VERSION: u32 = 2;

    type Command = RoundCommand;
    type Event = RoundEvent;
    type State = reducer::State;

    fn decide(
        state: &Self::State,
        command: &RoundCommand,
        context: &Context<'_>,
    ) -> Decision<RoundEvent> {
        rules::decide(state, command, context)
    }

    fn evolve(state: &mut Self::State, event: &RoundEvent, version: Version) {
        reducer::evolve(state, event, version);
    }
}

impl Participant for Round {
    const LISTED: Listed = lists::LISTED;

    fn deadline(_id: &Id, state: &Self::State) -> Option<Due<RoundCommand>> {
        process::deadline(state)
    }

    fn may_send(
        principal: &Principal,
        _id: &Id,
        command: &RoundCommand,
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
