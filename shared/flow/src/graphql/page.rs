//! A page of a read model as a Relay connection.

use std::sync::Arc;

use async_graphql::{
    Context, Error, OutputType,
    connection::{Connection, CursorType, Edge, EmptyFields, OpaqueCursor},
};
use edgefold_kernel::{Fault, Scope, limits};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{faulted, refusal::invalid, unanswered};
use crate::{
    Participant,
    gateway::{Gateway, Row},
};

/// Cursor of a page: the key of a row, opaque to clients. A key never changes, so a cursor stays good while rows come and
/// go.
pub type PageCursor = OpaqueCursor<(String, String)>;

/// A page of these.
pub type PageOf<T> = Connection<PageCursor, T, EmptyFields, EmptyFields>;

/// One page of a read model. The statement takes the two values of the key after which the page begins, or nulls, how
/// many rows, and the owner whose rows alone count, or null; `key` gives them for a row.
///
/// # Errors
/// `INVALID_PAGE` when `first` is out of range, `INVALID_CURSOR` when `after` is none; a fault.
pub async fn page<A: Participant, T: DeserializeOwned + OutputType>(
    context: &Context<'_>,
    sql: &'static str,
    first: Option<i32>,
    after: Option<String>,
    key: impl Fn(&T) -> (String, String),
) -> Result<PageOf<T>, Error> {
    let gateway = context.data::<Arc<dyn Gateway>>()?;
    let owner = owner::<A>(gateway.as_ref())?;
    let first = rows_wanted(first)?;
    let (a, b) = match after.as_deref().map(PageCursor::decode_cursor) {
        None => (Value::Null, Value::Null),
        Some(Ok(OpaqueCursor((a, b)))) => (a.into(), b.into()),
        Some(Err(_)) => {
            let detail = "after: expected the cursor of an edge, or an endCursor";
            return Err(invalid("INVALID_CURSOR", "after", detail));
        }
    };
    let Some(owner) = owner else { return Ok(Connection::new(false, false)) };
    let params = vec![a, b, Value::from(first + 1), owner];
    let mut rows = gateway.rows(sql, params).await.map_err(|fault| faulted(&fault))?;
    let has_more = rows.len() > first;
    rows.truncate(first);
    let mut connection = Connection::new(false, has_more);
    for row in rows {
        let node: T = read(row)?;
        connection.edges.push(Edge::new(OpaqueCursor(key(&node)), node));
    }
    Ok(connection)
}

/// How many rows or events of a list were asked for.
pub(super) fn rows_wanted(first: Option<i32>) -> Result<usize, Error> {
    let wanted = first.map_or(Ok(limits::LIST_ROWS_DEFAULT), usize::try_from);
    wanted.ok().filter(|first| (1..=limits::LIST_ROWS).contains(first)).ok_or_else(|| {
        invalid("INVALID_PAGE", "first", format!("first: from 1 to {}", limits::LIST_ROWS))
    })
}

/// Whose rows somebody sees: null stands for everybody's. None when there is nothing to see.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub(super) fn owner<A: Participant>(gateway: &dyn Gateway) -> Result<Option<Value>, Error> {
    let principal = gateway.principal().map_err(unanswered)?;
    Ok(match A::may_list(principal) {
        Scope::All => Some(Value::Null),
        Scope::Own => Some(principal.subject.as_str().into()),
        Scope::Nothing => None,
    })
}

/// Reads a row of a read model.
pub(super) fn read<T: DeserializeOwned>(row: Row) -> Result<T, Error> {
    serde_json::from_value(Value::Object(row))
        .map_err(|error| faulted(&Fault::Unreadable(format!("a row of a read model: {error}"))))
}
