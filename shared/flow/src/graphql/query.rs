//! What answers a field of a query or a mutation: one function for each kind, for all aggregates.

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::{Context, Error, ServerResult, Value as Answer};
use edgefold_kernel::{
    Envelope, Failure, Fault, Id, Rejection, StreamId, Timestamp, Version, command::CommandKind,
    limits,
};
use serde_json::Value;

use super::{
    api::{Api, Does, Root},
    describe::{camel, takes_input},
    faulted,
    gateway::Gateway,
    input::{Arguments, in_order},
    list::Statement,
    page::{self, read_rows, rows_wanted},
    project::answered,
    refusal::invalid,
    show::{self, Wants, seen_at, unknown},
    unanswered,
};
use crate::{
    Accepted, Message,
    door::document::DocumentLimits,
    instance::When,
    participant::{Asked, Projection},
    route::Entry,
    subscribe::socket::parse_version,
};

/// Answers a field of these; `None` if it is not one of them.
///
/// # Errors
/// Those of the field, where it must not be null.
pub(super) async fn resolve(
    api: &Api,
    roots: &[Root],
    context: &Context<'_>,
) -> ServerResult<Option<Answer>> {
    let name = context.item.node.name.node.as_str();
    let Some(root) = roots.iter().find(|root| root.field.name == name) else { return Ok(None) };
    let arguments = Arguments::of(api, context, &root.arguments)?;
    let found = match context.data::<Arc<dyn Gateway>>() {
        Ok(gateway) => found(api, root, gateway.as_ref(), context, arguments).await,
        Err(error) => Err(error),
    };
    answered(api, context, &root.field.of, found).map(Some)
}

async fn found(
    api: &Api,
    root: &Root,
    gateway: &dyn Gateway,
    context: &Context<'_>,
    arguments: Arguments,
) -> Result<Value, Error> {
    // Whatever its alias, and wherever it stands.
    let wants = |name: &str| context.look_ahead().field(name).exists();
    match root.does {
        Does::One(entry) => one(gateway, entry, arguments).await,
        Does::Page(entry) => {
            let settings = context.data_opt::<DocumentLimits>().copied().unwrap_or_default();
            page::page(gateway, entry, arguments, &wants, &settings).await
        }
        Does::Send(entry, command) => send(api, gateway, entry, command, arguments, &wants).await,
        Does::Events => events(api, gateway, arguments, &wants).await,
        Does::CommandResult => command_result(api, gateway, arguments, &wants).await,
        Does::Me => gateway.caller().map(show::me).map_err(unanswered),
        Does::Rows(projection, asked) => rows(gateway, projection, asked, arguments).await,
        Does::Follow(_) | Does::FollowAll(_) | Does::FollowEvents => {
            Err(faulted(&Fault::Defect("a subscription among the queries".to_owned())))
        }
    }
}

/// An instance, now or at a version or an instant, as its own object shows it to the caller; null when there is none.
async fn one(gateway: &dyn Gateway, entry: &Entry, mut given: Arguments) -> Result<Value, Error> {
    gateway.principal().map_err(unanswered)?;
    let when = when(given.take("atVersion"), given.text("at"))?;
    let id = given.required("id");
    let Ok(aggregate_id) = Id::parse(id.clone()) else { return Ok(Value::Null) };
    match gateway.row(StreamId::new(entry.aggregate_type, aggregate_id), when).await {
        Err(Failure::Rejected(rejection)) if unknown(&rejection) => Ok(Value::Null),
        found => Ok(seen_at(&id, found.map_err(unanswered)?).unwrap_or_default()),
    }
}

/// The moment that was asked for.
fn when(at_version: Option<Value>, at: Option<String>) -> Result<When, Error> {
    match (at_version, at) {
        (None, None) => Ok(When::Now),
        (Some(version), None) => version.as_u64().map(When::Version).ok_or_else(|| {
            invalid("INVALID_CURSOR", "atVersion", "atVersion: expected a version from 0")
        }),
        (None, Some(at)) => {
            let instant = Timestamp::parse(&at);
            let wrong = |said| invalid("INVALID_INSTANT", "at", format!("at: expected {said}"));
            instant.map(When::Instant).map_err(wrong)
        }
        _ => Err(invalid("INVALID_QUERY", "atVersion", "give only one of atVersion and at")),
    }
}

/// Sends a command. A refusal is data.
async fn send(
    api: &Api,
    gateway: &dyn Gateway,
    entry: &Entry,
    command: &CommandKind,
    mut given: Arguments,
    wants: Wants<'_>,
) -> Result<Value, Error> {
    let command_id = match id(&mut given, "commandId") {
        Ok(command_id) => command_id.unwrap_or_else(|| gateway.fresh_id()),
        Err(rejection) => return show::outcome(api, Err(rejection.into()), None),
    };
    let sent = match message(entry, command, command_id.clone(), given) {
        Ok(message) => gateway.command(message).await,
        Err(rejection) => Err(rejection.into()),
    };
    ended(api, gateway, sent, &command_id, wants).await
}

