//! A page of a read model as a Relay connection.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_graphql::{
    Context, Error, OutputType,
    connection::{CursorType, OpaqueCursor},
    resolver_utils::EnumType,
};
use edgefold_kernel::{Fault, Scope, Subject, limits};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Connection, Date,
    connection::Edge,
    faulted,
    gateway::{Gateway, Row},
    list::statement,
    refusal::invalid,
    unanswered,
};
use crate::Participant;

/// Cursor of a page: the order of its list, and in that order the key and the id of a row; opaque to clients. Lists are
/// ordered by what never changes, so a cursor stays good while rows come, go and change.
type PageCursor = OpaqueCursor<(String, Value, String)>;

/// Column of a row that holds its key in the order that was asked for.
const KEY: &str = "cursor_key";

/// A list, as it was asked for.
pub struct List<O> {
    /// Its statement. The parameters are key and id of the row after which the page begins, the owner whose rows are
    /// listed, the parameters of the filter, the number of rows, and the ids to list, as JSON. The words of its lines
    /// are `after`, `owner`, `ids`, the order's name, and those of the filter.
    pub sql: &'static str,
    /// The order of the list.
    pub order_by: O,
    /// The filter: word and parameter, in the order of the statement; null means that the word is not used.
    pub filter: Vec<(&'static str, Value)>,
    /// Number of rows.
    pub first: Option<i32>,
    /// Cursor of the row after which the page begins.
    pub after: Option<String>,
}

/// One page of a read model.
///
/// # Errors
/// `INVALID_PAGE` when `first` is out of range, `INVALID_CURSOR` when `after` is not a cursor of this order; a fault.
pub async fn page<A: Participant, T: DeserializeOwned + OutputType>(
    context: &Context<'_>,
    list: List<impl EnumType>,
) -> Result<Connection<T>, Error> {
    let gateway = context.data::<Arc<dyn Gateway>>()?;
    let rows = allowed::<A>(gateway.as_ref())?;
    let first = rows_wanted(list.first)?;
    let order = name(list.order_by);
    let after = list.after.as_deref().map(|cursor| begin(cursor, order)).transpose()?;
    let Some(Allowed { owner, only }) = rows else {
        return Ok(Connection::new(Vec::new(), false));
    };
    let mut words = vec![order];
    words.extend(after.is_some().then_some("after"));
    words.extend((!owner.is_null()).then_some("owner"));
    words.extend(only.is_some().then_some("ids"));
    words.extend(list.filter.iter().filter(|(_, value)| !value.is_null()).map(|(word, _)| word));
    let sql = statement(list.sql, &words);
    let (key, id) = after.unwrap_or_default();
    let mut params = vec![key, id.into(), owner];
    params.extend(list.filter.into_iter().map(|(_, value)| value));
    params.push(Value::from(first + 1));
    params.extend(only.map(|id| Value::from(serde_json::json!([id]).to_string())));
    let rows = gateway.rows(Cow::Owned(sql), params).await;
    let mut rows = rows.map_err(|fault| faulted(&fault))?;
    let has_more = rows.len() > first;
    rows.truncate(first);
    let mut edges = Vec::with_capacity(rows.len());
    for mut row in rows {
        let key = row.remove(KEY).unwrap_or_default();
        let id = row.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let cursor = OpaqueCursor((order.to_owned(), key, id)).encode_cursor();
        edges.push(Edge { node: read(row)?, cursor });
    }
    Ok(Connection::new(edges, has_more))
}

/// The rows of a read model with these ids that a list would hold, by id.
///
/// # Errors
/// A fault when the read model cannot be read.
pub(super) async fn rows_of(
    gateway: &dyn Gateway,
    Allowed { owner, only }: Allowed,
    list: &List<impl EnumType>,
    mut ids: BTreeSet<&str>,
) -> Result<BTreeMap<String, Row>, Fault> {
    ids.retain(|id| only.as_ref().is_none_or(|only| only.as_str() == *id));
    let asked = list.filter.iter().filter(|(_, value)| !value.is_null()).map(|(word, _)| *word);
    let mut words = vec![name(list.order_by), "ids"];
    words.extend((!owner.is_null()).then_some("owner"));
    words.extend(asked);
    let mut params = vec![Value::Null, Value::Null, owner];
    params.extend(list.filter.iter().map(|(_, value)| value.clone()));
    params.extend([Value::from(ids.len()), Value::from(serde_json::json!(ids).to_string())]);
    let rows = gateway.rows(Cow::Owned(statement(list.sql, &words)), params).await;
    let id = |row: &Row| row.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(rows?.into_iter().map(|row| (id(&row), row)).collect())
}

/// Name of a value of an enum, as clients and statements say it.
fn name<E: EnumType>(value: E) -> &'static str {
    E::items().iter().find(|item| item.value == value).map_or("", |item| item.name)
}

/// The parameter of a filter by an enum; null when it is not asked for.
pub fn named<E: EnumType>(value: Option<E>) -> Value {
    value.map(|value| Value::from(name(value))).unwrap_or_default()
}

/// The parameter of a filter by a day; null when it is not asked for.
///
/// # Errors
/// `INVALID_FIELD` when it is not one.
pub fn day(field: &'static str, value: Option<Date>) -> Result<Value, Error> {
    let Some(Date(text)) = value else { return Ok(Value::Null) };
    let day = edgefold_kernel::Date::parse(&text);
    let day =
        day.map_err(|said| invalid("INVALID_FIELD", field, format!("{field}: expected {said}")))?;
    Ok(day.to_string().into())
}

/// Key and id of the row after which a page begins.
fn begin(cursor: &str, order: &str) -> Result<(Value, String), Error> {
    match PageCursor::decode_cursor(cursor) {
        Ok(OpaqueCursor((of, key, id))) if of == order && (key.is_string() || key.is_number()) => {
            Ok((key, id))
        }
        _ => {
            let detail = "after: expected the cursor of an edge, or an endCursor, of this orderBy";
            Err(invalid("INVALID_CURSOR", "after", detail))
        }
    }
}

/// Number of rows or events that a list was asked for.
pub(super) fn rows_wanted(first: Option<i32>) -> Result<usize, Error> {
    let wanted = first.map_or(Ok(limits::LIST_ROWS_DEFAULT), usize::try_from);
    wanted.ok().filter(|first| (1..=limits::LIST_ROWS).contains(first)).ok_or_else(|| {
        invalid(
            "INVALID_PAGE",
            "first",
            format!("first: expected a number from 1 to {}", limits::LIST_ROWS),
        )
    })
}

/// The rows that somebody may see.
pub(super) struct Allowed {
    /// The owner of the rows; null means any owner.
    owner: Value,
    /// The only one.
    only: Option<Subject>,
}

/// The rows of this aggregate that the caller may list; `None` if it may list nothing.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub(super) fn allowed<A: Participant>(gateway: &dyn Gateway) -> Result<Option<Allowed>, Error> {
    let principal = gateway.principal().map_err(unanswered)?;
    let subject = &principal.subject;
    Ok(match A::may_list(principal) {
        Scope::All => Some(Allowed { owner: Value::Null, only: None }),
        Scope::Own => Some(Allowed { owner: subject.as_str().into(), only: None }),
        Scope::Itself => Some(Allowed { owner: Value::Null, only: Some(subject.clone()) }),
        Scope::Nothing => None,
    })
}

/// Reads a row of a read model.
pub(super) fn read<T: DeserializeOwned>(row: Row) -> Result<T, Error> {
    serde_json::from_value(Value::Object(row))
        .map_err(|error| faulted(&Fault::Unreadable(format!("a row of a read model: {error}"))))
}
