//! What a command has caused is read from the journal in D1, for `GET /correlations/{commandId}`.

use std::collections::BTreeSet;

use edgefold_flow::{
    Catalogue,
    contract::{self, Asker},
    correlate::{Caused, JOURNAL_CAUSED, JOURNAL_OF_COMMAND, entries, unknown, visible},
    token::Session,
};
use edgefold_kernel::{Duty, Envelope, Failure, Fault, Id, StreamId, limits};
use futures_util::future::try_join_all;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use worker::{Env, Method, Request};

use crate::{
    database::{bind, failed, open},
    stub,
};

/// A row of [`JOURNAL_CAUSED`].
#[derive(Deserialize)]
struct Followed {
    position: u64,
    event: String,
    total: u64,
}

/// A row of [`JOURNAL_OF_COMMAND`].
#[derive(Deserialize)]
struct Appended {
    aggregate_type: String,
    aggregate_id: Id,
}

/// A page of what a command has caused, of as much of it as the caller may see.
///
/// # Errors
/// `UNKNOWN_CORRELATION` when nothing is known of it, or the caller may not see what it was sent to; a fault when the
/// database or an object cannot be asked.
pub async fn caused(
    env: &Env,
    catalogue: &'static Catalogue,
    session: Session,
    command_id: &Id,
    (after, limit): (u64, usize),
) -> Result<Caused, Failure> {
    let asker = Asker::Somebody(session.clone());
    // Anybody else sees what it may see at its own door, instance by instance.
    let sees_all = catalogue.duty(&session.principal) >= Duty::Oversight;
    if !sees_all {
        let params = vec![Value::from(command_id.as_str()), Value::from(limits::LIST_ROWS)];
        let sent_to: Vec<Appended> = rows(env, JOURNAL_OF_COMMAND, &params).await?;
        let sent_to =
            sent_to.into_iter().map(|row| StreamId::new(row.aggregate_type, row.aggregate_id));
        if seen(env, catalogue, &asker, sent_to.collect()).await?.is_empty() {
            return Err(unknown(command_id).into());
        }
    }
    let params = vec![
        Value::from(command_id.as_str()),
        Value::from(after),
        Value::from(limit + 1),
        Value::from(limits::CAUSED_EVENTS),
    ];
    let mut found: Vec<Followed> = rows(env, JOURNAL_CAUSED, &params).await?;
    if found.is_empty() && after == 0 {
        return Err(unknown(command_id).into());
    }
    let is_last = found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !is_last).map(|row| row.position);
    let total = found.first().map(|row| row.total).filter(|_| sees_all);
    let events = found.iter().map(|row| serde_json::from_str::<Envelope>(&row.event));
    let events: Vec<Envelope> =
        events.collect::<Result<_, _>>().map_err(|error| Fault::Unreadable(error.to_string()))?;
    let mut listed: Vec<_> = events.iter().flat_map(|event| entries(catalogue, event)).collect();
    if !sees_all {
        let streams = listed.iter().map(edgefold_flow::correlate::Entry::stream).collect();
        listed = visible(listed, &seen(env, catalogue, &asker, streams).await?);
    }
    Ok(Caused { entries: listed, total, next })
}

/// Those of these instances that somebody may see, as they say themselves.
async fn seen(
    env: &Env,
    catalogue: &'static Catalogue,
    by: &Asker,
    streams: BTreeSet<StreamId>,
) -> Result<BTreeSet<StreamId>, Failure> {
    let asked = streams.into_iter().map(|stream| async move {
        let request = Request::new(&stub::url(contract::SIGHT), Method::Get);
        let request = request.map_err(|error| Fault::Defect(error.to_string()))?;
        let request = stub::on_behalf(request, by)?;
        let answer = stub::fetch(env, catalogue, &stream, request).await?;
        match stub::read::<()>(answer).await {
            Ok(()) => Ok(Some(stream)),
            Err(Failure::Rejected(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
}

async fn rows<T: DeserializeOwned>(
    env: &Env,
    sql: &str,
    params: &[Value],
) -> Result<Vec<T>, Fault> {
    let db = open(env)?;
    let found = bind(&db, sql, params)?.all().await.map_err(|error| failed(&error))?;
    found.results::<T>().map_err(|error| Fault::Unreadable(error.to_string()))
}
