//! Letters are journalled and projected: in D1, in order per source stream, each event once.
//!
//! The journal is the high-water mark: its last version of a stream says how far the read models have come. Journal rows
//! and the changes of read models go in one batch, which D1 runs as a transaction. A journal row that exists already
//! fails it, so of two consumers that race, one has to look again.
//!
//! All streams of a batch of letters go together: two round trips, however many there are. When that fails, each goes by
//! itself, and then each of its events, so that only the bad event is left behind, and those that follow it.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::{
    Catalogue, Change,
    contract::SpanWanted,
    project::{JOURNAL_HEADS, journal},
    receive::spans,
};
use edgefold_kernel::{Envelope, Failure, Fault, StreamId, Version};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::Value;
use worker::{D1Database, D1PreparedStatement, Env, console_error};

use super::category;
use crate::platform::{
    database::{bind, failed, open},
    span::fetch_span,
    stub,
};

/// Attempts for a single stream, since another consumer may have been faster.
const ATTEMPTS: usize = 3;

/// Events in one batch of D1, each with its journal row and the changes that follow from it: as many as letters come.
const EVENTS_PER_BATCH: usize = 100;

/// Events of some streams, as they came.
type Streams = BTreeMap<StreamId, Vec<Envelope>>;

/// The last journalled version of each stream.
type Marks = BTreeMap<StreamId, Version>;

/// Categories that are followed, and whose objects could not be told.
type Untold = BTreeSet<String>;

/// The failures of some streams.
#[derive(Default)]
pub(crate) struct Unprojected {
    /// The first version of each stream that could not be projected, and why; later ones were left behind.
    pub(crate) failed: BTreeMap<StreamId, (Version, Failure)>,
    /// Streams that are projected, but whose category's object could not be told.
    pub(crate) untold: BTreeSet<StreamId>,
}

/// Journals and projects events of many streams, and tells the objects of followed categories. Returns the streams for
/// which that failed.
pub(crate) async fn project(
    env: &Env,
    catalogue: &'static Catalogue,
    mut streams: Streams,
) -> Unprojected {
    let mut all = Unprojected::default();
    if streams.is_empty() {
        return all;
    }
    let marks = caught_up(env, catalogue, &mut streams, &mut all.failed).await;
    if let Ok(marks) = marks
        && let Ok(untold) = together(env, catalogue, &streams, &marks).await
    {
        all.untold = of_categories(&streams, &untold);
        return all;
    }
    let tasks =
        streams.into_iter().map(|(stream, events)| one_by_one(env, catalogue, stream, events));
    for Unprojected { failed, untold } in join_all(tasks).await {
        all.failed.extend(failed);
        all.untold.extend(untold);
    }
    all
}

async fn one_by_one(
    env: &Env,
    catalogue: &'static Catalogue,
    stream: StreamId,
    events: Vec<Envelope>,
) -> Unprojected {
    let mut unprojected = Unprojected::default();
    let mut left: BTreeMap<Version, Envelope> =
        events.into_iter().map(|event| (event.version, event)).collect();
    let whole = Streams::from([(stream.clone(), left.values().cloned().collect())]);
    if let Ok(untold) = alone(env, catalogue, &whole).await {
        unprojected.untold = of_categories(&whole, &untold);
        return unprojected;
    }
    while let Some((version, event)) = left.pop_first() {
        let one = Streams::from([(stream.clone(), vec![event])]);
        match alone(env, catalogue, &one).await {
            Ok(untold) => unprojected.untold.extend(of_categories(&one, &untold)),
            Err(failure) => {
                console_error!(
                    "{} {} is not projected from version {version} on: {failure}",
                    stream.aggregate_type,
                    stream.aggregate_id
                );
                unprojected.failed.insert(stream, (version, failure));
                break;
            }
        }
    }
    unprojected
}

/// Journals an event that was discarded, and lets it change nothing.
///
/// # Errors
/// A fault when earlier events cannot be projected, the object of its category cannot be reached, or the database
/// fails.
pub(crate) async fn journal_only(
    env: &Env,
    catalogue: &'static Catalogue,
    event: &Envelope,
) -> Result<(), Failure> {
    let db = open(env)?;
    let stream = &event.stream;
    let mark = heads(&db, std::iter::once(stream)).await?.get(stream).copied().unwrap_or(0);
    catch_up(env, catalogue, stream, mark, event.version - 1).await?;
    let mut statements = Vec::new();
    if mark < event.version {
        for Change { sql, params } in journal(std::slice::from_ref(event)) {
            statements.push(bind(&db, sql, &params)?);
        }
    }
    let category = [stream.aggregate_type.as_str()].into();
    statements.push(category::followed(&db, &category)?);
    let results = db.batch(statements).await.map_err(|error| failed(&error))?;
    match category::tell(env, results.last()).await?.is_empty() {
        true => Ok(()),
        false => Err(untold().into()),
    }
}

/// The fault of a stream whose category's object could not be told.
pub(crate) fn untold() -> Fault {
    Fault::Unavailable("a category".into(), "who follows it cannot be told".into())
}

/// Projects one stream, which another consumer may do at the same time.
async fn alone(env: &Env, catalogue: &Catalogue, stream: &Streams) -> Result<Untold, Failure> {
    let mut result = Ok(Untold::new());
    for _ in 0..ATTEMPTS {
        let mut stream = stream.clone();
        let mut behind = BTreeMap::new();
        let marks = caught_up(env, catalogue, &mut stream, &mut behind).await?;
        if let Some((_, failure)) = behind.into_values().next() {
            return Err(failure);
        }
        result = together(env, catalogue, &stream, &marks).await;
        if result.is_ok() {
            break;
        }
    }
    result
}

