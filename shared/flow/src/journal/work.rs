//! What a processor makes of a page of events.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use edgefold_kernel::{Envelope, Failure, Fault, Id, StreamId, Timestamp};
use futures_util::future::join_all;

use super::{
    Row,
    database::{PARAMETER_BYTES, STATEMENTS, check},
    generation::Processor,
    partition::Item,
    rows::StateRows,
    track::{Parked, Track},
};
use crate::{
    Change,
    append::storage::json_arrays,
    participant::{Projection, projection::physical},
    route::Entry,
};

/// Events of a page in which something has to be asked of its source, at most: each is a call, and the platform allows 1,000.
const ASKED: usize = 100;

/// Sources that are asked at once.
const AT_ONCE: usize = 20;

/// The sources of events, and the other partitions.
pub trait Sources {
    /// What an instance shows now, from its own object.
    ///
    /// # Errors
    /// Fails if there is no such instance, or it cannot be asked.
    fn row(&self, stream: &StreamId) -> impl Future<Output = Result<Row, Failure>>;

    /// Asks an instance to send again what its journal lacks.
    ///
    /// # Errors
    /// Fails until its journal has everything.
    fn resend(&self, stream: &StreamId) -> impl Future<Output = Result<(), Failure>>;

    /// Tells another partition to look what there is to do. What it answers makes no difference.
    fn wake(&self, category: &str, partition: u16) -> impl Future<Output = ()>;
}

/// A part of what follows from an event.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// A state row, as the statement of its table takes it.
    Row(String),
    /// A change of a projection.
    Change(Change),
}

/// What follows from a page for one processor.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    /// By stream, in the order of the events.
    pub(super) pieces: Vec<(Id, Piece)>,
    /// Position up to which it goes.
    pub(super) through: u64,
    /// Streams that cannot be digested.
    pub(super) parks: BTreeMap<Id, Parked>,
}

impl Work {
    /// The streams that it writes something of.
    pub(super) fn streams(&self) -> BTreeSet<Id> {
        self.pieces.iter().map(|(id, _)| id.clone()).collect()
    }

    /// Its statements, as far as they are about streams that are wanted.
    pub(super) fn statements(&self, track: &Track, is_wanted: impl Fn(&Id) -> bool) -> Vec<Change> {
        let mut all = Vec::new();
        let mut rows = Vec::new();
        for (_, piece) in self.pieces.iter().filter(|(id, _)| is_wanted(id)) {
            match piece {
                Piece::Row(row) => rows.push(row.clone()),
                Piece::Change(change) => all.push(change.clone()),
            }
        }
        if let Processor::Rows(entry) = track.processor {
            let upsert =
                StateRows::of(entry).upsert(&physical(entry.aggregate_type, track.generation));
            let rows = json_arrays(rows);
            all.extend(rows.into_iter().map(|rows| Change::new(upsert.clone(), vec![rows.into()])));
        }
        all
    }
}

/// What follows from these events, those of parked streams left out.
///
/// # Errors
/// The faults that are not those of one stream: a source cannot be reached, or newer code has stored a row.
pub(super) async fn prepare<S: Sources>(
    track: &mut Track,
    page: &[Item],
    sources: &S,
    now: Timestamp,
) -> Result<Work, Fault> {
    match track.processor {
        Processor::Rows(entry) => rows(track, entry, page, sources, now).await,
        Processor::Projection(projection) => Ok(changes(track, projection, page, now)),
    }
}

fn changes(track: &Track, projection: &Projection, page: &[Item], now: Timestamp) -> Work {
    let mut work = Work::default();
    for item in page {
        let id = &item.event.stream.aggregate_id;
        if track.parked.contains_key(id) || work.parks.contains_key(id) {
            work.through = item.position;
            continue;
        }
        match placed(projection, track.generation, &item.event) {
            Ok(changes) if work.pieces.len() + changes.len() > STATEMENTS => break,
            Ok(changes) => {
                let changes = changes.into_iter().map(|it| (id.clone(), Piece::Change(it)));
                work.pieces.extend(changes);
            }
            Err(fault) => {
                work.parks.insert(id.clone(), Parked::new(item.position - 1, &fault, now));
            }
        }
        work.through = item.position;
    }
    work
}

/// The changes of an event, for the tables of one generation. What the database would not take is a fault of the event.
fn placed(
    projection: &Projection,
    generation: u64,
    event: &Envelope,
) -> Result<Vec<Change>, Fault> {
    let changes = projection.changes(event)?;
    if changes.len() > STATEMENTS {
        let said = format!("{} statements follow from one event, of {STATEMENTS}", changes.len());
        return Err(Fault::Defect(said));
    }
    let place = |Change { sql, params }: Change| {
        let placed = Change::new(projection.placed(&sql, generation).into_owned(), params);
        check(&placed).map(|()| placed)
    };
    changes.into_iter().map(place).collect()
}

