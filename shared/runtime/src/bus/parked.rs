//! Letters that cannot be delivered are parked: the store behind [`edgefold_flow::route::park`].

use std::collections::{BTreeMap, BTreeSet};

use edgefold_flow::{
    Change,
    admin::{self, End, LetterView, Page, PageWanted, SequencePage, SequenceView, Total},
    route::park::{Lane, Part, Parts, Place, Sequence, Standing, Verdict},
};
use edgefold_kernel::{Failure, Fault, Id, StreamId, Timestamp, Version, limits};
use serde::Deserialize;
use serde_json::Value;
use worker::Env;

use crate::platform::{
    clock,
    database::{batch, read, rows},
};

/// Statements in one batch.
const STATEMENTS: usize = 100;

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/d1/query/dead_", $name, ".sql"))
    };
}

/// A sequence that has failed, or that is parked already.
pub(crate) struct Failed {
    pub(crate) sequence: Sequence,
    /// The letters that have not arrived.
    pub(crate) left: Parts,
    pub(crate) verdict: Verdict,
    /// Reason of the failure; `None` when nothing was tried.
    pub(crate) reason: Option<String>,
}

/// Columns that name a sequence, as they are stored.
#[derive(Deserialize)]
struct Key {
    lane: String,
    destination_type: String,
    destination_id: String,
    source_type: String,
    source_id: Id,
}

impl Key {
    fn sequence(self) -> Result<Sequence, Fault> {
        let unknown = |what: &str| Fault::Unreadable(format!("a parked sequence: {what}"));
        let lane = Lane::parse(&self.lane).ok_or_else(|| unknown(&self.lane))?;
        let destination = match self.destination_type.as_str() {
            "" => None,
            to => Some(StreamId::new(to, Id::parse(self.destination_id).map_err(unknown)?)),
        };
        Ok(Sequence { lane, destination, source: StreamId::new(self.source_type, self.source_id) })
    }
}

/// The five columns that name a sequence.
fn key(sequence: &Sequence) -> [&str; 5] {
    let to = sequence.destination.as_ref();
    [
        sequence.lane.as_str(),
        to.map_or("", |to| to.aggregate_type.as_str()),
        to.map_or("", |to| to.aggregate_id.as_str()),
        sequence.source.aggregate_type.as_str(),
        sequence.source.aggregate_id.as_str(),
    ]
}

fn params(sequence: &Sequence, more: impl IntoIterator<Item = Value>) -> Vec<Value> {
    key(sequence).into_iter().map(Value::from).chain(more).collect()
}

/// The standings of those of these sequences that do not flow.
///
/// # Errors
/// Fails if the store does not say.
pub(crate) async fn standings(
    env: &Env,
    sequences: impl Iterator<Item = &Sequence>,
) -> Result<BTreeMap<Sequence, Standing>, Failure> {
    let standing = |StandingRow { key, status, attempts, last_at, .. }: StandingRow| {
        let standing = match status.as_str() {
            "PARKED" => Standing::Parked,
            "FAILING" => Standing::Failing { attempts, last: Timestamp::from_millis(last_at) },
            _ => Standing::Flowing,
        };
        Ok((key.sequence()?, standing))
    };
    standing_rows(env, sequences).await?.into_iter().map(standing).collect()
}

/// The parked ones of these sequences, with their numbers.
///
/// # Errors
/// Fails if the store does not say.
pub(crate) async fn parked_ones(
    env: &Env,
    sequences: impl Iterator<Item = &Sequence>,
) -> Result<Vec<(u64, Sequence)>, Failure> {
    let found = standing_rows(env, sequences).await?.into_iter();
    let parked = found.filter(|row| row.status == "PARKED");
    parked.map(|row| Ok((row.id, row.key.sequence()?))).collect()
}

#[derive(Deserialize)]
struct StandingRow {
    id: u64,
    #[serde(flatten)]
    key: Key,
    status: String,
    attempts: u32,
    last_at: i64,
}

async fn standing_rows(
    env: &Env,
    sequences: impl Iterator<Item = &Sequence>,
) -> Result<Vec<StandingRow>, Failure> {
    let wanted: Vec<_> = sequences.map(key).collect();
    let wanted =
        serde_json::to_string(&wanted).map_err(|error| Fault::Defect(error.to_string()))?;
    Ok(rows(env, sql!("standing"), &[Value::from(wanted)]).await?)
}

