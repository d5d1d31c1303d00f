//! Fields of the GraphQL schema that panic on request, beside those that are made from the catalogue.

use async_graphql::{Context, ID, Object, Result, Subscription};
use edgefold_flow::{
    graphql::{Api, Subscribed, follow, unanswered},
    prelude::*,
};
use futures_util::StreamExt;
use serde_json::Value;

use super::Probe;
use crate::CATALOGUE;

/// The queries that panic.
#[derive(Default)]
pub struct ProbeQuery;

#[Object]
impl ProbeQuery {
    /// Returns true, or panics.
    #[allow(clippy::panic, reason = "this is what the probe is for")]
    async fn fine(&self, panics: bool) -> bool {
        if panics {
            panic!("the probe panics in a query")
        }
        true
    }
}

/// The subscriptions that panic.
#[derive(Default)]
pub struct ProbeSubscription;

#[Subscription]
impl ProbeSubscription {
    /// Cursors of the events of a probe. Panics at this version; at 0 before it follows anything.
    #[allow(clippy::panic, reason = "this is what the probe is for")]
    async fn panicking(
        &self,
        context: &Context<'_>,
        id: ID,
        after: Option<String>,
        panics_at: Option<i32>,
    ) -> Result<Subscribed<String>> {
        if panics_at == Some(0) {
            panic!("the probe panics when a subscription begins")
        }
        let entry = CATALOGUE.entry(Probe::TYPE).map_err(unanswered)?;
        let items = follow(&Api::of(CATALOGUE), context, entry, (&id, false), after)?;
        let cursor = items.map(move |item| {
            let item = item?;
            let version = item.pointer("/probe/version").and_then(Value::as_i64);
            if version.is_some() && version == panics_at.map(i64::from) {
                panic!("the probe panics in a subscription")
            }
            Ok(item.get("cursor").and_then(Value::as_str).unwrap_or_default().to_owned())
        });
        Ok(cursor.boxed())
    }
}
