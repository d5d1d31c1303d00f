//! The GraphQL schema: the aggregates' parts put together.

use std::sync::OnceLock;

use async_graphql::{EmptySubscription, MergedObject, Schema};
use edgefold_account::api::{AccountMutation, AccountQuery};
use edgefold_device::api::{DeviceMutation, DeviceQuery};
use edgefold_reservation::api::{ReservationMutation, ReservationQuery};
use edgefold_room::api::{RoomMutation, RoomQuery};

/// What may be asked about the domain.
#[derive(MergedObject, Default)]
pub struct Query(RoomQuery, ReservationQuery, DeviceQuery, AccountQuery);

/// What may be asked of the domain.
#[derive(MergedObject, Default)]
pub struct Mutation(RoomMutation, ReservationMutation, DeviceMutation, AccountMutation);

/// The whole schema.
pub type CoreSchema = Schema<Query, Mutation, EmptySubscription>;

/// The schema, built once for each isolate.
pub fn schema() -> &'static CoreSchema {
    static SCHEMA: OnceLock<CoreSchema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        Schema::build(Query::default(), Mutation::default(), EmptySubscription).finish()
    })
}
