//! The GraphQL part of a probe: enough to see the result of a panic in an operation.

use async_graphql::{Context, ID, Object, Result, Subscription};
use edgefold_flow::graphql::{Subscribed, subscribe};

use super::Probe;

/// The commands.
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

/// Subscriptions.
#[derive(Default)]
pub struct ProbeSubscription;

#[Subscription]
impl ProbeSubscription {
    /// Cursors of the events of a probe. Panics at this version; at 0 before it follows anything.
    #[allow(clippy::panic, reason = "this is what the probe is for")]
    async fn probe(
        &self,
        context: &Context<'_>,
        id: ID,
        after: Option<String>,
        panics_at: Option<i32>,
    ) -> Result<Subscribed<String>> {
        if panics_at == Some(0) {
            panic!("the probe panics when a subscription begins")
        }
        subscribe::<Probe, _>(context, &id, after, move |update, probe| {
            if probe.is_some_and(|probe| panics_at == Some(probe.version)) {
                panic!("the probe panics in a subscription")
            }
            update.cursor
        })
    }
}
