//! The GraphQL schema: the aggregates' parts put together.

use std::sync::OnceLock;

use async_graphql::{MergedObject, MergedSubscription, Request, Response, Schema};
use edgefold_flow::{
    Catalogue,
    graphql::{Declares, EventSubscription, HistoryQuery, MeQuery, Names, Watch},
};
use futures_util::stream::BoxStream;

use crate::{
    CATALOGUE,
    claim::api::{ClaimMutation, ClaimQuery, ClaimSubscription},
    meter::api::{MeterMutation, MeterQuery, MeterSubscription},
    probe::api::{ProbeQuery, ProbeSubscription},
    resource::api::{ResourceMutation, ResourceQuery, ResourceSubscription},
};

/// The commands.
#[derive(MergedObject, Default)]
pub struct Query(ResourceQuery, ClaimQuery, MeterQuery, ProbeQuery, HistoryQuery, MeQuery);

/// The operations of the script.
#[derive(MergedObject, Default)]
pub struct Mutation(ResourceMutation, ClaimMutation, MeterMutation);

/// Subscriptions.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    ResourceSubscription,
    ClaimSubscription,
    MeterSubscription,
    ProbeSubscription,
    EventSubscription,
);

/// The whole schema.
pub type ProbeSchema = Schema<Query, Mutation, Subscription>;

/// This script.
enum Script {}

impl Declares for Script {
    const CATALOGUE: &'static Catalogue = CATALOGUE;
}

/// The schema, built once for each isolate.
pub fn schema() -> &'static ProbeSchema {
    static SCHEMA: OnceLock<ProbeSchema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        Schema::build(Query::default(), Mutation::default(), Subscription::default())
            .register_input_type::<Names<Script>>()
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
