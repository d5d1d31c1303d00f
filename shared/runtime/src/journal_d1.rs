//! Letters are journalled and projected: in D1, in order per source stream, each event once.
//!
//! The journal is the high-water mark: its last version of a stream says how far the read models have come. Journal rows
//! and the changes of read models go in one batch, which D1 runs as a transaction; a journal row that is there already
//! fails it, so of two consumers that race one is told to look again.
//!
//! All streams of a batch of letters go together: two round trips, however many there are. When that fails, each goes by
//! itself, and then each of its events, so that only the one that is to blame is left behind, and what follows it.

use std::collections::BTreeMap;

use edgefold_flow::{
    Catalogue, Change,
    project::{JOURNAL_HEADS, journal},
    receive::{Step, step},
    route::spans,
};
use edgefold_kernel::{Envelope, Failure, Fault, StreamId, Version};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::Value;
use worker::{D1Database, D1PreparedStatement, Env, console_error, wasm_bindgen::JsValue};

use crate::{bindings, copy_object::fetch_spans};

/// How often a stream is tried by itself, since another consumer may have been faster.
const ATTEMPTS: usize = 3;

/// Events in one batch of D1, each with its journal row and the changes that follow from it: as many as letters come.
const EVENTS_PER_BATCH: usize = 100;

/// Events of some streams, as they came.
type Streams = BTreeMap<StreamId, Vec<Envelope>>;

/// Journals and projects events of many streams. Gives for each stream that fails the first version that could not be, and
/// why; what follows it was left behind.
pub async fn project(
    env: &Env,
    catalogue: &'static Catalogue,
    streams: Streams,
) -> BTreeMap<StreamId, (Version, Failure)> {
    if streams.is_empty() || together(env, catalogue, &streams).await.is_ok() {
        return BTreeMap::new();
    }
    let tasks = streams.into_iter().map(|(stream, events)| async move {
        let mut left: BTreeMap<Version, Envelope> =
            events.into_iter().map(|event| (event.version, event)).collect();
        let whole = Streams::from([(stream.clone(), left.values().cloned().collect())]);
        if alone(env, catalogue, &whole).await.is_ok() {
            return None;
        }
        while let Some((version, event)) = left.pop_first() {
            let one = Streams::from([(stream.clone(), vec![event])]);
            if let Err(failure) = alone(env, catalogue, &one).await {
                console_error!(
                    "{} {} is not projected from version {version} on: {failure}",
                    stream.aggregate_type,
                    stream.aggregate_id
                );
                return Some((stream, (version, failure)));
            }
        }
        None
    });
    join_all(tasks).await.into_iter().flatten().collect()
}

/// Journals an event that was discarded, and lets it change nothing.
///
/// # Errors
/// When what stands before it cannot be projected, or the database fails.
pub(crate) async fn journal_only(
    env: &Env,
    catalogue: &'static Catalogue,
    event: &Envelope,
) -> Result<(), Failure> {
    let db = env.d1(bindings::DB).map_err(|error| failed(&error))?;
    let marks = heads(&db, std::iter::once(&event.stream)).await?;
    let mark = marks.get(&event.stream).copied().unwrap_or(0);
    if mark >= event.version {
        return Ok(());
    }
    let before = event.version - 1;
    for span in fetch_spans(env, catalogue, &event.stream, mark, Some(before), Vec::new()).await? {
        let streams = Streams::from([(event.stream.clone(), span.events)]);
        if let Some((_, failure)) = project(env, catalogue, streams).await.into_values().next() {
            return Err(failure);
        }
    }
    let Change { sql, params } = journal(event);
    let appended = bind(&db, sql, &params)?.run().await;
    appended.map(drop).map_err(|error| failed(&error).into())
}

/// Projects one stream, which another consumer may do at the same time.
async fn alone(env: &Env, catalogue: &Catalogue, stream: &Streams) -> Result<(), Failure> {
    let mut result = Ok(());
    for _ in 0..ATTEMPTS {
        result = together(env, catalogue, stream).await;
        if result.is_ok() {
            break;
        }
    }
    result
}

