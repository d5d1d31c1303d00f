//! **Probe**: an aggregate that misbehaves on request, so that the acceptance tests see what the runtime makes of it.
//! It is built like the aggregates of the domain and runs in a script of its own. Never deployed.
//!
//! | file | what it says |
//! |---|---|
//! | [`commands`] | what may be asked |
//! | [`events`] | what may have happened |
//! | [`reducer`] | the state, and how an event changes it |
//! | [`rules`] | what follows from a command |
//! | [`object`] | its class, which is slow at times |
//! | [`api`] | its part of a GraphQL schema |

// The class that `durable_object` expands to has a constructor without documentation.
#![allow(missing_docs)]

pub mod commands;
pub mod events;
pub mod reducer;
pub mod rules;
pub mod object;
pub mod api;

use edgefold_flow::{
    Catalogue, Change, Participant, Request as Message,
    participant::Refused,
    route::{Entry, Remembered, Route, To},
};
use edgefold_kernel::{
    Aggregate, Context as Known, Decision, Duty, Envelope, Fault, Id, Principal, Role, RoleKind,
    StreamId,
};
use edgefold_runtime::{bus_queue, door_fetch, graphql_fetch, session_object};
use worker::{Context, Env, MessageBatch, Request, Response, event};

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
        known: &Known<'_>,
    ) -> Decision<Self::Event> {
        rules::decide(state, command, known)
    }

    fn evolve(state: &mut Self::State, event: &Self::Event) {
        reducer::evolve(state, event);
    }

    fn rests_on(command: &Self::Command) -> Vec<StreamId> {
        rules::rests_on(command)
    }
}

impl Participant for Probe {
    const ROUTES: &'static [Route] =
        &[Route { source: Self::TYPE, event: "Told", to: To::Field("to") }];

    const REMEMBERS: &'static [Remembered] = &[Remembered::of::<Self>(&["Told"])];

    fn requests(id: &Id, event: &Self::Event) -> Vec<Message> {
        match event {
            events::ProbeEvent::Asked(asked) => {
                let heard = commands::Heard { what: format!("a question of {id}") };
                vec![Message::to::<Self>(asked.of.clone(), heard)]
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

    #[allow(clippy::panic, reason = "this is what the probe is for")]
    fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
        match event.read::<events::ProbeEvent>()? {
            events::ProbeEvent::Trapped(trapped) if trapped.place == commands::Place::Project => {
                panic!("the probe panics while it is projected")
            }
            events::ProbeEvent::Trapped(trapped) if trapped.place == commands::Place::Table => {
                Ok(vec![Change::new(
                    "INSERT INTO probe_table (id, version) VALUES (?1, ?2)",
                    vec![event.stream.aggregate_id.as_str().into(), event.version.into()],
                )])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn may_send(who: &Principal, _id: &Id, _command: &Self::Command, _state: &Self::State) -> bool {
        who.role == STAFF
    }

    fn may_see(who: &Principal, _id: &Id, _state: &Self::State) -> bool {
        who.role == STAFF
    }
}

/// Whoever may send to a probe, and see it.
const STAFF: Role = Role::new("staff");

/// The one aggregate of this script.
pub const CATALOGUE: &Catalogue = &Catalogue {
    entries: &[Entry::of::<Probe>("PROBE")],
    roles: &[
        RoleKind { role: STAFF, about: "Acts for anybody.", duty: Duty::Oversight },
        RoleKind { role: Role::new("guest"), about: "May do nothing.", duty: Duty::None },
        RoleKind { role: Role::new("device"), about: "May do nothing.", duty: Duty::None },
        RoleKind { role: Role::new("admin"), about: "Administers.", duty: Duty::Administration },
    ],
};

session_object!(SessionObject, CATALOGUE, api::execute);

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    match request.path().as_str() {
        "/graphql" => graphql_fetch::serve(request, env, CATALOGUE, api::schema()).await,
        _ => door_fetch::serve(request, &env, CATALOGUE).await,
    }
}

#[event(queue)]
async fn queue(
    batch: MessageBatch<serde_json::Value>,
    env: Env,
    _context: Context,
) -> worker::Result<()> {
    bus_queue::consume(&batch, &env, CATALOGUE).await
}
