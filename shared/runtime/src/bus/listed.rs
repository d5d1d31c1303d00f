//! The list of what is held back, for administrators. The holds themselves lie in the objects; the list may lag behind.

use edgefold_flow::{
    admin::{self, Page, PageWanted, SequenceRow, SequenceView, Total},
    publish::{Hold, hold::Status},
};
use edgefold_kernel::{Failure, Fault, StreamId};
use serde_json::Value;
use worker::Env;

use crate::platform::database::rows;

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/d1/query/held_", $name, ".sql"))
    };
}

/// Tells the list of a hold. What flows again leaves it.
///
/// # Errors
/// Fails if the database fails.
pub(crate) async fn list(env: &Env, source: &StreamId, hold: &Hold) -> Result<(), Fault> {
    let mut row = admin::row(source, hold)?;
    if hold.status == Status::Free {
        row.truncate(admin::SEQUENCE_COLUMNS);
        return rows::<Value>(env, sql!("drop"), &row).await.map(drop);
    }
    rows::<Value>(env, sql!("list"), &row).await.map(drop)
}

/// Lets the list forget a sequence that its source does not hold back any more.
///
/// # Errors
/// Fails if the database fails.
pub(crate) async fn forget(env: &Env, id: u64) -> Result<(), Fault> {
    rows::<Value>(env, sql!("forget"), &[id.into()]).await.map(drop)
}

/// A page of the list, with totals.
///
/// # Errors
/// Fails if the database fails.
pub(crate) async fn page(env: &Env, wanted: &PageWanted) -> Result<Page, Failure> {
    let filters = admin::filters(wanted);
    let first = [wanted.after.into(), (wanted.limit + 1).into()];
    let params: Vec<Value> = first.into_iter().chain(filters.clone()).collect();
    let found = rows::<SequenceRow>(env, sql!("page"), &params).await?;
    let totals = rows::<Total>(env, sql!("totals"), &filters).await?;
    let has_more = found.len() > wanted.limit;
    let views = found.into_iter().take(wanted.limit).map(SequenceRow::view);
    let sequences = views.collect::<Result<Vec<_>, Fault>>()?;
    let next = sequences.last().map(|last| last.id).filter(|_| has_more);
    Ok(Page { sequences, totals, next })
}

/// An entry of the list.
///
/// # Errors
/// Fails if the database fails.
pub(crate) async fn by_id(env: &Env, id: u64) -> Result<Option<SequenceView>, Failure> {
    let found = rows::<SequenceRow>(env, sql!("by_id"), &[id.into()]).await?;
    Ok(found.into_iter().next().map(SequenceRow::view).transpose()?)
}
