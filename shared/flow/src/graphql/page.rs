//! A page of a list as a Relay connection.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    Context, Error, OutputType,
    connection::{CursorType, OpaqueCursor},
    resolver_utils::EnumType,
};
use edgefold_kernel::{Failure, Fault, Id, Scope, StreamId, limits};
use futures_util::future::try_join_all;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    Connection, Date, DateTime, StateAt,
    connection::Edge,
    faulted,
    fresh::{MinVersion, least},
    gateway::{Gateway, Row},
    int,
    list::{KEY, Projected, Statement, Wanted},
    one::{seen_at, unknown},
    refusal::invalid,
    unanswered,
};
use crate::{
    Participant,
    instance::When,
    journal::failure::{Meaning, meaning},
    participant::{
        Condition, Filter, Op, Order,
        list::{BEGAN, ColumnKind},
    },
};

/// Cursor of a page: the order of its list, and in that order the key and the id of a row; opaque to clients. Lists are
/// ordered by what never changes, so a cursor stays good while rows come, go and change.
type PageCursor = OpaqueCursor<(String, Value, String)>;

/// Milliseconds between the first two looks at a table that is being made. Each pause is twice the one before.
const LOOK_AGAIN_MS: u64 = 50;

/// A list, as it was asked for.
pub struct List<O> {
    /// The order of the list: [`Listed`](crate::participant::Listed) has one of this name.
    pub order_by: O,
    /// The conditions; `None` is one that was not asked for.
    pub filter: Vec<Option<Condition>>,
    /// Number of rows.
    pub first: Option<i32>,
    /// Cursor of the row after which the page begins.
    pub after: Option<String>,
    /// The versions that the list must show.
    pub min_version: Option<Vec<MinVersion>>,
}

/// One page of a list. `view` makes the row from the state that others see; where it makes none, the row is left out.
///
/// # Errors
/// `INVALID_PAGE` when `first` is out of range, `INVALID_CURSOR` when `after` is not a cursor of this order, `INVALID_FIELD` and
/// `READ_MODEL_BEHIND` for `minVersion`; a fault, retryable while the table is being made or the database is away.
pub async fn page<A: Participant, T: OutputType>(
    context: &Context<'_>,
    list: List<impl EnumType>,
    view: impl Fn(StateAt<A::State>) -> Option<T>,
) -> Result<Connection<T>, Error> {
    page_where::<A, T>(context, list, Vec::new(), view).await
}

/// The same of the rows of which projections say this, too; `None` is a condition that was not asked for.
///
/// # Errors
/// Those of [`page`](fn@page).
pub async fn page_where<A: Participant, T: OutputType>(
    context: &Context<'_>,
    list: List<impl EnumType>,
    projected: Vec<Option<Projected>>,
    view: impl Fn(StateAt<A::State>) -> Option<T>,
) -> Result<Connection<T>, Error> {
    let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
    let filter = allowed::<A>(gateway, list.filter)?;
    let first = rows_wanted(list.first)?;
    let order = order::<A>(name(list.order_by)).map_err(|fault| faulted(&fault))?;
    let after = list.after.as_deref().map(|cursor| begin::<A>(cursor, order)).transpose()?;
    let least = least::<A>(list.min_version)?;
    let Some(filter) = filter else { return Ok(Connection::new(Vec::new(), false, None)) };
    let projected: Vec<_> = projected.into_iter().flatten().collect();
    if !least.is_empty() {
        let processors = projected.iter().map(|one| one.name).chain([A::TYPE]);
        let shown = processors.map(|name| gateway.shown(name, least.clone()));
        try_join_all(shown).await.map_err(unanswered)?;
    }
    // Before the rows are read: what comes in between is shown twice, and not left out.
    let updates = match context.look_ahead().field("updatesCursor").exists() {
        true => Some(gateway.places(A::TYPE, A::TYPE).await.map_err(unanswered)?),
        false => None,
    };
    let after = after.as_ref().map(|(key, id)| (key, id.as_str()));
    let rows = first + 1;
    let wanted = Wanted { order, after, filter: &filter, projected: &projected, rows };
    let statement = Statement::of(A::TYPE, &A::LISTED, &wanted);
    let mut rows = read_rows(gateway, A::TYPE, &statement).await.map_err(unanswered)?;
    let has_more = rows.len() > first;
    rows.truncate(first);
    let rows = try_join_all(rows.iter().map(|row| shown::<A>(gateway, row)));
    let mut edges = Vec::with_capacity(first);
    for (key, at) in rows.await.map_err(unanswered)?.into_iter().flatten() {
        let cursor = OpaqueCursor((order.name.to_owned(), key, at.id.0.clone())).encode_cursor();
        edges.extend(view(at).map(|node| Edge { node, cursor }));
    }
    Ok(Connection::new(edges, has_more, updates))
}

