//! The GraphQL schema: the aggregates' parts put together.

use std::sync::OnceLock;

use async_graphql::{MergedObject, MergedSubscription, Request, Response, Schema};
use edgefold_account::api::{AccountMutation, AccountQuery, AccountSubscription};
use edgefold_device::api::{DeviceMutation, DeviceQuery, DeviceSubscription};
use edgefold_flow::{
    Catalogue,
    graphql::{Declares, EventSubscription, HistoryQuery, MeQuery, Names, Watch},
};
use edgefold_order::api::{OrderMutation, OrderQuery, OrderSubscription};
use edgefold_reservation::api::{ReservationMutation, ReservationQuery, ReservationSubscription};
use edgefold_room::api::{RoomMutation, RoomQuery, RoomSubscription};
use edgefold_round::api::{RoundMutation, RoundQuery, RoundSubscription};
use futures_util::stream::BoxStream;

use crate::CATALOGUE;

/// Queries about the domain.
#[derive(MergedObject, Default)]
pub struct Query(
    RoomQuery,
    ReservationQuery,
    DeviceQuery,
    AccountQuery,
    OrderQuery,
    RoundQuery,
    HistoryQuery,
    MeQuery,
);

/// Mutations of the domain.
#[derive(MergedObject, Default)]
pub struct Mutation(
    RoomMutation,
    ReservationMutation,
    DeviceMutation,
    AccountMutation,
    OrderMutation,
    RoundMutation,
);

/// Subscriptions to the domain.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    RoomSubscription,
    ReservationSubscription,
    DeviceSubscription,
    AccountSubscription,
    OrderSubscription,
    RoundSubscription,
    EventSubscription,
);

/// The whole schema.
pub type CoreSchema = Schema<Query, Mutation, Subscription>;

/// This script.
enum Core {}

impl Declares for Core {
    const CATALOGUE: &'static Catalogue = CATALOGUE;
}

/// The schema, built once for each isolate.
pub fn schema() -> &'static CoreSchema {
    static SCHEMA: OnceLock<CoreSchema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        Schema::build(Query::default(), Mutation::default(), Subscription::default())
            .register_input_type::<Names<Core>>()
            .extension(Watch)
            // A suggestion would name what introspection hides.
            .disable_suggestions()
            .finish()
    })
}

/// Executes an operation of any kind; queries and mutations answer once.
pub fn execute(request: Request) -> BoxStream<'static, Response> {
    schema().execute_stream(request)
}
