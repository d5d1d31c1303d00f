//! How the processors are, as it is shown to administrators.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_kernel::{Fault, Id, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    database::Database,
    generation::{Processor, Status},
    partition::Partition,
    runner::Runner,
    storage::Storage,
    track::Track,
    work::Sources,
};

/// Seconds behind the journal after which a processor counts as stalled: far more than a batch takes, and less than a person waits.
pub const STALLED_SECONDS: i64 = 60;

/// Parked streams that are shown of one partition.
const SHOWN: usize = 20;

/// What a generation does in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum State {
    /// Everything is in the rows.
    CaughtUp,
    /// It reads events.
    Running,
    /// An administrator has stopped it.
    Paused,
    /// Newer code has made the rows that readers see: this code stands still.
    Older,
    /// It waits after a failure, and tries again by itself.
    Failing,
}

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Failed {
    /// Stable code.
    pub code: String,
    /// What went wrong.
    pub reason: String,
}

/// A stream that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ParkedStream {
    /// The instance.
    pub aggregate_id: Id,
    /// Its events up to this position are in the rows; the next one is to blame.
    pub position: u64,
    /// Why.
    pub error: Failed,
    /// Instant of the first failure.
    pub since: Timestamp,
    /// Instant of the last attempt.
    pub tried_at: Timestamp,
    /// Number of attempts.
    pub attempts: u32,
}

/// A generation of a processor in one partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrackStatus {
    /// Name of the processor.
    pub name: String,
    /// Number of the generation; 0 where there is none yet.
    pub generation: u64,
    /// Version of its rows.
    pub version: String,
    /// `BUILDING`: a rebuild, which readers do not see yet; `ACTIVE`: what they see.
    pub status: Status,
    /// What it does.
    pub state: State,
    /// Aggregate type whose events these are.
    pub category: String,
    /// Number of the partition.
    pub partition: u16,
    /// Events up to this position are in the rows.
    pub position: u64,
    /// Position of the last event.
    pub head: u64,
    /// Events that are not in the rows yet.
    pub lag_events: u64,
    /// Age of the oldest of them, in seconds; 0 when there is none.
    pub lag_seconds: i64,
    /// Events a second, lately.
    pub rate: f64,
    /// The last failure; null when the last attempt went well.
    pub error: Option<Failed>,
    /// Number of parked streams.
    pub parked_streams: u64,
    /// The first of them.
    pub parked: Vec<ParkedStream>,
    /// Instant at which the generation began.
    pub began_at: Option<Timestamp>,
    /// Instant at which readers were switched to it.
    pub active_at: Option<Timestamp>,
}

impl TrackStatus {
    /// True if it has fallen behind, and not because an administrator wants it to.
    pub fn is_stalled(&self) -> bool {
        let is_meant = self.state == State::Paused || self.status == Status::Building;
        let is_late = self.lag_seconds > STALLED_SECONDS && self.state != State::Running;
        !is_meant && (is_late || (self.generation == 0 && self.error.is_some()))
    }
}

/// What a processor does, over all of its partitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProcessorStatus {
    /// Its name.
    pub name: String,
    /// The aggregate types whose events it gets.
    pub categories: Vec<String>,
    /// Version of the rows that this code makes.
    pub version: String,
    /// False if it has fallen behind, or a partition cannot be asked.
    pub is_healthy: bool,
    /// The rebuild, if there is one.
    pub rebuild: Option<Progress>,
    /// Events that are not in the rows which readers see.
    pub lag_events: u64,
    /// Age of the oldest of them, in seconds.
    pub lag_seconds: i64,
    /// Number of parked streams.
    pub parked_streams: u64,
    /// Each generation in each partition.
    pub partitions: Vec<TrackStatus>,
    /// Partitions that cannot be asked, and why.
    pub unreached: Vec<String>,
}

/// `GET /admin/projections`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Processors {
    /// The state rows of each aggregate type, then the projections that are written by hand.
    pub projections: Vec<ProcessorStatus>,
}