/// Rows of a projection, as this statement reads them, for a caller who has shown a token.
///
/// # Errors
/// `UNAUTHENTICATED`; a fault, retryable while the table is being made or the database is away.
pub async fn projected<A: Participant, T: DeserializeOwned>(
    context: &Context<'_>,
    sql: &str,
    params: Vec<Value>,
) -> Result<Vec<T>, Error> {
    let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
    gateway.principal().map_err(unanswered)?;
    let statement = Statement { sql: sql.to_owned(), params };
    let rows = read_rows(gateway, A::TYPE, &statement).await.map_err(unanswered)?;
    let rows = rows.into_iter().map(|row| serde_json::from_value(Value::Object(row)));
    let rows = rows.collect::<Result<_, _>>();
    rows.map_err(|error| faulted(&Fault::Unreadable(error.to_string())))
}

/// The rows of a statement. A table that does not exist yet is being made: the journals are told to, and a list waits for it a
/// little.
async fn read_rows(
    gateway: &dyn Gateway,
    aggregate_type: &str,
    statement: &Statement,
) -> Result<Vec<Row>, Failure> {
    let (mut waited, mut pause) = (0, LOOK_AGAIN_MS);
    loop {
        let Statement { sql, params } = statement.clone();
        match gateway.rows(Cow::Owned(sql), params).await {
            Err(fault) if meaning(&fault) == Meaning::Tables => {
                if waited == 0 {
                    gateway.wake(aggregate_type).await?;
                }
                if waited >= limits::READ_YOUR_WRITES_MS {
                    let made = Fault::Unavailable("the read model".into(), fault.to_string());
                    return Err(made.into());
                }
                let rest = pause.min(limits::READ_YOUR_WRITES_MS - waited);
                gateway.sleep(rest).await;
                waited += rest;
                pause *= 2;
            }
            found => return Ok(found?),
        }
    }
}

/// What a row shows, with its key. A row of an earlier release's state, which answers until the table is made again, is asked of
/// the instance; `None` if it is not there.
async fn shown<A: Participant>(
    gateway: &dyn Gateway,
    row: &Row,
) -> Result<Option<(Value, StateAt<A::State>)>, Failure> {
    let text = |column: &str| row.get(column).and_then(Value::as_str);
    let number = |column: &str| row.get(column).and_then(Value::as_u64);
    let (Some(id), Some(began), Some(state), Some(version), Some(schema)) =
        (text("id"), text(BEGAN), text("state"), number("version"), number("state_version"))
    else {
        return Err(Fault::Unreadable("a row of a read model".to_owned()).into());
    };
    let key = row.get(KEY).cloned().unwrap_or_default();
    if schema > u64::from(A::STATE_VERSION) {
        return Err(Fault::Newer(format!("rows of {} at state version {schema}", A::TYPE)).into());
    }
    if schema < u64::from(A::STATE_VERSION) {
        let instance = Id::parse(id).map_err(|said| Fault::Unreadable(said.to_string()))?;
        return match gateway.row(StreamId::new(A::TYPE, instance), When::Now).await {
            Err(Failure::Rejected(rejection)) if unknown(&rejection) => Ok(None),
            found => Ok(Some((key, seen_at(id.into(), found?)?))),
        };
    }
    let state = serde_json::from_str(state);
    let state = state.map_err(|error| Fault::Unreadable(error.to_string()))?;
    let (version, began) = (int(version), DateTime(began.to_owned()));
    Ok(Some((key, StateAt { id: id.into(), version, began, state })))
}