/// The result of a command, with the instance after it if that is selected.
async fn ended(
    api: &Api,
    gateway: &dyn Gateway,
    result: Result<Accepted, Failure>,
    command_id: &Id,
    wants: Wants<'_>,
) -> Result<Value, Error> {
    let after = match &result {
        Ok(accepted) if wants(&camel(&accepted.aggregate_type, false)) => Some((
            StreamId::new(accepted.aggregate_type.clone(), accepted.aggregate_id.clone()),
            accepted.version,
        )),
        _ => None,
    };
    let mut shown = show::outcome(api, result, Some(command_id))?;
    if let (Some((stream, version)), Value::Object(fields)) = (after, &mut shown) {
        let (field, id) = (camel(&stream.aggregate_type, false), stream.aggregate_id.clone());
        let row = match gateway.row(stream, When::Version(version)).await {
            Err(Failure::Rejected(rejection)) if unknown(&rejection) => None,
            row => seen_at(id.as_str(), row.map_err(unanswered)?),
        };
        fields.extend(row.map(|row| (field, row)));
    }
    Ok(shown)
}

fn id(given: &mut Arguments, field: &'static str) -> Result<Option<Id>, Rejection> {
    let invalid = |said| Rejection::shape("INVALID_FIELD", field, format!("expected: {said}"));
    given.text(field).map(|id| Id::parse(id).map_err(invalid)).transpose()
}

fn message(
    entry: &Entry,
    command: &CommandKind,
    command_id: Id,
    mut given: Arguments,
) -> Result<Message, Rejection> {
    let aggregate_id = id(&mut given, "id")?;
    let expected_version = given.take("expectedVersion").map(|version| {
        let expected = "expected: a version from 0";
        let invalid = || Rejection::shape("INVALID_FIELD", "expectedVersion", expected);
        version.as_u64().ok_or_else(invalid)
    });
    let expected_version = expected_version.transpose()?;
    let payload = if takes_input(command) { given.object("input")? } else { given.rest() };
    Ok(Message {
        aggregate_type: entry.aggregate_type.to_owned(),
        aggregate_id,
        name: command.name.to_owned(),
        payload: Value::Object(payload),
        command_id: Some(command_id),
        expected_version,
        metadata: None,
    })
}

/// The events of an instance, oldest first; null if there is no such instance.
async fn events(
    api: &Api,
    gateway: &dyn Gateway,
    mut given: Arguments,
    wants: Wants<'_>,
) -> Result<Value, Error> {
    let first = rows_wanted(given.take("first"))?;
    let after = given.text("after").map_or(Ok(0), |after| parse_version("after", &after));
    let after: Version = after.map_err(|_| {
        invalid("INVALID_CURSOR", "after", "after: expected the cursor of an event, its version")
    })?;
    let principal = gateway.principal().map_err(unanswered)?;
    let aggregate_type = given.aggregate_type("aggregateType").unwrap_or_default();
    let Ok(id) = Id::parse(given.required("aggregateId")) else { return Ok(Value::Null) };
    let page = match gateway.events(StreamId::new(aggregate_type, id), after, first).await {
        Err(Failure::Rejected(rejection)) if unknown(&rejection) => return Ok(Value::Null),
        page => page.map_err(unanswered)?,
    };
    let row =
        |event: &Envelope| Ok((event.version.to_string(), show::event(api, principal, event)?));
    let rows: Result<_, Fault> = page.events.iter().map(row).collect();
    let rows = rows.map_err(|fault| faulted(&fault))?;
    Ok(show::connection(rows, page.next.is_some(), Some(page.head.to_string()), wants))
}

/// What has become of a command; null if it is not known.
async fn command_result(
    api: &Api,
    gateway: &dyn Gateway,
    mut given: Arguments,
    wants: Wants<'_>,
) -> Result<Value, Error> {
    gateway.principal().map_err(unanswered)?;
    let aggregate_type = given.aggregate_type("aggregateType");
    let aggregate_id = given.text("aggregateId").map(Id::parse).transpose();
    let (Ok(aggregate_id), Ok(command_id)) = (aggregate_id, Id::parse(given.required("id"))) else {
        return Ok(Value::Null);
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
                if let Some(found) = outcome.map_err(unanswered)? {
                    return ended(api, gateway, found.into(), &command_id, wants).await;
                }
            }
        }
    }
    Ok(Value::Null)
}

/// The streams that a command has appended to, as the journals know them: those of the caller first, since others may have used its
/// command's id.
async fn streams_of(gateway: &dyn Gateway, command_id: &Id) -> Result<Vec<StreamId>, Failure> {
    let caller = gateway.principal()?;
    let events = gateway.caused(command_id.clone()).await?;
    let of_command = events.into_iter().filter(|event| event.command_id == *command_id);
    let is_own = |event: &Envelope| event.metadata.actor.as_ref() == Some(caller);
    let (own, others): (Vec<_>, Vec<_>) = of_command.partition(is_own);
    let streams = |events: Vec<Envelope>| -> BTreeSet<StreamId> {
        events.into_iter().map(|event| event.stream).collect()
    };
    let (own, others) = (streams(own), streams(others));
    let all = own.iter().chain(others.difference(&own)).cloned();
    Ok(all.take(limits::SAME_COMMAND_IDS).collect())
}

/// Rows of a projection, for a caller who has shown a token.
async fn rows(
    gateway: &dyn Gateway,
    projection: &Projection,
    asked: &Asked,
    given: Arguments,
) -> Result<Value, Error> {
    gateway.principal().map_err(unanswered)?;
    let params = in_order(asked.arguments, given.rest()).map_err(unanswered)?;
    let statement = Statement { sql: asked.sql.to_owned(), params };
    let rows = read_rows(gateway, projection.categories, &statement).await.map_err(unanswered)?;
    Ok(rows.into_iter().map(Value::Object).collect())
}