impl Processors {
    /// What a monitor is told of them.
    pub fn readiness(&self) -> Readiness {
        let sick = self.projections.iter().filter(|it| !it.is_healthy);
        let stalled: Vec<String> = sick.map(|it| it.name.clone()).collect();
        let status = if stalled.is_empty() { "ready" } else { "stalled" };
        Readiness { status: status.into(), stalled }
    }
}

/// `GET /readyz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Readiness {
    /// `ready` or `stalled`.
    pub status: String,
    /// The projections that have fallen behind, or cannot be asked.
    pub stalled: Vec<String>,
}

impl Readiness {
    /// The status over HTTP.
    pub fn http_status(&self) -> u16 {
        if self.stalled.is_empty() { 200 } else { 503 }
    }
}

/// How far a rebuild is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Progress {
    /// Number of the generation.
    pub generation: u64,
    /// Events that are in its rows.
    pub events: u64,
    /// Events in all.
    pub of: u64,
    /// Events a second.
    pub rate: f64,
    /// Seconds until it has caught up, at that rate; null when it stands.
    pub seconds_left: Option<u64>,
    /// True if an administrator has stopped it.
    pub is_paused: bool,
}

impl ProcessorStatus {
    /// The status of a processor from those of its partitions.
    pub fn of(processor: &Processor, partitions: Vec<TrackStatus>, unreached: Vec<String>) -> Self {
        let active = || partitions.iter().filter(|it| it.status == Status::Active);
        Self {
            name: processor.name().into(),
            categories: processor.categories().into_iter().map(Into::into).collect(),
            version: processor.version(),
            is_healthy: unreached.is_empty() && !partitions.iter().any(TrackStatus::is_stalled),
            rebuild: progress(&partitions),
            lag_events: active().map(|it| it.lag_events).sum(),
            lag_seconds: active().map(|it| it.lag_seconds).max().unwrap_or_default(),
            parked_streams: partitions.iter().map(|it| it.parked_streams).sum(),
            partitions,
            unreached,
        }
    }
}

fn progress(partitions: &[TrackStatus]) -> Option<Progress> {
    let building = || partitions.iter().filter(|it| it.status == Status::Building);
    let generation = building().map(|it| it.generation).max()?;
    let (events, of) = (building().map(|it| it.position).sum(), building().map(|it| it.head).sum());
    let rate: f64 = building().map(|it| it.rate).sum();
    let left = u64::saturating_sub(of, events);
    let seconds_left = match (left, rate > 0.0) {
        (0, _) => Some(0),
        (_, true) => Some((left as f64 / rate).ceil() as u64),
        _ => None,
    };
    let is_paused = building().any(|it| it.state == State::Paused);
    Some(Progress { generation, events, of, rate, seconds_left, is_paused })
}

impl<D: Database, S: Sources> Runner<D, S> {
    /// How the processors of this partition are.
    ///
    /// # Errors
    /// Fails if the journal cannot be read.
    pub fn status<J: Storage>(
        &self,
        journal: &Partition<J>,
        now: Timestamp,
    ) -> Result<Vec<TrackStatus>, Fault> {
        let mut all = Vec::new();
        for track in &self.tracks {
            all.push(self.of_track(track, journal, now)?);
        }
        let head = journal.head()?;
        for processor in &self.processors {
            let name = processor.name();
            if all.iter().any(|one| one.name == name) {
                continue;
            }
            // Nothing is fed: it has not begun, or newer code has.
            let stuck = self.stuck.get(name).or(Some(&self.away));
            let error = stuck.and_then(|wait| wait.error.clone()).map(failed);
            let state = match (self.older.contains_key(name), &error) {
                (true, _) => State::Older,
                (false, Some(_)) => State::Failing,
                (false, None) => State::Running,
            };
            let at = self.known.iter().rfind(|it| it.name == name && it.status.lives());
            let position = at.and_then(|it| it.place.as_ref()).map_or(0, |it| it.position);
            all.push(TrackStatus {
                name: name.into(),
                generation: at.map_or(0, |it| it.generation),
                version: at.map_or_else(|| processor.version(), |it| it.version.clone()),
                status: at.map_or(Status::Active, |it| it.status),
                state,
                category: self.category.clone(),
                partition: self.partition,
                position,
                head,
                lag_events: head.saturating_sub(position),
                lag_seconds: lag_seconds(journal, position, now)?,
                rate: 0.0,
                error,
                parked_streams: 0,
                parked: Vec::new(),
                began_at: at.map(|it| it.began_at),
                active_at: at.and_then(|it| it.active_at),
            });
        }
        Ok(all)
    }