async fn rows<S: Sources>(
    track: &mut Track,
    entry: &Entry,
    page: &[Item],
    sources: &S,
    now: Timestamp,
) -> Result<Work, Fault> {
    let is_current = |item: &Item| {
        item.row.state_version == entry.state_version && item.row.state.get() != "null"
    };
    let page = match page.iter().all(is_current) {
        true => page,
        false => page.get(..ASKED.min(page.len())).unwrap_or_default(),
    };
    let mut work = Work { through: page.last().map_or(0, |last| last.position), ..Work::default() };
    let mut streams: BTreeMap<&Id, Vec<&Item>> = BTreeMap::new();
    for item in page {
        let id = &item.event.stream.aggregate_id;
        if !track.parked.contains_key(id) {
            streams.entry(id).or_default().push(item);
        }
    }
    let mut asked = Vec::new();
    for (id, items) in streams {
        let (Some(first), Some(last)) = (items.first(), items.last()) else { continue };
        let row = match (is_current(last), last.row.state_version > entry.state_version) {
            (true, _) => Ok(Some(row_of(id, &last.row))),
            (_, true) => {
                let said =
                    format!("a row of {id} has the state version {}", last.row.state_version);
                return Err(Fault::Newer(said));
            }
            _ => folded(track, entry, id, &items),
        };
        match row.and_then(|row| row.map(fits).transpose()) {
            Ok(Some(row)) => work.pieces.push((id.clone(), Piece::Row(row))),
            Ok(None) => asked.push((id.clone(), first.position - 1)),
            Err(fault) => {
                work.parks.insert(id.clone(), Parked::new(first.position - 1, &fault, now));
            }
        }
    }
    for some in asked.chunks(AT_ONCE) {
        let asking = some.iter().map(async |(id, before)| {
            let stream = StreamId::new(entry.aggregate_type, id.clone());
            (id, before, ask(sources, entry, stream).await)
        });
        for (id, before, row) in join_all(asking).await {
            match row {
                Ok(row) => work.pieces.push((id.clone(), Piece::Row(row))),
                Err(fault) if fault.retryable() => return Err(fault),
                Err(fault) => {
                    work.parks.insert(id.clone(), Parked::new(*before, &fault, now));
                }
            }
        }
    }
    Ok(work)
}

/// The row after these events, folded on from where the stream began or was folded before; none where that is not known.
fn folded(
    track: &mut Track,
    entry: &Entry,
    id: &Id,
    items: &[&Item],
) -> Result<Option<String>, Fault> {
    let (at, state) = track.folds.take(id).map_or((0, None), |(at, state)| (at, Some(state)));
    let mut next = at;
    // Between published events may lie others, which the journal does not have.
    let is_whole = items.iter().all(|item| {
        next += 1;
        item.event.version == next
    });
    if !is_whole {
        return Ok(None);
    }
    let events: Vec<Envelope> = items.iter().map(|item| (*item.event).clone()).collect();
    let folded = catch_unwind(AssertUnwindSafe(|| entry.run.fold(state.as_deref(), &events)))
        .unwrap_or_else(|_| Err(Fault::Defect("the fold panics".into())))?;
    track.folds.keep(id, next, folded.state);
    let began = items.first().map(|item| item.row.began);
    Ok(began.map(|began| row_text(id, (next, began), &folded.outline)))
}

/// The row of an instance, from its own object.
async fn ask<S: Sources>(sources: &S, entry: &Entry, stream: StreamId) -> Result<String, Fault> {
    let row = match sources.row(&stream).await {
        Ok(row) => row,
        Err(Failure::Faulted(fault)) => return Err(fault),
        Err(Failure::Rejected(refusal)) => return Err(Fault::Defect(refusal.to_string())),
    };
    match row.state_version {
        other if other > entry.state_version => {
            Err(Fault::Newer(format!("a row of the state version {other}")))
        }
        other if other < entry.state_version => {
            let said = format!("its code is older: state version {other}");
            Err(Fault::Unavailable("the source".into(), said))
        }
        _ if row.state.get() == "null" => Err(Fault::Defect("what it shows is too large".into())),
        _ => fits(row_of(&stream.aggregate_id, &row)),
    }
}

fn row_of(id: &Id, row: &Row) -> String {
    row_text(id, (row.version, row.began), row.state.get())
}

fn row_text(id: &Id, (version, began): (u64, Timestamp), state: &str) -> String {
    let id = serde_json::Value::from(id.as_str());
    format!("[{id},{version},\"{began}\",{state}]")
}

fn fits(row: String) -> Result<String, Fault> {
    match row.len() <= PARAMETER_BYTES {
        true => Ok(row),
        false => Err(Fault::Defect(format!("a row of {} bytes is too large", row.len()))),
    }
}
