//! **Probe**: an aggregate that misbehaves on request, so that the acceptance tests see what the runtime makes of it.
//!
//! | file | what it says |
//! |---|---|
//! | [`commands`] | the commands |
//! | [`events`] | the events |
//! | [`reducer`] | the state, and how an event changes it |
//! | [`rules`] | what follows from a command |
//! | [`object`] | its class, which is slow at times |
//! | [`projection`] | a projection by hand that fails on request |
//! | [`api`] | its part of the GraphQL schema |

pub mod commands;
pub mod events;
pub mod reducer;
pub mod rules;
pub mod object;
pub mod projection;
pub mod api;

use edgefold_flow::{
    Errand, Participant,
    participant::{Refused, Route, To},
};
use edgefold_kernel::{
    Aggregate, Context, Decision, Envelope, Fault, Id, Principal, StreamId, Version,
};

use crate::roles::is_operator;

/// Something that counts, unless it panics.
#[derive(Debug)]
pub struct Probe;

impl Aggregate for Probe {
    const TYPE: &'static str = "probe";
    /// So short that a test can wait for it.
    const OUTCOME_TTL_MS: i64 = 2_000;

    type Command = commands::ProbeCommand;
    type Event = events::ProbeEvent;
    type State = reducer::State;

    fn decide(
        state: &Self::State,
        command: &Self::Command,
        context: &Context<'_>,
    ) -> Decision<Self::Event> {
        rules::decide(state, command, context)
    }

    fn evolve(state: &mut Self::State, event: &Self::Event, _version: Version) {
        reducer::evolve(state, event);
    }

    fn rests_on(command: &Self::Command) -> Vec<StreamId> {
        rules::rests_on(command)
    }
}

impl Participant for Probe {
    const ROUTES: &'static [Route] =
        &[Route { source: Self::TYPE, event: "Told", to: To::Field("to") }];

    fn errands(id: &Id, event: &Self::Event) -> Vec<Errand> {
        match event {
            events::ProbeEvent::Asked(asked) => {
                let heard = commands::Heard { what: format!("a question of {id}") };
                vec![Errand::to::<Self>(asked.of.clone(), heard)]
            }
            _ => Vec::new(),
        }
    }

    fn on_foreign(_state: &Self::State, event: &Envelope) -> Result<Vec<Self::Command>, Fault> {
        let what = format!("{} {}", event.stream.aggregate_id, event.version);
        Ok(vec![commands::Heard { what }.into()])
    }

    fn on_refused(_state: &Self::State, refused: &Refused) -> Vec<Self::Command> {
        vec![commands::Heard { what: refused.rejection.code.to_string() }.into()]
    }

    fn may_send(who: &Principal, _id: &Id, _command: &Self::Command, _state: &Self::State) -> bool {
        is_operator(who)
    }

    fn may_see(who: &Principal, _id: &Id, _state: &Self::State) -> bool {
        is_operator(who)
    }
}
