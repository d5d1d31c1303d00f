//! The events and commands that a command caused, read from the journal in D1 for `GET /correlations/{commandId}`.

use edgefold_flow::{
    Catalogue,
    door::{Asker, token::Caller},
    project::correlation::{
        Caused, Entry, JOURNAL_CAUSED, JOURNAL_OF_COMMAND, entries, unknown, visible,
    },
};
use edgefold_kernel::{Envelope, Failure, Fault, Id, StreamId, limits};
use serde::Deserialize;
use serde_json::Value;
use worker::Env;

use crate::{door::gateway::seen, platform::database};

/// A row of [`JOURNAL_CAUSED`].
#[derive(Deserialize)]
struct Followed {
    position: u64,
    event: String,
}

/// A row of [`JOURNAL_OF_COMMAND`].
#[derive(Deserialize)]
struct Appended {
    aggregate_type: String,
    aggregate_id: Id,
}

/// A page of the events and commands that a command caused, as far as the caller may see them.
///
/// # Errors
/// `UNKNOWN_CORRELATION` when the command is not known, or the caller may not see its instance; a fault when the
/// database or an object cannot be asked.
pub async fn caused(
    env: &Env,
    catalogue: &'static Catalogue,
    caller: Caller,
    command_id: &Id,
    (after, limit): (u64, usize),
) -> Result<Caused, Failure> {
    let by = Asker::Somebody(caller);
    let params = vec![Value::from(command_id.as_str()), Value::from(limits::LIST_ROWS)];
    let sent_to: Vec<Appended> = database::rows(env, JOURNAL_OF_COMMAND, &params).await?;
    let sent_to =
        sent_to.into_iter().map(|row| StreamId::new(row.aggregate_type, row.aggregate_id));
    if seen(env, catalogue, &by, sent_to.collect()).await?.is_empty() {
        return Err(unknown(command_id).into());
    }
    let params = vec![
        Value::from(command_id.as_str()),
        Value::from(after),
        Value::from(limit + 1),
        Value::from(limits::CAUSED_EVENTS),
    ];
    let mut found: Vec<Followed> = database::rows(env, JOURNAL_CAUSED, &params).await?;
    if found.is_empty() && after == 0 {
        return Err(unknown(command_id).into());
    }
    let is_last = found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !is_last).map(|row| row.position);
    let events = found.iter().map(|row| serde_json::from_str::<Envelope>(&row.event));
    let events: Vec<Envelope> =
        events.collect::<Result<_, _>>().map_err(|error| Fault::Unreadable(error.to_string()))?;
    let listed: Vec<_> = events.iter().flat_map(|event| entries(catalogue, event)).collect();
    let streams = listed.iter().map(Entry::stream).collect();
    let entries = visible(listed, &seen(env, catalogue, &by, streams).await?);
    Ok(Caused { entries, next })
}
