//! The words that the aggregates' parts of the GraphQL schema share.
//!
//! Refusals are data: a mutation answers `Accepted` or `Rejected`. Only faults stand under `errors`, with their code in
//! `extensions.code`.

use std::sync::Arc;

use async_graphql::{
    Context, Error, ErrorExtensions, ID, InputValueError, InputValueResult, Scalar, ScalarType,
    SimpleObject, Union, Value,
    connection::{Connection, Edge, EmptyFields, OpaqueCursor, query},
};
use edgefold_kernel::{
    Aggregate, Failure, Fault, Id, Rejection, Scope, StreamId, Timestamp, Version,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Message, Participant,
    gateway::{Gateway, Row, row_at_least},
    instance::When,
};

/// Rows in one page of a list, at most and unless asked otherwise.
const PAGE_ROWS: usize = 100;
const PAGE_ROWS_DEFAULT: usize = 20;

/// What came of a command.
#[derive(Union)]
pub enum CommandResult {
    /// It was decided and its events are stored.
    Accepted(Accepted),
    /// It was refused and changed nothing.
    Rejected(Rejected),
}

/// The command was decided, and its events are stored.
#[derive(SimpleObject)]
pub struct Accepted {
    /// The command's id, made up when none was given.
    command_id: ID,
    /// Type of the aggregate that decided.
    aggregate_type: String,
    /// Instance that decided, made up when none was given.
    aggregate_id: ID,
    /// Version of the first event; the current version when nothing had to be stored.
    first_version: i32,
    /// Version of the stream after the command.
    version: i32,
    /// The stored events.
    events: Vec<EventRef>,
    /// How long to wait for the outcome that follows before asking, in milliseconds.
    confirm_within_ms: i32,
    /// Whether this is the outcome of an earlier send of the same command.
    duplicate: bool,
}

/// One stored event.
#[derive(SimpleObject)]
pub struct EventRef {
    /// UUIDv7.
    id: ID,
    /// Stored name of the event type.
    #[graphql(name = "type")]
    event_type: String,
    /// Its place in the stream.
    version: i32,
}

/// The command was refused, and changed nothing.
#[derive(SimpleObject)]
pub struct Rejected {
    /// Stable code, for programs.
    code: String,
    /// What was expected, for people.
    detail: String,
    /// Path of the offending field.
    field: Option<String>,
    /// Name of the business rule that said no.
    rule: Option<String>,
    /// Version of the stream when it was refused, where that is known.
    current_version: Option<i32>,
}

/// Versions fit GraphQL's `Int`: a stream of two thousand million events does not fit an object.
fn int(version: Version) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}

impl From<crate::Accepted> for Accepted {
    fn from(it: crate::Accepted) -> Self {
        let event = |event: crate::command::EventRef| EventRef {
            id: event.id.into(),
            event_type: event.event_type,
            version: int(event.version),
        };
        Self {
            command_id: it.command_id.as_str().into(),
            aggregate_type: it.aggregate_type,
            aggregate_id: it.aggregate_id.as_str().into(),
            first_version: int(it.first_version),
            version: int(it.version),
            events: it.events.into_iter().map(event).collect(),
            confirm_within_ms: i32::try_from(it.confirm_within_ms).unwrap_or(i32::MAX),
            duplicate: it.duplicate,
        }
    }
}

impl From<Rejection> for Rejected {
    fn from(it: Rejection) -> Self {
        Self {
            code: it.code.into_owned(),
            detail: it.detail,
            field: it.field,
            rule: it.rule.map(std::borrow::Cow::into_owned),
            current_version: it.current_version.map(int),
        }
    }
}

/// Day of the calendar, `YYYY-MM-DD`. It is read by the domain, so that a day that does not exist is a refusal with its
/// field, as at every other door.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub String);

/// Day of the calendar, `YYYY-MM-DD`, without a time zone.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Instant, RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DateTime(pub String);

/// Instant, RFC 3339 in UTC.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Amount of money in minor units. `Int` ends at two thousand million, an amount at 10^12. Negative only where something
/// is owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(pub i64);

