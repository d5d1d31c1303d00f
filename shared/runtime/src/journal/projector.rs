//! Letters are journalled and projected: in D1, in order per source stream, each event once.
//!
//! The journal is the high-water mark: its last version of a stream says how far the read models have come. Journal rows
//! and the changes of read models go in one batch, which D1 runs as a transaction. A journal row that exists already
//! fails it, so of two consumers that race, the slower one looks again.
//!
//! All streams of a batch of letters go together, in two calls to D1, however many streams there are. A failure that
//! heals by itself is not met here: it fails all that is left, and the bus comes again. Only a bad event is looked for,
//! see [`pieces`](edgefold_flow::project::pieces): among 100 streams it takes at most 16 calls in all, one for the heads
//! and 1 + 2 log₂ 100 for the pieces, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::{
    Catalogue, Change,
    contract::SpanWanted,
    project::{
        JOURNAL_HEADS, journal,
        pieces::{Failures, Marks, Pieces, Row},
    },
    receive::{Span, Step, spans, step},
};
use edgefold_kernel::{Envelope, Failure, Fault, Id, StreamId, Version};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::Value;
use worker::{D1Result, Env, console_error};

use crate::platform::{database, span::fetch_span, stub};

/// How often the heads are read again because another consumer was faster.
const OVERTAKEN: usize = 3;

/// Events of some streams, as they came.
type Streams = BTreeMap<StreamId, Vec<Envelope>>;

/// The failures of some streams.
#[derive(Default)]
pub(crate) struct Unprojected {
    /// The first version of each stream that could not be projected, and why; later ones were left behind.
    pub(crate) failed: Failures,
    /// Streams that are projected, but whose category's object could not be told.
    pub(crate) untold: BTreeSet<StreamId>,
}

/// Journals and projects events of many streams, and tells the objects of followed categories. Returns the streams for
/// which that failed.
pub(crate) async fn project(
    env: &Env,
    catalogue: &'static Catalogue,
    streams: Streams,
) -> Unprojected {
    project_without(env, catalogue, streams, None).await
}

/// The same, of one stream of which a version was discarded: that event is journalled, and changes nothing.
pub(crate) async fn project_without(
    env: &Env,
    catalogue: &'static Catalogue,
    streams: Streams,
    discarded: Option<Version>,
) -> Unprojected {
    if streams.is_empty() {
        return Unprojected::default();
    }
    Projection::new(env, catalogue, discarded).run(streams).await
}

/// The fault of a stream whose category's object could not be told.
pub(crate) fn untold() -> Fault {
    Fault::Unavailable("a category".into(), "who follows it cannot be told".into())
}

/// The work on one batch of letters.
struct Projection<'a> {
    env: &'a Env,
    catalogue: &'static Catalogue,
    /// The version of the one stream that changes nothing.
    discarded: Option<Version>,
    marks: Marks,
    failed: Failures,
    /// How often another consumer was faster.
    overtaken: usize,
    /// What D1 fails with that would heal by itself: from then on it is left alone.
    away: Option<Fault>,
    /// The categories that are followed, as the last piece has found them. Each piece asks for those of all streams:
    /// nobody who begins to follow after it was written can miss it.
    followed: Option<D1Result>,
}

impl<'a> Projection<'a> {
    fn new(env: &'a Env, catalogue: &'static Catalogue, discarded: Option<Version>) -> Self {
        Self {
            env,
            catalogue,
            discarded,
            marks: Marks::new(),
            failed: Failures::new(),
            overtaken: 0,
            away: None,
            followed: None,
        }
    }

