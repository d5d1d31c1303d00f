//! A page of a list as a Relay connection.

use std::borrow::Cow;

use async_graphql::{
    Error,
    connection::{CursorType, OpaqueCursor},
};
use edgefold_kernel::{
    Failure, Fault, Id, Rejection, Scope, StreamId, Version, limits, shape::Shape,
};
use futures_util::future::try_join_all;
use serde_json::{Map, Value};

use super::{
    faulted,
    gateway::{Gateway, Row},
    input::{Arguments, checked},
    list::{KEY, Statement, Wanted},
    refusal::invalid,
    show::{self, Wants, seen_at, unknown},
    unanswered,
};
use crate::{
    door::document::DocumentLimits,
    instance::When,
    journal::failure::{Meaning, meaning},
    participant::{
        Condition, Order, Projected, RowFilter,
        list::{BEGAN, ColumnKind, Listed},
    },
    route::Entry,
};

/// Cursor of a page: the order of its list, and in that order the key and the id of a row; opaque to clients. Lists are
/// ordered by what never changes, so a cursor stays good while rows come, go and change.
type PageCursor = OpaqueCursor<(String, Value, String)>;

/// Milliseconds between the first two looks at a table that is being made. Each pause is twice the one before.
const LOOK_AGAIN_MS: u64 = 50;

/// One page of a list.
///
/// # Errors
/// `INVALID_PAGE` when `first` is out of range, `INVALID_CURSOR` when `after` is not a cursor of this order, `INVALID_FIELD` and
/// `READ_MODEL_BEHIND` for `minVersion`; a fault, retryable while the table is being made or the database is away.
pub(super) async fn page(
    gateway: &dyn Gateway,
    entry: &'static Entry,
    mut given: Arguments,
    wants: Wants<'_>,
    settings: &DocumentLimits,
) -> Result<Value, Error> {
    let of = entry.aggregate_type;
    let filter = given.object("filter").map_err(unanswered)?;
    let (conditions, projected) = conditions(&entry.listed, filter)?;
    let filter = allowed(gateway, entry, conditions)?;
    let first = rows_wanted(given.take("first"))?;
    let order = order(entry, given.text("orderBy")).map_err(|fault| faulted(&fault))?;
    let after =
        given.text("after").map(|cursor| begin(&entry.listed, &cursor, order)).transpose()?;
    let least = least(of, given.take("minVersion"), settings.min_versions)?;
    let Some(filter) = filter else { return Ok(show::connection(Vec::new(), false, None, wants)) };
    if !least.is_empty() {
        let processors = projected.iter().map(|one| one.name).chain([of]);
        let shown = processors.map(|name| gateway.shown(name, least.clone()));
        try_join_all(shown).await.map_err(unanswered)?;
    }
    // Before the rows are read: what comes in between is shown twice, and not left out.
    let updates = match wants("updatesCursor") {
        true => Some(gateway.places(of, of).await.map_err(unanswered)?),
        false => None,
    };
    let after = after.as_ref().map(|(key, id)| (key, id.as_str()));
    let wanted = Wanted { order, after, filter: &filter, projected: &projected, rows: first + 1 };
    let statement = Statement::of(of, &entry.listed, &wanted);
    let mut rows = read_rows(gateway, &[of], &statement).await.map_err(unanswered)?;
    let has_more = rows.len() > first;
    rows.truncate(first);
    let rows = try_join_all(rows.into_iter().map(|row| shown(gateway, entry, row)));
    let rows = rows.await.map_err(unanswered)?.into_iter().flatten();
    let rows = rows.map(|(key, id, shown)| {
        (OpaqueCursor((order.name.to_owned(), key, id)).encode_cursor(), shown)
    });
    Ok(show::connection(rows.collect(), has_more, updates, wants))
}

/// The conditions of a filter: those on the rows, and those that projections answer.
///
/// # Errors
/// `INVALID_FIELD`.
pub(super) fn conditions(
    listed: &Listed,
    given: Map<String, Value>,
) -> Result<(Vec<Condition>, Vec<Projected>), Error> {
    let (mut conditions, mut projected) = (Vec::new(), Vec::new());
    let beside = listed.beside.iter().flat_map(|beside| beside.fields);
    let names = listed.filters.iter().map(|filter| filter.name);
    let names: Vec<_> = names.chain(beside.map(|(name, ..)| *name)).collect();
    if let Some(name) = given.keys().find(|name| !names.contains(&name.as_str())) {
        let field = format!("filter.{name}");
        let detail = format!("{field}: there is no such condition");
        return Err(unanswered(Rejection::shape("INVALID_FIELD", field, detail)));
    }
    for filter in listed.filters {
        let field = listed.state.field(filter.column);
        if let (Some(value), Some(field)) = (given.get(filter.name), field) {
            let path = format!("filter.{}", filter.name);
            // Anything else is compared as it is: what no row can have finds none.
            let value = match &field.shape {
                shape @ (Shape::Date | Shape::Timestamp) => {
                    checked(shape, &path, value.clone()).map_err(unanswered)?
                }
                _ => value.clone(),
            };
            conditions.push(Condition { column: filter.column.to_owned(), op: filter.op, value });
        }
    }
    for beside in listed.beside {
        let mut own = Map::new();
        for (name, _, shape) in beside.fields {
            if let Some(value) = given.get(*name) {
                let value = checked(shape, &format!("filter.{name}"), value.clone());
                own.insert((*name).to_owned(), value.map_err(unanswered)?);
            }
        }
        if let Some((more, condition)) = (beside.wanted)(&own).map_err(unanswered)? {
            conditions.extend(more);
            projected.push(condition);
        }
    }
    Ok((conditions, projected))
}

