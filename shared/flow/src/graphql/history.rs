//! What happened to an instance, and what became of a command: from its own object.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, Object};
use edgefold_kernel::{Envelope, Failure, Id, StreamId};

use super::{
    AggregateType, CommandResult, Connection, Event, connection::Edge, faulted, one::unknown,
    page::rows_wanted, refusal::invalid, unanswered,
};
use crate::{gateway::Gateway, subscribe::parse_version};

/// What may be asked about any aggregate.
#[derive(Default)]
pub struct HistoryQuery;

#[Object]
impl HistoryQuery {
    /// What happened to an instance, oldest first; null when there is none.
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Type of the aggregate.")] aggregate_type: AggregateType,
        #[graphql(desc = "The instance.")] aggregate_id: ID,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
    ) -> Option<Result<Connection<Event>, Error>> {
        events(context, &aggregate_type.0, &aggregate_id, first, after).await.transpose()
    }

    /// What became of a command that was accepted: what its first send was answered. Null when nothing is known of it: a
    /// refused command changed nothing and leaves nothing, an accepted one is remembered for 24 hours.
    async fn command_result(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The command's id.")] id: ID,
        #[graphql(desc = "Type of the aggregate that it was sent to.")]
        aggregate_type: AggregateType,
        #[graphql(desc = "Instance that it was sent to.")] aggregate_id: ID,
    ) -> Option<Result<CommandResult, Error>> {
        command_result(context, &id, &aggregate_type.0, &aggregate_id).await.transpose()
    }
}

async fn events(
    context: &Context<'_>,
    aggregate_type: &str,
    aggregate_id: &ID,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<Connection<Event>>, Error> {
    let first = rows_wanted(first)?;
    let after = after.map_or(Ok(0), |after| parse_version("after", &after));
    let after = after.map_err(|_| {
        invalid("INVALID_CURSOR", "after", "after: expected the cursor of an event, its version")
    })?;
    let gateway = context.data::<Arc<dyn Gateway>>()?;
    gateway.principal().map_err(unanswered)?;
    let Ok(id) = Id::parse(aggregate_id.0.clone()) else { return Ok(None) };
    let page = match gateway.events(StreamId::new(aggregate_type, id), after, first).await {
        Err(Failure::Rejected(rejection)) if unknown(&rejection) => return Ok(None),
        page => page.map_err(unanswered)?,
    };
    let edge = |event: &Envelope| {
        let node = Event::read(event).map_err(|fault| faulted(&fault))?;
        Ok::<_, Error>(Edge { node, cursor: event.version.to_string() })
    };
    let edges = page.events.iter().map(edge).collect::<Result<_, _>>()?;
    Ok(Some(Connection::new(edges, page.next.is_some())))
}

async fn command_result(
    context: &Context<'_>,
    command_id: &ID,
    aggregate_type: &str,
    aggregate_id: &ID,
) -> Result<Option<CommandResult>, Error> {
    let gateway = context.data::<Arc<dyn Gateway>>()?;
    gateway.principal().map_err(unanswered)?;
    let ids = (Id::parse(aggregate_id.0.clone()), Id::parse(command_id.0.clone()));
    let (Ok(aggregate_id), Ok(command_id)) = ids else { return Ok(None) };
    match gateway.outcome(StreamId::new(aggregate_type, aggregate_id), command_id).await {
        Err(Failure::Rejected(rejection)) if unknown(&rejection) => Ok(None),
        outcome => {
            let accepted = outcome.map_err(unanswered)?;
            accepted.map(|accepted| CommandResult::of(Ok(accepted))).transpose()
        }
    }
}