    async fn run(mut self, streams: Streams) -> Unprojected {
        let mut left: BTreeMap<StreamId, Vec<Span>> =
            streams.into_iter().map(|(stream, events)| (stream, spans(events))).collect();
        let all: BTreeSet<StreamId> = left.keys().cloned().collect();
        match heads(self.env, &all).await {
            Ok(marks) => self.marks = marks,
            Err(fault) => {
                self.fail_all(&left, &fault);
                left.clear();
                self.away = Some(fault);
            }
        }
        // A gap is filled page by page, however long it is: one page of each stream a round.
        while !left.is_empty() {
            let next = left
                .iter()
                .map(async |(stream, spans)| (stream.clone(), self.next(stream, spans).await));
            let mut rows = Vec::new();
            for (stream, next) in join_all(next).await {
                match next {
                    Ok(events) if events.is_empty() => drop(left.remove(&stream)),
                    Ok(events) => rows.extend(self.rows(&stream, events)),
                    Err(failure) => self.fail(&stream, self.mark(&stream) + 1, failure),
                }
            }
            self.write(&all, rows).await;
            left.retain(|stream, _| !self.failed.contains_key(stream));
            if let Some(fault) = self.away.clone() {
                self.fail_all(&left, &fault);
                break;
            }
        }
        log(&self.failed);
        let untold = self.tell(all).await;
        Unprojected { failed: self.failed, untold }
    }

    fn mark(&self, stream: &StreamId) -> Version {
        self.marks.get(stream).copied().unwrap_or(0)
    }

    /// What follows the mark of a stream: events that came, or a page that is missing before them. Nothing when all of
    /// it is journalled.
    async fn next(&self, stream: &StreamId, spans: &[Span]) -> Result<Vec<Envelope>, Failure> {
        let mark = self.mark(stream);
        for span in spans {
            match step(mark, (span.after, span.through)) {
                Step::Drop => {}
                Step::Apply => {
                    let new = span.events.iter().filter(|event| event.version > mark);
                    return Ok(new.cloned().collect());
                }
                Step::Fill { after, through } => return self.missing(stream, after, through).await,
            }
        }
        Ok(Vec::new())
    }

    async fn missing(
        &self,
        stream: &StreamId,
        after: Version,
        through: Version,
    ) -> Result<Vec<Envelope>, Failure> {
        let wanted = SpanWanted { after, through: Some(through) };
        let page = fetch_span(self.env, self.catalogue, stream, &wanted);
        match stub::within(stub::BUS_WAITS, "the source", page).await? {
            Some((span, _)) if !span.events.is_empty() => Ok(span.events),
            _ => {
                let said = format!("it has no version {through} yet");
                Err(Fault::Unavailable("the source".into(), said).into())
            }
        }
    }

    /// Events with their changes, up to the first that has none to give: it is left behind before D1 sees it.
    fn rows(&mut self, stream: &StreamId, events: Vec<Envelope>) -> Vec<Row> {
        let mut rows = Vec::with_capacity(events.len());
        for event in events {
            match self.changes(&event) {
                Ok(changes) => rows.push(Row { event, changes }),
                Err(failure) => {
                    self.fail(stream, event.version, failure);
                    break;
                }
            }
        }
        rows
    }

    fn changes(&self, event: &Envelope) -> Result<Vec<Change>, Failure> {
        self.catalogue.entry(&event.stream.aggregate_type)?;
        Ok(Vec::new())
    }

    /// Writes rows that follow the marks, and moves the marks.
    async fn write(&mut self, all: &BTreeSet<StreamId>, rows: Vec<Row>) {
        let mut pieces = Pieces::new(rows);
        while let Some(piece) = pieces.take() {
            let fault = match self.append(all, &piece).await {
                Ok(()) => {
                    let written =
                        piece.into_iter().map(|row| (row.event.stream, row.event.version));
                    self.marks.extend(written);
                    continue;
                }
                Err(fault) if is_overtaken(&fault) && self.overtaken < OVERTAKEN => {
                    self.overtaken += 1;
                    match heads(self.env, all).await {
                        Ok(marks) => {
                            self.marks.extend(marks);
                            pieces.overtaken(piece, &self.marks);
                            continue;
                        }
                        Err(fault) => fault,
                    }
                }
                Err(fault) => fault,
            };
            if fault.retryable() {
                self.away = Some(fault.clone());
            }
            for (stream, (version, failure)) in pieces.failed(piece, &fault) {
                self.fail(&stream, version, failure);
            }
        }
    }

