//! **Account**: money. A ledger that never goes below its limit, and holds money for payments until they are captured,
//! released or expire.
//!
//! All amounts are whole numbers of minor units. The sum of the entries is the balance, always.
//!
//! | file | what it says |
//! |---|---|
//! | [`commands`] | the commands |
//! | [`events`] | the events |
//! | [`reducer`] | the state, and how an event changes it |
//! | [`rules`] | every business rule |
//! | [`process`] | the deadline of its holds |
//! | [`lists`] | by what it is listed |
//! | [`policy`] | the policy: who may send, see and list |
//! | [`api`] | its part of the GraphQL schema |

pub mod commands;
pub mod events;
pub mod reducer;
pub mod rules;
pub mod process;
pub mod lists;
pub mod policy;
pub mod api;

use edgefold_flow::{Due, Participant, participant::Listed};
use edgefold_kernel::{Aggregate, Context, Decision, Id, Principal, Scope, Version};

pub use commands::AccountCommand;
pub use events::AccountEvent;

/// The money of one owner in one currency.
#[derive(Debug)]
pub struct Account;

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    const STATE_VERSION: u32 = 3;

    type Command = AccountCommand;
    type Event = AccountEvent;
    type State = reducer::State;

    fn decide(
        state: &Self::State,
        command: &AccountCommand,
        context: &Context<'_>,
    ) -> Decision<AccountEvent> {
        rules::decide(state, command, context)
    }

    fn evolve(state: &mut Self::State, event: &AccountEvent, version: Version) {
        reducer::evolve(state, event, version);
    }
}

impl Participant for Account {
    const LISTED: Listed = lists::LISTED;

    fn outline(state: &Self::State) -> Self::State {
        reducer::outline(state)
    }

    fn deadline(_id: &Id, state: &Self::State) -> Option<Due<AccountCommand>> {
        process::deadline(state)
    }

    fn may_send(
        principal: &Principal,
        _id: &Id,
        command: &AccountCommand,
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