/// Notes which sequences flow again and which have failed, and parks letters. Returns the letters that are parked now.
/// Those of a sequence that was freed meanwhile are not.
///
/// # Errors
/// Fails if the store fails; then some of it may have been noted.
pub(crate) async fn note(
    env: &Env,
    recovered: &[Sequence],
    failures: &[Failed],
) -> Result<BTreeSet<(Sequence, Place)>, Failure> {
    if recovered.is_empty() && failures.is_empty() {
        return Ok(BTreeSet::new());
    }
    let now = Value::from(clock::now().millis());
    let mut statements = Vec::new();
    for sequence in recovered {
        statements.push((None, Change::new(sql!("forget"), params(sequence, []))));
        statements.push((None, Change::new(sql!("recovered"), params(sequence, []))));
    }
    for Failed { sequence, left, verdict, reason } in failures {
        let status = if *verdict == Verdict::Park { "PARKED" } else { "FAILING" };
        if let Some(reason) = reason {
            let noted = [status.into(), short(reason).into(), now.clone()];
            statements.push((None, Change::new(sql!("failed"), params(sequence, noted))));
        }
        if *verdict != Verdict::Park {
            continue;
        }
        for ((version, number), part) in left {
            let letter =
                serde_json::to_string(part).map_err(|error| Fault::Defect(error.to_string()))?;
            let parked = [(*version).into(), (*number).into(), letter.into(), now.clone()];
            let place = (sequence.clone(), (*version, *number));
            statements.push((Some(place), Change::new(sql!("park"), params(sequence, parked))));
        }
    }
    let mut parked = BTreeSet::new();
    while !statements.is_empty() {
        let chunk = statements.drain(..statements.len().min(STATEMENTS));
        let (places, chunk): (Vec<_>, Vec<_>) = chunk.unzip();
        let noted = batch(env, &chunk).await?;
        for (place, noted) in places.into_iter().zip(noted) {
            let found: Vec<Value> = read(Some(&noted))?;
            parked.extend(place.filter(|_| !found.is_empty()));
        }
    }
    Ok(parked)
}

/// A reason, no longer than a text may be.
fn short(reason: &str) -> String {
    reason.chars().take(limits::TEXT_CHARS).collect()
}

/// A sequence as it is stored.
pub(crate) struct Found {
    pub(crate) sequence: Sequence,
    pub(crate) view: SequenceView,
}

#[derive(Deserialize)]
struct SequenceRow {
    id: u64,
    #[serde(flatten)]
    key: Key,
    status: String,
    attempts: u32,
    reason: String,
    first_at: i64,
    last_at: i64,
    letters: u64,
}

impl SequenceRow {
    fn found(self) -> Result<Found, Fault> {
        let sequence = self.key.sequence()?;
        let end = |stream: &StreamId| {
            End::of(stream.aggregate_type.clone(), stream.aggregate_id.to_string())
        };
        let view = SequenceView {
            id: self.id,
            lane: sequence.lane,
            destination: sequence.destination.as_ref().and_then(end),
            source: end(&sequence.source),
            status: self.status,
            attempts: self.attempts,
            reason: self.reason,
            first_at: Timestamp::from_millis(self.first_at),
            last_at: Timestamp::from_millis(self.last_at),
            letters: self.letters,
        };
        Ok(Found { sequence, view })
    }
}

/// A page of sequences, with totals.
///
/// # Errors
/// Fails if the store fails.
pub(crate) async fn page(env: &Env, wanted: &PageWanted) -> Result<Page, Failure> {
    let filters = admin::filters(wanted);
    let first = [wanted.after.into(), (wanted.limit + 1).into(), wanted.status.into()];
    let params: Vec<Value> = first.into_iter().chain(filters.clone()).collect();
    let found = rows::<SequenceRow>(env, sql!("page"), &params).await?;
    let params: Vec<Value> = std::iter::once(wanted.status.into()).chain(filters).collect();
    let totals = rows::<Total>(env, sql!("totals"), &params).await?;
    let has_more = found.len() > wanted.limit;
    let views = found.into_iter().take(wanted.limit).map(|row| Ok(row.found()?.view));
    let sequences = views.collect::<Result<Vec<_>, Fault>>()?;
    let next = sequences.last().map(|last| last.id).filter(|_| has_more);
    Ok(Page { sequences, totals, next })
}