/// The order of this name.
fn order<A: Participant>(name: &str) -> Result<&'static Order, Fault> {
    let orders = A::LISTED.orders.iter();
    orders
        .clone()
        .find(|order| order.name == name)
        .ok_or_else(|| Fault::Defect(format!("{} has no order {name}", A::TYPE)))
}

/// Name of a value of an enum, as clients and lists say it.
fn name<E: EnumType>(value: E) -> &'static str {
    E::items().iter().find(|item| item.value == value).map_or("", |item| item.name)
}

/// The value of a condition by an enum, whose names in GraphQL are those in the state.
pub fn named<E: EnumType>(value: Option<E>) -> Option<&'static str> {
    value.map(name)
}

/// The value of a condition by a day.
///
/// # Errors
/// `INVALID_FIELD` when it is not one.
pub fn day(field: &'static str, value: Option<Date>) -> Result<Option<String>, Error> {
    let day = value.map(|Date(text)| edgefold_kernel::Date::parse(&text)).transpose();
    let day =
        day.map_err(|said| invalid("INVALID_FIELD", field, format!("{field}: expected {said}")))?;
    Ok(day.map(|day| day.to_string()))
}

/// The condition that a column equals a value, if there is one.
pub fn eq(column: &'static str, value: Option<impl Serialize>) -> Option<Condition> {
    condition(column, Op::Eq, value)
}

/// The condition that a column is at least a value, if there is one.
pub fn at_least(column: &'static str, value: Option<impl Serialize>) -> Option<Condition> {
    condition(column, Op::Ge, value)
}

/// The condition that a column is at most a value, if there is one.
pub fn at_most(column: &'static str, value: Option<impl Serialize>) -> Option<Condition> {
    condition(column, Op::Le, value)
}

fn condition(column: &str, op: Op, value: Option<impl Serialize>) -> Option<Condition> {
    Some(Condition { column: column.to_owned(), op, value: json!(value?) })
}

/// Key and id of the row after which a page begins.
fn begin<A: Participant>(cursor: &str, order: &Order) -> Result<(Value, String), Error> {
    let kind = A::LISTED.column(order.by).map_or(ColumnKind::Text, |column| column.kind);
    match PageCursor::decode_cursor(cursor) {
        Ok(OpaqueCursor((of, key, id))) if of == order.name && kind.cell(&key).is_some() => {
            Ok((key, id))
        }
        _ => {
            let detail = "after: expected the cursor of an edge, or an endCursor, of this orderBy";
            Err(invalid("INVALID_CURSOR", "after", detail))
        }
    }
}

/// Number of rows or events that a list was asked for.
///
/// # Errors
/// `INVALID_PAGE` when it is out of range.
pub fn rows_wanted(first: Option<i32>) -> Result<usize, Error> {
    let wanted = first.map_or(Ok(limits::LIST_ROWS_DEFAULT), usize::try_from);
    wanted.ok().filter(|first| (1..=limits::LIST_ROWS).contains(first)).ok_or_else(|| {
        invalid(
            "INVALID_PAGE",
            "first",
            format!("first: expected a number from 1 to {}", limits::LIST_ROWS),
        )
    })
}

/// The rows of this aggregate that the caller may list, of those that fulfil these conditions; `None` if it may list nothing.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub(super) fn allowed<A: Participant>(
    gateway: &dyn Gateway,
    conditions: Vec<Option<Condition>>,
) -> Result<Option<Filter>, Error> {
    let principal = gateway.principal().map_err(unanswered)?;
    let subject = &principal.subject;
    let (owner, only) = match A::may_list(principal) {
        Scope::All => (None, None),
        Scope::Own => (Some(subject.clone()), None),
        Scope::Itself => match Id::parse(subject.as_str()) {
            Ok(id) => (None, Some(id)),
            // No instance has such an id.
            Err(_) => return Ok(None),
        },
        Scope::Nothing => return Ok(None),
    };
    let conditions = conditions.into_iter().flatten().collect();
    Ok(Some(Filter { owner, only, conditions }))
}