/// Amount of money, a whole number of minor units up to 10^12. From 0, unless the field says that it may be negative.
#[Scalar]
impl ScalarType for Amount {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => {
                number.as_i64().map(Self).ok_or_else(|| InputValueError::expected_type(value))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// What every mutation takes besides its input.
pub struct Envelope {
    /// The instance; made up when it is left out and the command begins a stream.
    pub id: Option<ID>,
    /// Idempotency key; made up when it is left out.
    pub command_id: Option<ID>,
    /// The version that the stream must be at; 0: it must not exist.
    pub expected_version: Option<i32>,
}

/// Sends a command of this aggregate.
///
/// # Errors
/// A fault. A refusal is data.
pub async fn send<A: Aggregate>(
    context: &Context<'_>,
    name: &str,
    payload: impl Serialize,
    envelope: Envelope,
) -> Result<CommandResult, Error> {
    let message = match message::<A>(name, payload, envelope) {
        Ok(message) => message,
        Err(failure) => return refused(failure),
    };
    match context.data::<Arc<dyn Gateway>>()?.command(message).await {
        Ok(accepted) => Ok(CommandResult::Accepted(accepted.into())),
        Err(failure) => refused(failure),
    }
}

fn message<A: Aggregate>(
    name: &str,
    payload: impl Serialize,
    envelope: Envelope,
) -> Result<Message, Failure> {
    let id = |field: &'static str, id: Option<ID>| {
        let invalid = |said| Rejection::shape("INVALID_FIELD", field, format!("expected: {said}"));
        id.map(|id| Id::parse(id.0).map_err(invalid)).transpose()
    };
    let expected_version = envelope.expected_version.map(|version| {
        let invalid =
            |_| Rejection::shape("INVALID_FIELD", "expectedVersion", "expected: a version from 0");
        Version::try_from(version).map_err(invalid)
    });
    Ok(Message {
        aggregate_type: A::TYPE.to_owned(),
        aggregate_id: id("id", envelope.id)?,
        name: name.to_owned(),
        payload: serde_json::to_value(payload).map_err(|error| Fault::Defect(error.to_string()))?,
        command_id: id("commandId", envelope.command_id)?,
        expected_version: expected_version.transpose()?,
        metadata: None,
    })
}

fn refused(failure: Failure) -> Result<CommandResult, Error> {
    match failure {
        Failure::Rejected(rejection) => Ok(CommandResult::Rejected(rejection.into())),
        Failure::Faulted(fault) => Err(faulted(&fault)),
    }
}

/// A fault under `errors`: its code, never its text.
pub fn faulted(fault: &Fault) -> Error {
    let detail = if fault.retryable() { "try again" } else { "an error on our side" };
    Error::new(detail).extend_with(|_, extensions| extensions.set("code", fault.code()))
}

/// A refusal of a query under `errors`, with its code and, where it is known, the current version.
fn unanswered(failure: Failure) -> Error {
    match failure {
        Failure::Faulted(fault) => faulted(&fault),
        Failure::Rejected(rejection) => {
            Error::new(rejection.detail.clone()).extend_with(|_, extensions| {
                extensions.set("code", rejection.code.as_ref());
                if let Some(version) = rejection.current_version {
                    extensions.set("currentVersion", int(version));
                }
            })
        }
    }
}

/// Whose rows somebody sees: null stands for everybody's. None when there is nothing to see.
fn owner<A: Participant>(gateway: &dyn Gateway) -> Result<Option<serde_json::Value>, Failure> {
    let principal = gateway.principal()?;
    Ok(match A::may_list(principal) {
        Scope::All => Some(serde_json::Value::Null),
        Scope::Own => Some(principal.subject.as_str().into()),
        Scope::Nothing => None,
    })
}

/// One row of a read model, at least at `min_version` when one is named; none when it is not the caller's to see. The
/// statement takes the id, and the owner whose rows alone count, or null.
///
/// # Errors
/// `READ_MODEL_BEHIND` when the read model has not come so far in time; a fault.
pub async fn one<A: Participant, T: DeserializeOwned>(
    context: &Context<'_>,
    sql: &'static str,
    id: &ID,
    min_version: Option<i32>,
) -> Result<Option<T>, Error> {
    let gateway = context.data::<Arc<dyn Gateway>>()?;
    let Some(owner) = owner::<A>(gateway.as_ref()).map_err(unanswered)? else { return Ok(None) };
    let min_version = min_version.and_then(|version| Version::try_from(version).ok());
    let row = row_at_least(gateway.as_ref(), sql, id.as_str(), owner, min_version)
        .await
        .map_err(unanswered)?;
    row.map(read).transpose()
}

/// Which version of an instance a query is about.
pub struct Which {
    /// At least this version of the read model.
    pub min_version: Option<i32>,
    /// Exactly this version, from the stream.
    pub at_version: Option<i32>,
    /// What it was at this instant, from the stream.
    pub at: Option<DateTime>,
}

/// An instance as it was: its state at some version, and when its stream began.
pub struct Past<S> {
    /// Identifier.
    pub id: ID,
    /// Version that the state is at.
    pub version: i32,
    /// When its first event was decided.
    pub began: DateTime,
    /// The state.
    pub state: S,
}

/// An instance of this aggregate: its row in the read model, or what it was at a version or an instant.
///
/// A field transposes it to `Option<Result<_>>`: then an error makes this field null, as the specification says of a
/// nullable one. A `Result<Option<_>>` would take the whole answer with it.
///
/// # Errors
/// `READ_MODEL_BEHIND`, `VERSION_AHEAD`, `INVALID_INSTANT`, or `INVALID_QUERY` when more than one of the three is asked
/// for; a fault.
pub async fn one_or_past<A: Participant, T: DeserializeOwned>(
    context: &Context<'_>,
    sql: &'static str,
    id: &ID,
    which: Which,
    show: impl FnOnce(Past<A::State>) -> Option<T>,
) -> Result<Option<T>, Error> {
    let refuse =
        |code, field, detail: &str| unanswered(Rejection::shape(code, field, detail).into());
    let when = match which {
        Which { min_version, at_version: None, at: None } => {
            return one::<A, T>(context, sql, id, min_version).await;
        }
        Which { min_version: None, at_version: Some(version), at: None } => {
            let invalid =
                |_| refuse("INVALID_CURSOR", "atVersion", "atVersion: expected a version from 0");
            When::Version(Version::try_from(version).map_err(invalid)?)
        }
        Which { min_version: None, at_version: None, at: Some(DateTime(at)) } => {
            let invalid =
                |said: &str| refuse("INVALID_INSTANT", "at", &format!("at: expected {said}"));
            When::Instant(Timestamp::parse(&at).map_err(invalid)?)
        }
        _ => {
            return Err(refuse(
                "INVALID_QUERY",
                "atVersion",
                "only one of minVersion, atVersion and at",
            ));
        }
    };
    let gateway = context.data::<Arc<dyn Gateway>>()?;
    gateway.principal().map_err(unanswered)?;
    let Ok(aggregate_id) = Id::parse(id.0.clone()) else { return Ok(None) };
    let stream = StreamId::new(A::TYPE, aggregate_id);
    let view = match gateway.state(stream.clone(), when).await {
        Err(Failure::Rejected(rejection)) if rejection.code == "UNKNOWN_INSTANCE" => {
            return Ok(None);
        }
        view => view.map_err(unanswered)?,
    };
    let first = gateway.events(stream, 0, 1).await.map_err(unanswered)?;
    let began = first.events.first().map(|event| DateTime(event.time.to_string()));
    let unreadable = |said: String| faulted(&Fault::Unreadable(said));
    Ok(show(Past {
        id: id.clone(),
        version: int(view.version),
        began: began.ok_or_else(|| unreadable("a stream without a first event".into()))?,
        state: serde_json::from_value(view.state).map_err(|error| unreadable(error.to_string()))?,
    }))
}

/// One page of a read model as a Relay connection. The statement takes the two values of the key after which the page
/// begins, or nulls, how many rows, and the owner whose rows alone count, or null; `key` gives them for a row.
///
/// # Errors
/// When `first` or `after` are out of range; a fault.
pub async fn page<A: Participant, T: DeserializeOwned + async_graphql::OutputType>(
    context: &Context<'_>,
    sql: &'static str,
    first: Option<i32>,
    after: Option<String>,
    key: impl Fn(&T) -> (String, String),
) -> Result<Connection<PageCursor, T, EmptyFields, EmptyFields>, Error> {
    let gateway = context.data::<Arc<dyn Gateway>>()?;
    let owner = owner::<A>(gateway.as_ref()).map_err(unanswered)?;
    let invalid = |said: String| unanswered(Rejection::shape("INVALID_PAGE", "first", said).into());
    let first = first
        .map_or(Ok(PAGE_ROWS_DEFAULT), usize::try_from)
        .map_err(|_| invalid("first: from 1".into()))?;
    if !(1..=PAGE_ROWS).contains(&first) {
        return Err(invalid(format!("first: from 1 to {PAGE_ROWS}")));
    }
    query(
        after,
        None,
        Some(i32::try_from(first)?),
        None,
        |after: Option<PageCursor>, _, _, _| async move {
            let (a, b) = after.map_or((None, None), |OpaqueCursor((a, b))| (Some(a), Some(b)));
            let Some(owner) = owner else { return Ok(Connection::new(false, false)) };
            let params = vec![a.into(), b.into(), serde_json::Value::from(first + 1), owner];
            let mut rows = gateway.rows(sql, params).await.map_err(|fault| faulted(&fault))?;
            let has_more = rows.len() > first;
            rows.truncate(first);
            let mut connection = Connection::new(false, has_more);
            for row in rows {
                let node: T = read(row)?;
                connection.edges.push(Edge::new(OpaqueCursor(key(&node)), node));
            }
            Ok::<_, Error>(connection)
        },
    )
    .await
}

/// Cursor of a page: the key of a row, opaque to clients.
pub type PageCursor = OpaqueCursor<(String, String)>;

fn read<T: DeserializeOwned>(row: Row) -> Result<T, Error> {
    serde_json::from_value(serde_json::Value::Object(row))
        .map_err(|error| faulted(&Fault::Unreadable(format!("a row of a read model: {error}"))))
}