    /// Journal rows, the changes that follow from them, and the question who is to be told, as one transaction.
    async fn append(&mut self, all: &BTreeSet<StreamId>, rows: &[Row]) -> Result<(), Fault> {
        let mut statements = journal(rows.iter().map(|row| &row.event));
        statements.extend(rows.iter().flat_map(|row| row.changes.iter().cloned()));
        let _ = all;
        self.followed = database::batch(self.env, &statements).await?.pop();
        Ok(())
    }

    /// Tells the objects of followed categories, also when nothing was new: they may not have been told the last time.
    /// Returns the streams whose category's object could not be told.
    async fn tell(&mut self, mut all: BTreeSet<StreamId>) -> BTreeSet<StreamId> {
        let is_away = self.away.is_some();
        all.retain(|stream| {
            !self.failed.contains_key(stream) || !is_away && self.marks.contains_key(stream)
        });
        if all.is_empty() || is_away && self.followed.is_none() {
            return all;
        }
        let asked = match self.followed {
            Some(_) => Ok(()),
            None => self.append(&all, &[]).await,
        };
        let told = match asked {
            Ok(()) => Ok(BTreeSet::<String>::new()),
            Err(fault) => Err::<_, Fault>(fault),
        };
        match told {
            Ok(untold) => all.retain(|stream| untold.contains(&stream.aggregate_type)),
            Err(fault) => console_error!("nobody can say which categories are followed: {fault}"),
        }
        all
    }

    /// Leaves a stream behind from a version on, unless an earlier one has failed.
    fn fail(&mut self, stream: &StreamId, version: Version, failure: Failure) {
        match self.failed.get(stream) {
            Some((earlier, _)) if *earlier <= version => {}
            _ => drop(self.failed.insert(stream.clone(), (version, failure))),
        }
    }

    /// Leaves behind what is not journalled of these streams.
    fn fail_all(&mut self, left: &BTreeMap<StreamId, Vec<Span>>, fault: &Fault) {
        for (stream, spans) in left {
            let mark = self.mark(stream);
            let events = spans.iter().flat_map(|span| &span.events);
            if let Some(first) = events.map(|event| event.version).find(|version| *version > mark) {
                self.fail(stream, first, fault.clone().into());
            }
        }
    }
}

/// Names what is bad, and counts what only waits: while D1 is away that may be everything.
fn log(failed: &Failures) {
    let mut waiting: BTreeMap<String, usize> = BTreeMap::new();
    for (stream, (version, failure)) in failed {
        let StreamId { aggregate_type, aggregate_id } = stream;
        match failure {
            Failure::Faulted(fault) if fault.retryable() => {
                *waiting.entry(fault.to_string()).or_default() += 1;
            }
            _ => console_error!(
                "{aggregate_type} {aggregate_id} is not projected from version {version} on: {failure}"
            ),
        }
    }
    for (fault, streams) in waiting {
        console_error!("{streams} streams are not projected yet: {fault}");
    }
}

/// A row of [`JOURNAL_HEADS`].
#[derive(Deserialize)]
struct Head {
    aggregate_type: String,
    aggregate_id: Id,
    version: Option<Version>,
}

/// Versions up to which streams are journalled and projected.
async fn heads(env: &Env, streams: &BTreeSet<StreamId>) -> Result<Marks, Fault> {
    let wanted: Vec<_> = streams
        .iter()
        .map(|stream| (&stream.aggregate_type, stream.aggregate_id.as_str()))
        .collect();
    let wanted =
        serde_json::to_string(&wanted).map_err(|error| Fault::Defect(error.to_string()))?;
    let found: Vec<Head> = database::rows(env, JOURNAL_HEADS, &[Value::from(wanted)]).await?;
    let head =
        |row: Head| Some((StreamId::new(row.aggregate_type, row.aggregate_id), row.version?));
    Ok(found.into_iter().filter_map(head).collect())
}

fn is_overtaken(_: &Fault) -> bool {
    false
}
