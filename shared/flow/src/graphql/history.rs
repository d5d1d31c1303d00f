//! The history of an instance and the result of a command, from the instance's own object.

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::{Context, Error, ID, Object};
use edgefold_kernel::{Envelope, Failure, Id, StreamId, limits};

use super::{
    AggregateType, CommandResult, Connection, Event, connection::Edge, faulted, gateway::Gateway,
    one::unknown, page::rows_wanted, refusal::invalid, unanswered,
};
use crate::subscribe::socket::parse_version;

/// Queries about any aggregate.
#[derive(Default)]
pub struct HistoryQuery;

#[Object]
impl HistoryQuery {
    /// The events of an instance, oldest first; null if there is no such instance.
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Type of the aggregate.")] aggregate_type: AggregateType,
        #[graphql(desc = "The instance.")] aggregate_id: ID,
        #[graphql(desc = "Number of rows, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins.")] after: Option<String>,
    ) -> Option<Result<Connection<Event>, Error>> {
        events(context, &aggregate_type.0, &aggregate_id, first, after).await.transpose()
    }

    /// The first answer to an accepted command. Null if the command is not known: a refused command leaves no record,
    /// and an accepted one is remembered for 24 hours. With type and instance the answer is there at once; by id alone,
    /// once the command's events have been journalled, and unless the caller named another correlation for them.
    async fn command_result(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The command's id.")] id: ID,
        #[graphql(desc = "Type of the aggregate that it was sent to.")] aggregate_type: Option<
            AggregateType,
        >,
        #[graphql(desc = "Instance that it was sent to.")] aggregate_id: Option<ID>,
    ) -> Option<Result<CommandResult, Error>> {
        let aggregate_type = aggregate_type.map(|it| it.0);
        command_result(context, &id, aggregate_type, aggregate_id).await.transpose()
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
    Ok(Some(Connection::new(edges, page.next.is_some(), Some(page.head.to_string()))))
}

async fn command_result(
    context: &Context<'_>,
    command_id: &ID,
    aggregate_type: Option<String>,
    aggregate_id: Option<ID>,
) -> Result<Option<CommandResult>, Error> {
    let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
    gateway.principal().map_err(unanswered)?;
    let aggregate_id = aggregate_id.map(|id| Id::parse(id.0)).transpose();
    let (Ok(aggregate_id), Ok(command_id)) = (aggregate_id, Id::parse(command_id.0.clone())) else {
        return Ok(None);
    };
    let sent_to = match (aggregate_type, aggregate_id) {
        (Some(aggregate_type), Some(id)) => vec![StreamId::new(aggregate_type, id)],
        (aggregate_type, id) => {
            let mut streams = streams_of(gateway, &command_id).await.map_err(unanswered)?;
            streams.retain(|stream| {
                aggregate_type.as_ref().is_none_or(|it| *it == stream.aggregate_type)
                    && id.as_ref().is_none_or(|it| *it == stream.aggregate_id)
            });
            streams
        }
    };
    for stream in sent_to {
        match gateway.outcome(stream, command_id.clone()).await {
            // A caller learns nothing of an instance that it may not see; the command may be its own on another
            // instance.
            Err(Failure::Rejected(rejection)) if unknown(&rejection) => {}
            outcome => {
                if let Some(accepted) = outcome.map_err(unanswered)? {
                    return CommandResult::of(Ok(accepted), None).map(Some);
                }
            }
        }
    }
    Ok(None)
}

/// The streams that a command has appended to, as the journals know them.
async fn streams_of(gateway: &dyn Gateway, command_id: &Id) -> Result<Vec<StreamId>, Failure> {
    let events = gateway.caused(command_id.clone()).await?;
    let of_command = events.into_iter().filter(|event| event.command_id == *command_id);
    let streams: BTreeSet<StreamId> = of_command.map(|event| event.stream).collect();
    Ok(streams.into_iter().take(limits::SAME_COMMAND_IDS).collect())
}
