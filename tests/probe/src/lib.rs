//! The script that the engine's acceptance tests run on: small aggregates that show what the engine can, and one that
//! misbehaves on request. It is built like the script that is deployed, and knows nothing of its domain. Never deployed.
//!
//! | room | what it shows |
//! |---|---|
//! | [`roles`] | the roles, and how far they reach |
//! | [`release`] | the release that it plays |
//! | [`resource`] | a supplier with exclusive slots |
//! | [`claim`] | a process over another aggregate, with a deadline and a compensation |
//! | [`meter`] | frequent updates, snapshots, and events of older schema versions |
//! | [`probe`] | an aggregate that panics, fills streams and is slow where it is told to |
//! | [`schema`] | the GraphQL schema |

// The classes that `durable_object` expands to have constructors without documentation.
#![allow(missing_docs)]

pub mod roles;
pub mod release;
pub mod resource;
pub mod claim;
pub mod meter;
pub mod probe;
pub mod schema;

use edgefold_flow::{Catalogue, Hooks, route::Entry};
use edgefold_runtime::{
    aggregate_object, bus, journal_object,
    platform::http::{Request, Response},
    script::{doors, graphql, guard},
    session_object,
};
use worker::{Context, Env, MessageBatch, event};

use crate::{claim::Claim, meter::Meter, probe::Probe, resource::Resource};

/// Every aggregate type of this script, and every role.
pub const CATALOGUE: &Catalogue = &Catalogue {
    entries: &[
        Entry::of::<Resource>("RESOURCE"),
        Entry::of::<Claim>("CLAIM"),
        Entry::of::<Meter>("METER"),
        Entry::of::<Probe>("PROBE"),
    ],
    projections: &[probe::projection::TRAPS],
    hooks: Hooks::NONE,
    roles: roles::ROLES,
};

aggregate_object!(ResourceObject, Resource, CATALOGUE);
aggregate_object!(ClaimObject, Claim, CATALOGUE);
aggregate_object!(MeterObject, Meter, CATALOGUE);
journal_object!(JournalObject, CATALOGUE);
session_object!(SessionObject, CATALOGUE, schema::execute);

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    guard::guarded(request, &env, CATALOGUE, async |request, caller| match request.path() {
        "/graphql" | "/graphql/" => {
            graphql::serve(request, caller, env.clone(), CATALOGUE, schema::schema()).await
        }
        _ => doors::serve(request, caller, &env, CATALOGUE).await,
    })
    .await
}

#[event(queue)]
async fn queue(
    batch: MessageBatch<serde_json::Value>,
    env: Env,
    _context: Context,
) -> worker::Result<()> {
    bus::consume(&batch, &env, CATALOGUE).await
}