    fn of_track<J: Storage>(
        &self,
        track: &Track,
        journal: &Partition<J>,
        now: Timestamp,
    ) -> Result<TrackStatus, Fault> {
        let head = journal.head()?;
        let stuck =
            self.stuck.get(track.processor.name()).filter(|_| track.status == Status::Building);
        let waits = [Some(&track.wait), stuck, Some(&self.away)].into_iter().flatten();
        let error = waits.filter_map(|wait| wait.error.clone()).map(failed).next();
        let state = match (track.is_paused, error.is_some() || track.is_lost) {
            (true, _) => State::Paused,
            (_, true) => State::Failing,
            _ if track.position < head => State::Running,
            _ => State::CaughtUp,
        };
        let parked = track.parked.iter().take(SHOWN).map(|(id, parked)| ParkedStream {
            aggregate_id: id.clone(),
            position: parked.position,
            error: Failed { code: parked.code.clone(), reason: parked.reason.clone() },
            since: parked.since,
            tried_at: parked.tried_at,
            attempts: parked.attempts,
        });
        Ok(TrackStatus {
            name: track.processor.name().into(),
            generation: track.generation,
            version: track.version.clone(),
            status: track.status,
            state,
            category: self.category.clone(),
            partition: self.partition,
            position: track.position.min(head),
            head,
            lag_events: head.saturating_sub(track.position),
            lag_seconds: lag_seconds(journal, track.position, now)?,
            rate: track.rate(now),
            error,
            parked_streams: track.parked.len() as u64,
            parked: parked.collect(),
            began_at: Some(track.since.0),
            active_at: track.since.1,
        })
    }

    /// How far the rows are that readers see, for those who wait for them.
    pub fn board(&self) -> Board {
        let mut board = Board::default();
        let active = self.tracks.iter().filter(|track| track.status == Status::Active);
        for track in active.filter(|track| !track.is_lost) {
            let name = track.processor.name();
            board.passed.insert(name, track.position);
            board.parked.extend(track.parked.keys().map(|id| (name, id.clone())));
        }
        board
    }
}

/// How far the rows are that readers see.
#[derive(Clone, Debug, Default)]
pub struct Board {
    passed: BTreeMap<&'static str, u64>,
    parked: BTreeSet<(&'static str, Id)>,
}

impl Board {
    /// Position that a processor has passed; none where readers see no rows of it, or it stands still.
    pub fn passed(&self, name: &str) -> Option<u64> {
        self.passed.get(name).copied()
    }

    /// True if the rows of a processor lack an instance, which it cannot digest.
    pub fn is_parked(&self, name: &str, id: &Id) -> bool {
        self.parked.iter().any(|(of, parked)| *of == name && parked == id)
    }
}

fn failed((code, reason): (&'static str, String)) -> Failed {
    Failed { code: code.into(), reason }
}

fn lag_seconds<J: Storage>(
    journal: &Partition<J>,
    position: u64,
    now: Timestamp,
) -> Result<i64, Fault> {
    let next = journal.page(position, 1, 1)?;
    let age = next.first().map_or(0, |item| now.millis() - item.event.time.millis());
    Ok(age.max(0) / 1_000)
}