/// A sequence.
///
/// # Errors
/// Fails if the store fails.
pub(crate) async fn by_id(env: &Env, id: u64) -> Result<Option<Found>, Failure> {
    let found = rows::<SequenceRow>(env, sql!("by_id"), &[id.into()]).await?;
    Ok(found.into_iter().next().map(SequenceRow::found).transpose()?)
}

#[derive(Deserialize)]
struct LetterRow {
    version: Version,
    part: usize,
    status: String,
    letter: String,
    parked_at: i64,
    decided_at: Option<i64>,
    decided_by: Option<String>,
    reason: Option<String>,
}

impl LetterRow {
    fn place(&self) -> Place {
        (self.version, self.part)
    }

    fn part(&self) -> Result<Part, Fault> {
        serde_json::from_str(&self.letter).map_err(|error| Fault::Unreadable(error.to_string()))
    }
}

/// A page of the letters of a sequence.
///
/// # Errors
/// Fails if the store fails, or a letter cannot be read.
pub(crate) async fn letters(
    env: &Env,
    found: Found,
    after: Option<Place>,
    limit: usize,
) -> Result<SequencePage, Failure> {
    let mut rows = letter_rows(env, found.view.id, after, limit + 1, Value::Null).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().map(|last| admin::letter_id(last.place())).filter(|_| has_more);
    let view = |row: LetterRow| {
        Ok(LetterView {
            id: admin::letter_id(row.place()),
            part: row.part()?,
            status: row.status,
            parked_at: Timestamp::from_millis(row.parked_at),
            decided_at: row.decided_at.map(Timestamp::from_millis),
            decided_by: row.decided_by,
            reason: row.reason,
        })
    };
    let items = rows.into_iter().map(view).collect::<Result<_, Fault>>()?;
    Ok(SequencePage { sequence: found.view, items, next })
}

async fn letter_rows(
    env: &Env,
    id: u64,
    after: Option<Place>,
    limit: usize,
    status: Value,
) -> Result<Vec<LetterRow>, Failure> {
    let (version, part) =
        after.map_or((Value::from(-1), 0), |(version, part)| (version.into(), part));
    Ok(rows(env, sql!("letters"), &[id.into(), version, part.into(), limit.into(), status]).await?)
}

/// The first letters of a sequence that are parked.
///
/// # Errors
/// Fails if the store fails, or a letter cannot be read.
pub(crate) async fn parked(env: &Env, id: u64, limit: usize) -> Result<Parts, Failure> {
    let rows = letter_rows(env, id, None, limit, "PARKED".into()).await?;
    Ok(rows.iter().map(|row| Ok((row.place(), row.part()?))).collect::<Result<_, Fault>>()?)
}

/// Marks letters as delivered or discarded, by whom, and why.
///
/// # Errors
/// Fails if the store fails.
pub(crate) async fn decide(
    env: &Env,
    id: u64,
    places: impl Iterator<Item = &Place>,
    (status, by, reason): (&str, &Id, Option<&str>),
) -> Result<(), Failure> {
    let now = clock::now().millis();
    let decided = |(version, part): &Place| {
        let place = [id.into(), (*version).into(), (*part).into()];
        let mark = [status.into(), now.into(), by.as_str().into(), reason.into()];
        Change::new(sql!("decide"), place.into_iter().chain(mark).collect())
    };
    let statements: Vec<_> = places.map(decided).collect();
    if !statements.is_empty() {
        batch(env, &statements).await?;
    }
    Ok(())
}

/// Lets a sequence flow again if none of its letters is parked any more. Returns true if it does.
///
/// # Errors
/// Fails if the store fails.
pub(crate) async fn free(env: &Env, id: u64) -> Result<bool, Failure> {
    Ok(!rows::<Value>(env, sql!("free"), &[id.into()]).await?.is_empty())
}
