//! The GraphQL schema: made from the catalogue, and merged with the fields by which the tests see what a panic does.

use std::sync::OnceLock;

use async_graphql::{MergedObject, MergedSubscription, Request, Response, Schema};
use edgefold_flow::{
    Catalogue,
    graphql::{self, Declares, Mutation},
};
use futures_util::stream::BoxStream;

use crate::{
    CATALOGUE,
    probe::api::{ProbeQuery, ProbeSubscription},
};

/// This script.
#[derive(Debug)]
pub enum Script {}

impl Declares for Script {
    const CATALOGUE: &'static Catalogue = CATALOGUE;
}

/// The fields of queries.
#[derive(MergedObject, Default)]
pub struct Query(graphql::Query<Script>, ProbeQuery);

/// The fields of subscriptions.
#[derive(MergedSubscription, Default)]
pub struct Subscription(graphql::Subscription<Script>, ProbeSubscription);

/// The whole schema.
pub type ProbeSchema = Schema<Query, Mutation<Script>, Subscription>;

/// The schema, built once for each isolate.
pub fn schema() -> &'static ProbeSchema {
    static SCHEMA: OnceLock<ProbeSchema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        graphql::finished(Query::default(), Mutation::default(), Subscription::default())
    })
}

/// Executes an operation of any kind; queries and mutations answer once.
pub fn execute(request: Request) -> BoxStream<'static, Response> {
    schema().execute_stream(request)
}
