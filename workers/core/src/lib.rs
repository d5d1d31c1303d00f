//! The script that is deployed: it binds the aggregates to their Durable Object classes, the queue and D1. Nothing else.

// The classes that `durable_object` expands to have constructors without documentation.
#![allow(missing_docs)]

pub mod schema;

use edgefold_account::Account;
use edgefold_device::Device;
use edgefold_flow::{Catalogue, route::Entry};
use edgefold_order::Order;
use edgefold_reservation::Reservation;
use edgefold_roles::ROLES;
use edgefold_room::Room;
use edgefold_round::Round;
use edgefold_runtime::{
    aggregate_object, bus, journal_object,
    script::{doors, graphql, guard},
    session_object,
};
use worker::{Context, Env, MessageBatch, Request, Response, event};

/// Every aggregate type, with the binding of its class in `wrangler.toml`, and every role.
pub const CATALOGUE: &Catalogue = &Catalogue {
    entries: &[
        Entry::of::<Room>("ROOM"),
        Entry::of::<Reservation>("RESERVATION"),
        Entry::of::<Device>("DEVICE"),
        Entry::of::<Account>("ACCOUNT"),
        Entry::of::<Order>("ORDER"),
        Entry::of::<Round>("ROUND"),
    ],
    projections: &[edgefold_room::nights::NIGHTS, edgefold_round::leaderboard::LEADERBOARD],
    roles: ROLES,
};

/// The HTTP doors in OpenAPI 3.1, printed from the types.
const OPENAPI: &str = include_str!("../../../schema/openapi.json");

aggregate_object!(RoomObject, Room, CATALOGUE);
aggregate_object!(ReservationObject, Reservation, CATALOGUE);
aggregate_object!(DeviceObject, Device, CATALOGUE);
aggregate_object!(AccountObject, Account, CATALOGUE);
aggregate_object!(OrderObject, Order, CATALOGUE);
aggregate_object!(RoundObject, Round, CATALOGUE);
journal_object!(JournalObject, CATALOGUE);
session_object!(SessionObject, CATALOGUE, schema::execute);

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    guard::guarded(request, &env, CATALOGUE, async |request| match request.path().as_str() {
        "/openapi.json" => doors::document(&request, OPENAPI),
        "/graphql" | "/graphql/" => {
            graphql::serve(request, env.clone(), CATALOGUE, schema::schema()).await
        }
        _ => doors::serve(request, &env, CATALOGUE).await,
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