async fn together(env: &Env, catalogue: &Catalogue, streams: &Streams) -> Result<(), Failure> {
    let db = env.d1(bindings::DB).map_err(|error| failed(&error))?;
    let marks = heads(&db, streams.keys()).await?;
    let mut statements: Vec<Vec<D1PreparedStatement>> = Vec::new();
    for (stream, events) in streams {
        let entry = catalogue.entry(&stream.aggregate_type)?;
        let mark = marks.get(stream).copied().unwrap_or(0);
        for event in following(env, catalogue, stream, mark, events.clone()).await? {
            let changes = std::iter::once(journal(&event)).chain(entry.changes(&event)?);
            let bound = changes.map(|Change { sql, params }| bind(&db, sql, &params));
            statements.push(bound.collect::<Result<_, _>>()?);
        }
    }
    while !statements.is_empty() {
        let batch = statements.drain(..statements.len().min(EVENTS_PER_BATCH)).flatten().collect();
        db.batch(batch).await.map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// What follows the mark without a gap: what came, and from the source what is missing before it.
async fn following(
    env: &Env,
    catalogue: &Catalogue,
    stream: &StreamId,
    mut mark: Version,
    events: Vec<Envelope>,
) -> Result<Vec<Envelope>, Failure> {
    let mut found = Vec::new();
    for span in spans(events) {
        if let Step::Fill { after, through } = step(mark, &span) {
            for missing in
                fetch_spans(env, catalogue, stream, after, Some(through), Vec::new()).await?
            {
                mark = missing.through;
                found.extend(missing.events);
            }
            if mark < through {
                return Err(Fault::Unavailable(
                    "the source",
                    format!("it has no version {through} yet"),
                )
                .into());
            }
        }
        found.extend(span.events.into_iter().filter(|event| event.version > mark));
        mark = mark.max(span.through);
    }
    Ok(found)
}

/// A row of [`JOURNAL_HEADS`].
#[derive(Deserialize)]
struct Journalled {
    aggregate_type: String,
    aggregate_id: edgefold_kernel::Id,
    version: Version,
}

/// Versions up to which streams are journalled and projected.
async fn heads(
    db: &D1Database,
    streams: impl Iterator<Item = &StreamId>,
) -> Result<BTreeMap<StreamId, Version>, Fault> {
    let wanted: Vec<_> =
        streams.map(|stream| (&stream.aggregate_type, stream.aggregate_id.as_str())).collect();
    let wanted =
        serde_json::to_string(&wanted).map_err(|error| Fault::Defect(error.to_string()))?;
    let found = bind(db, JOURNAL_HEADS, &[Value::from(wanted)])?
        .all()
        .await
        .map_err(|error| failed(&error))?;
    let rows =
        found.results::<Journalled>().map_err(|error| Fault::Unreadable(error.to_string()))?;
    Ok(rows
        .into_iter()
        .map(|row| (StreamId::new(row.aggregate_type, row.aggregate_id), row.version))
        .collect())
}

/// A statement with its parameters.
///
/// # Errors
/// When D1 refuses them.
pub(crate) fn bind(
    db: &D1Database,
    sql: &str,
    params: &[Value],
) -> Result<D1PreparedStatement, Fault> {
    let params: Vec<JsValue> = params
        .iter()
        .map(|param| match param {
            Value::Null => JsValue::NULL,
            Value::Bool(flag) => JsValue::from_bool(*flag),
            Value::Number(number) => JsValue::from_f64(number.as_f64().unwrap_or_default()),
            Value::String(text) => JsValue::from_str(text),
            nested => JsValue::from_str(&nested.to_string()),
        })
        .collect();
    db.prepare(sql).bind(&params).map_err(|error| failed(&error))
}

pub(crate) fn failed(error: &worker::Error) -> Fault {
    Fault::Unavailable("the database", error.to_string())
}
