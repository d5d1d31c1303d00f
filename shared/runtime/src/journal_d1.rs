//! Letters are journalled and projected: in D1, in order per source stream, each event once.
//!
//! The journal is the high-water mark: its last version of a stream says how far the read models have come. Journal rows
//! and the changes of read models go in one batch, which D1 runs as a transaction; a journal row that is there already
//! fails it, so of two consumers that race one is told to look again.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::{
    Catalogue, Change,
    project::{JOURNAL_HEAD, journal},
    receive::{Span, Step, step},
    route::spans,
};
use edgefold_kernel::{Envelope, Failure, Fault, StreamId, Version};
use futures_util::future::join_all;
use serde_json::Value;
use worker::{D1Database, D1PreparedStatement, Env, console_error, wasm_bindgen::JsValue};

use crate::{bindings, instance_object::fetch_spans};

/// How often a batch is tried when another consumer was faster.
const ATTEMPTS: usize = 3;

/// Journals and projects events of many streams. Gives those that could not be.
pub async fn project(
    env: &Env,
    catalogue: &'static Catalogue,
    streams: BTreeMap<StreamId, Vec<Envelope>>,
) -> BTreeSet<(StreamId, Version)> {
    let tasks = streams.into_iter().map(|(stream, events)| async move {
        let places: Vec<_> = events.iter().map(|event| (stream.clone(), event.version)).collect();
        let mut result = Ok(());
        for _ in 0..ATTEMPTS {
            result = project_stream(env, catalogue, &stream, events.clone()).await;
            if result.is_ok() {
                return Vec::new();
            }
        }
        if let Err(failure) = result {
            console_error!(
                "{} {} is not projected: {failure}",
                stream.aggregate_type,
                stream.aggregate_id
            );
        }
        places
    });
    join_all(tasks).await.into_iter().flatten().collect()
}

async fn project_stream(
    env: &Env,
    catalogue: &Catalogue,
    stream: &StreamId,
    events: Vec<Envelope>,
) -> Result<(), Failure> {
    let db = env.d1(bindings::DB).map_err(|error| failed(&error))?;
    let mut mark = head(&db, stream).await?;
    for span in spans(events) {
        match step(mark, &span) {
            Step::Drop => continue,
            Step::Apply => apply(&db, catalogue, stream, mark, &span).await?,
            Step::Fill { after, through } => {
                for missing in
                    fetch_spans(env, catalogue, stream, after, Some(through), Vec::new()).await?
                {
                    apply(&db, catalogue, stream, mark, &missing).await?;
                    mark = missing.through;
                }
                if mark < through {
                    return Err(Fault::Unavailable(
                        "the source",
                        format!("it has no version {through} yet"),
                    )
                    .into());
                }
                apply(&db, catalogue, stream, mark, &span).await?;
            }
        }
        mark = span.through;
    }
    Ok(())
}

/// Version up to which a stream is journalled and projected.
async fn head(db: &D1Database, stream: &StreamId) -> Result<Version, Fault> {
    let params =
        [Value::from(stream.aggregate_type.as_str()), Value::from(stream.aggregate_id.as_str())];
    let query = bind(db, JOURNAL_HEAD, &params)?;
    let found =
        query.first::<Option<f64>>(Some("version")).await.map_err(|error| failed(&error))?;
    Ok(found.flatten().map_or(0, |version| version as Version))
}

async fn apply(
    db: &D1Database,
    catalogue: &Catalogue,
    stream: &StreamId,
    mark: Version,
    span: &Span,
) -> Result<(), Failure> {
    let entry = catalogue.entry(&stream.aggregate_type)?;
    let mut statements = Vec::new();
    for event in span.events.iter().filter(|event| event.version > mark) {
        let changes = (entry.project)(event)?;
        for Change { sql, params } in std::iter::once(journal(event)).chain(changes) {
            statements.push(bind(db, sql, &params)?);
        }
    }
    if !statements.is_empty() {
        db.batch(statements).await.map_err(|error| failed(&error))?;
    }
    Ok(())
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
