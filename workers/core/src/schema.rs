//! The GraphQL schema: the aggregates' parts put together.

use std::sync::OnceLock;

use async_graphql::{EmptySubscription, MergedObject, Schema};
use edgefold_account::api::{AccountMutation, AccountQuery};
use edgefold_device::api::{DeviceMutation, DeviceQuery};
use edgefold_flow::graphql::HistoryQuery;
use edgefold_order::api::{OrderMutation, OrderQuery};
use edgefold_reservation::api::{ReservationMutation, ReservationQuery};
use edgefold_room::api::{RoomMutation, RoomQuery};
use edgefold_round::api::{RoundMutation, RoundQuery};

/// What may be asked about the domain.
#[derive(MergedObject, Default)]
pub struct Query(
    RoomQuery,
    ReservationQuery,
    DeviceQuery,
    AccountQuery,
    OrderQuery,
    RoundQuery,
    HistoryQuery,
);

/// What may be asked of the domain.
#[derive(MergedObject, Default)]
pub struct Mutation(
    RoomMutation,
    ReservationMutation,
    DeviceMutation,
    AccountMutation,
    OrderMutation,
    RoundMutation,
);

/// The whole schema.
pub type CoreSchema = Schema<Query, Mutation, EmptySubscription>;

/// The schema, built once for each isolate.
pub fn schema() -> &'static CoreSchema {
    static SCHEMA: OnceLock<CoreSchema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        Schema::build(Query::default(), Mutation::default(), EmptySubscription).finish()
    })
}