/// The last journalled versions, after each gap before these events was filled. A stream whose gap cannot be filled is
/// taken out and left behind: it holds up no other.
async fn caught_up(
    env: &Env,
    catalogue: &Catalogue,
    streams: &mut Streams,
    left: &mut BTreeMap<StreamId, (Version, Failure)>,
) -> Result<Marks, Failure> {
    let db = open(env)?;
    let mut marks = heads(&db, streams.keys()).await?;
    let missing = streams.iter().filter_map(|(stream, events)| {
        let mark = marks.get(stream).copied().unwrap_or(0);
        let before = spans(events.clone()).last()?.after;
        (before > mark).then(|| (stream.clone(), mark, before))
    });
    let filled = missing.collect::<Vec<_>>().into_iter().map(|(stream, mark, before)| async move {
        let result = catch_up(env, catalogue, &stream, mark, before).await;
        (stream, before, result)
    });
    for (stream, before, result) in join_all(filled).await {
        match result {
            Ok(()) => drop(marks.insert(stream, before)),
            Err(failure) => {
                let events = streams.remove(&stream).unwrap_or_default();
                let first = events.iter().map(|event| event.version).min().unwrap_or(before);
                left.insert(stream, (first, failure));
            }
        }
    }
    Ok(marks)
}

/// Journals and projects `(mark, through]` of a stream from its source: page by page, each when it has come, however long
/// the gap is.
async fn catch_up(
    env: &Env,
    catalogue: &Catalogue,
    stream: &StreamId,
    mut mark: Version,
    through: Version,
) -> Result<(), Failure> {
    let db = open(env)?;
    let mut attempts = 1;
    while mark < through {
        let wanted =
            SpanWanted { after: mark, through: Some(through), types: Vec::new(), only: Vec::new() };
        let page = fetch_span(env, catalogue, stream, &wanted);
        let Some((span, _)) = stub::within(stub::BUS_WAITS, "the source", page).await? else {
            let said = format!("it has no version {through} yet");
            return Err(Fault::Unavailable("the source".into(), said).into());
        };
        match journal_page(&db, catalogue, stream, span.events).await {
            Ok(()) => mark = span.through,
            Err(failure) if attempts == ATTEMPTS => return Err(failure),
            Err(_) => {
                attempts += 1;
                mark = heads(&db, std::iter::once(stream)).await?.get(stream).copied().unwrap_or(0);
            }
        }
    }
    Ok(())
}

/// Journals and projects a page of events that follows the mark.
async fn journal_page(
    db: &D1Database,
    catalogue: &Catalogue,
    stream: &StreamId,
    events: Vec<Envelope>,
) -> Result<(), Failure> {
    let mut events = with_changes(catalogue, stream, events)?;
    while !events.is_empty() {
        let batch = statements(db, events.drain(..events.len().min(EVENTS_PER_BATCH)))?;
        db.batch(batch).await.map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// Events with their changes.
fn with_changes(
    catalogue: &Catalogue,
    stream: &StreamId,
    events: Vec<Envelope>,
) -> Result<Vec<(Envelope, Vec<Change>)>, Failure> {
    let entry = catalogue.entry(&stream.aggregate_type)?;
    let changes = |event: Envelope| Ok(entry.changes(&event).map(|changes| (event, changes))?);
    events.into_iter().map(changes).collect()
}

/// Journal rows, and the changes that follow from them.
fn statements(
    db: &D1Database,
    events: impl Iterator<Item = (Envelope, Vec<Change>)>,
) -> Result<Vec<D1PreparedStatement>, Fault> {
    let (events, changes): (Vec<_>, Vec<_>) = events.unzip();
    let changes = journal(&events).into_iter().chain(changes.into_iter().flatten());
    changes.map(|Change { sql, params }| bind(db, sql, &params)).collect()
}

/// Streams of these categories.
fn of_categories(streams: &Streams, untold: &Untold) -> BTreeSet<StreamId> {
    streams.keys().filter(|stream| untold.contains(&stream.aggregate_type)).cloned().collect()
}

/// Journals and projects the events after these marks.
async fn together(
    env: &Env,
    catalogue: &Catalogue,
    streams: &Streams,
    marks: &Marks,
) -> Result<Untold, Failure> {
    let db = open(env)?;
    let mut found: Vec<(Envelope, Vec<Change>)> = Vec::new();
    for (stream, events) in streams {
        let mark = marks.get(stream).copied().unwrap_or(0);
        let new = spans(events.clone()).into_iter().flat_map(|span| span.events);
        let new = new.filter(|event| event.version > mark).collect();
        found.extend(with_changes(catalogue, stream, new)?);
    }
    // Also when nothing is new: the object may not have been told the last time.
    let types = streams.keys().map(|stream| stream.aggregate_type.as_str()).collect();
    loop {
        let mut batch = statements(&db, found.drain(..found.len().min(EVENTS_PER_BATCH)))?;
        let is_last = found.is_empty();
        if is_last {
            batch.push(category::followed(&db, &types)?);
        }
        let results = db.batch(batch).await.map_err(|error| failed(&error))?;
        if is_last {
            return category::tell(env, results.last()).await;
        }
    }
}

/// A row of [`JOURNAL_HEADS`].
#[derive(Deserialize)]
struct Journalled {
    aggregate_type: String,
    aggregate_id: edgefold_kernel::Id,
    version: Version,
}

/// Versions up to which streams are journalled and projected.
async fn heads(db: &D1Database, streams: impl Iterator<Item = &StreamId>) -> Result<Marks, Fault> {
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