/// The rows of this aggregate that the caller may list, of those that fulfil these conditions; `None` if it may list nothing.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub(super) fn allowed(
    gateway: &dyn Gateway,
    entry: &Entry,
    conditions: Vec<Condition>,
) -> Result<Option<RowFilter>, Error> {
    let principal = gateway.principal().map_err(unanswered)?;
    let subject = &principal.subject;
    let (owner, only) = match (entry.may_list)(principal) {
        Scope::All => (None, None),
        Scope::Own => (Some(subject.clone()), None),
        Scope::Itself => match Id::parse(subject.as_str()) {
            Ok(id) => (None, Some(id)),
            // No instance has such an id.
            Err(_) => return Ok(None),
        },
        Scope::Nothing => return Ok(None),
    };
    Ok(Some(RowFilter { owner, only, conditions }))
}

/// The rows of a statement. A table that does not exist yet is being made: the journals of these categories are told to, and a
/// list waits for it a little.
pub(super) async fn read_rows(
    gateway: &dyn Gateway,
    categories: &[&str],
    statement: &Statement,
) -> Result<Vec<Row>, Failure> {
    let (mut waited, mut pause) = (0, LOOK_AGAIN_MS);
    loop {
        let Statement { sql, params } = statement.clone();
        match gateway.rows(Cow::Owned(sql), params).await {
            Err(fault) if meaning(&fault) == Meaning::Tables => {
                if waited == 0 {
                    try_join_all(categories.iter().map(|category| gateway.wake(category))).await?;
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

/// Key and id of a row, and what it shows. A row of an earlier release's state, which answers until the table is made again, is
/// asked of the instance; `None` if it is not there.
async fn shown(
    gateway: &dyn Gateway,
    entry: &Entry,
    row: Row,
) -> Result<Option<(Value, String, Value)>, Failure> {
    let of = entry.aggregate_type;
    let text = |column: &str| row.get(column).and_then(Value::as_str);
    let number = |column: &str| row.get(column).and_then(Value::as_u64);
    let (Some(id), Some(began), Some(state), Some(version), Some(schema)) =
        (text("id"), text(BEGAN), text("state"), number("version"), number("state_version"))
    else {
        return Err(Fault::Unreadable("a row of a read model".to_owned()).into());
    };
    if schema > u64::from(entry.state_version) {
        return Err(Fault::Newer(format!("rows of {of} at state version {schema}")).into());
    }
    let shown = if schema < u64::from(entry.state_version) {
        let instance = Id::parse(id).map_err(|said| Fault::Unreadable(said.to_string()))?;
        match gateway.row(StreamId::new(of, instance), When::Now).await {
            Err(Failure::Rejected(rejection)) if unknown(&rejection) => None,
            found => seen_at(id, found?),
        }
    } else {
        let state = serde_json::from_str(state);
        let state = state.map_err(|error| Fault::Unreadable(error.to_string()))?;
        show::instance(id, version, began, state)
    };
    let key = row.get(KEY).cloned().unwrap_or_default();
    Ok(shown.map(|shown| (key, id.to_owned(), shown)))
}

/// The order of this name; the default one when it is left out.
fn order(entry: &'static Entry, name: Option<String>) -> Result<&'static Order, Fault> {
    let mut orders = entry.listed.orders.iter();
    let order = match &name {
        None => orders.next(),
        Some(name) => orders.find(|order| order.name == *name),
    };
    order.ok_or_else(|| Fault::Defect(format!("{} has no order {name:?}", entry.aggregate_type)))
}

/// Key and id of the row after which a page begins.
fn begin(listed: &Listed, cursor: &str, order: &Order) -> Result<(Value, String), Error> {
    let kind = listed.column(order.by).map_or(ColumnKind::Text, |column| column.kind);
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
pub(super) fn rows_wanted(first: Option<Value>) -> Result<usize, Error> {
    let wanted = match first {
        None => Some(limits::LIST_ROWS_DEFAULT),
        Some(first) => first.as_u64().and_then(|first| usize::try_from(first).ok()),
    };
    wanted.filter(|first| (1..=limits::LIST_ROWS).contains(first)).ok_or_else(|| {
        let detail = format!("first: expected a number from 1 to {}", limits::LIST_ROWS);
        invalid("INVALID_PAGE", "first", detail)
    })
}

/// The versions that a list of this aggregate must show: read your writes.
///
/// # Errors
/// `INVALID_FIELD` when there are too many, or one is of another type or no version of an instance.
fn least(of: &str, wanted: Option<Value>, most: usize) -> Result<Vec<(StreamId, Version)>, Error> {
    let wrong = |expected: String| {
        invalid("INVALID_FIELD", "minVersion", format!("minVersion: expected {expected}"))
    };
    let wanted = match wanted {
        Some(Value::Array(wanted)) => wanted,
        _ => return Ok(Vec::new()),
    };
    if wanted.len() > most {
        return Err(wrong(format!("at most {most} instances")));
    }
    let read = |wanted: Value| {
        let text = |name: &str| wanted.get(name).and_then(Value::as_str).unwrap_or_default();
        let shown = show::shown_type(of);
        if text("type") != shown {
            return Err(wrong(format!("the type {shown}: this list shows no other")));
        }
        let id = Id::parse(text("id")).map_err(|said| wrong(format!("{said} as id")))?;
        let version = wanted.get("version").and_then(Value::as_u64);
        let version = version.ok_or_else(|| wrong("a version from 0".to_owned()))?;
        Ok((StreamId::new(of, id), version))
    };
    wanted.into_iter().map(read).collect()
}
