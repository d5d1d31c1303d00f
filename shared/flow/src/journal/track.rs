//! One generation of a processor in one partition: how far it is, what it waits for, and what it cannot digest.

use std::collections::BTreeMap;

use edgefold_kernel::{Fault, Id, Timestamp, Version, limits};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    database::Found,
    generation::{Known, Place, Processor, Status},
};
use crate::door::json;

/// First pause after a failure, in milliseconds; it doubles with each further one …
const AGAIN_MS: i64 = 1_000;

/// … up to a minute: that long after an outage everything goes on.
const AGAIN_AT_MOST_MS: i64 = 60_000;

/// First pause before a parked stream is tried again by itself, in milliseconds; it doubles with each attempt …
const RETRY_MS: i64 = 60_000;

/// … up to six hours: the day after a repair all is made up.
const RETRY_AT_MOST_MS: i64 = 6 * 60 * 60 * 1000;

/// Streams that are parked for one processor in one partition, at most. Beyond that it is the processor that is broken.
pub const PARKED: usize = 1_000;

/// Events after which a checkpoint is stored that nothing else makes necessary: so many are repeated after a restart.
pub const STORED_EVERY: u64 = 100;

/// Bytes of the states that are kept to fold on from (8 MiB of the isolate's 128 MB).
const FOLDED_BYTES: usize = 8 << 20;

/// Milliseconds over which a rate is measured.
const RATE_MS: i64 = 5_000;

/// A pause after failures.
#[derive(Clone, Debug, Default)]
pub struct Wait {
    until: Option<Timestamp>,
    pause: i64,
    /// Code and text of the failure.
    pub error: Option<(&'static str, String)>,
}

impl Wait {
    /// Begins the next pause, longer than the last one.
    pub fn failed(&mut self, fault: &Fault, now: Timestamp) {
        self.pause = (self.pause * 2).clamp(AGAIN_MS, AGAIN_AT_MOST_MS);
        self.until = Some(now.plus_millis(self.pause));
        self.error = Some((fault.code(), shortened(fault)));
    }

    /// It went well.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Ends the pause. The next failure begins the next longer one.
    pub fn end(&mut self) {
        self.until = None;
    }

    /// Instant at which the pause ends; none when there is none.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| *until > now)
    }
}

/// The text of a fault, as long as it is kept.
pub fn shortened(fault: &Fault) -> String {
    fault.to_string().chars().take(limits::TEXT_CHARS).collect()
}

/// A stream that a processor cannot digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Its events up to here are in the rows; the next one is to blame.
    pub position: u64,
    /// Code of the failure.
    pub code: String,
    /// The failure.
    pub reason: String,
    /// Instant of the first failure.
    pub since: Timestamp,
    /// Instant of the last attempt.
    pub tried_at: Timestamp,
    /// Number of attempts.
    pub attempts: u32,
    /// True if it is to be tried whatever the time.
    pub is_forced: bool,
}

impl Parked {
    /// A stream of which the events after a position cannot be digested.
    pub fn new(position: u64, fault: &Fault, now: Timestamp) -> Self {
        let (code, reason) = (fault.code().to_owned(), shortened(fault));
        let (since, tried_at, attempts) = (now, now, 1);
        Self { position, code, reason, since, tried_at, attempts, is_forced: false }
    }

    /// Another attempt has come up to this position and failed.
    pub fn failed(&self, position: u64, fault: &Fault, now: Timestamp) -> Self {
        let (since, attempts) = (self.since, self.attempts.saturating_add(1));
        Self { since, attempts, ..Self::new(position, fault, now) }
    }

    /// True if it is time for another attempt.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let doubled = RETRY_MS.saturating_mul(1 << (self.attempts.clamp(1, 20) - 1));
        self.is_forced || self.tried_at.plus_millis(doubled.min(RETRY_AT_MOST_MS)) <= now
    }

    /// Its row, as `parked_set.sql` takes it.
    pub fn row(&self, track: &Track, id: &Id) -> Value {
        json!([
            track.processor.name(),
            track.generation,
            id,
            self.position,
            self.code,
            self.reason,
            self.since.millis(),
            self.tried_at.millis(),
            self.attempts,
        ])
    }
}

/// A row of `parked`.
#[derive(Deserialize)]
pub struct ParkedRow {
    /// Name of the processor.
    pub name: String,
    /// The generation.
    pub generation: u64,
    /// The instance.
    pub id: Id,
    position: u64,
    code: String,
    reason: String,
    since: i64,
    tried_at: i64,
    attempts: u32,
}

impl ParkedRow {
    /// Reads rows.
    ///
    /// # Errors
    /// Fails if a row has another form.
    pub fn read(rows: Vec<Found>) -> Result<Vec<Self>, Fault> {
        let read = |row: Found| json::of(&row.into());
        let rows = rows.into_iter().map(read).collect::<Result<_, _>>();
        rows.map_err(Fault::Unreadable)
    }

    /// What it says.
    pub fn parked(&self) -> Parked {
        Parked {
            position: self.position,
            code: self.code.clone(),
            reason: self.reason.clone(),
            since: Timestamp::from_millis(self.since),
            tried_at: Timestamp::from_millis(self.tried_at),
            attempts: self.attempts,
            is_forced: false,
        }
    }
}

/// States of streams that began in this replay, to fold on from. Rows that older code has stored are made of them.
#[derive(Debug, Default)]
pub struct Folds {
    states: BTreeMap<Id, (Version, String)>,
    bytes: usize,
}

impl Folds {
    /// The state of a stream: version, and the whole state as JSON.
    pub fn take(&mut self, id: &Id) -> Option<(Version, String)> {
        let taken = self.states.remove(id)?;
        self.bytes -= taken.1.len();
        Some(taken)
    }

    /// Keeps a state, if there is room for it. What is not kept is asked of its source.
    pub fn keep(&mut self, id: &Id, version: Version, state: String) {
        drop(self.take(id));
        if self.bytes + state.len() <= FOLDED_BYTES {
            self.bytes += state.len();
            self.states.insert(id.clone(), (version, state));
        }
    }
}

/// Events in a time.
#[derive(Clone, Debug, Default)]
struct Rate {
    since: Option<Timestamp>,
    events: u64,
    last: f64,
}

/// A generation in this partition.
#[derive(Debug)]
pub struct Track {
    /// Its processor.
    pub processor: Processor,
    /// Its number.
    pub generation: u64,
    /// Version of its rows.
    pub version: String,
    /// Its standing.
    pub status: Status,
    /// True if an administrator has stopped it.
    pub is_paused: bool,
    /// True if its rows are of this code's version.
    pub is_own: bool,
    /// True if its checkpoint is not one of this journal, which was restored: it stands still, and the rows are made anew.
    pub is_lost: bool,
    /// Its checkpoint, as this runner believes.
    pub place: Place,
    /// It has passed this position: at or after its checkpoint.
    pub position: u64,
    /// The streams that it cannot digest.
    pub parked: BTreeMap<Id, Parked>,
    /// Its pause after a failure.
    pub wait: Wait,
    /// States to fold on from.
    pub folds: Folds,
    /// Instant at which it began, and at which readers were switched to it.
    pub since: (Timestamp, Option<Timestamp>),
    rate: Rate,
}

impl Track {
    /// The track of a generation, from its place on.
    pub fn new(processor: Processor, known: &Known, place: Place) -> Self {
        Self {
            processor,
            generation: known.generation,
            version: known.version.clone(),
            status: known.status,
            is_paused: known.is_paused,
            is_own: known.version == processor.version(),
            is_lost: false,
            position: place.position,
            place,
            parked: BTreeMap::new(),
            wait: Wait::default(),
            folds: Folds::default(),
            since: (known.began_at, known.active_at),
            rate: Rate::default(),
        }
    }

    /// True if it is this generation.
    pub fn is(&self, known: &Known) -> bool {
        self.processor.name() == known.name && self.generation == known.generation
    }

    /// True if it keeps state rows: a repeat does them no harm.
    pub fn is_rows(&self) -> bool {
        matches!(self.processor, Processor::Rows(_))
    }

    /// True if it reads events now.
    pub fn runs(&self, now: Timestamp) -> bool {
        !self.is_paused && !self.is_lost && self.wait.until(now).is_none()
    }

    /// It has passed a position.
    pub fn passed(&mut self, through: u64, now: Timestamp) {
        let since = *self.rate.since.get_or_insert(now);
        self.rate.events += through.saturating_sub(self.position);
        let millis = now.millis() - since.millis();
        if millis >= RATE_MS {
            self.rate =
                Rate { since: Some(now), events: 0, last: per_second(self.rate.events, millis) };
        }
        self.position = through;
    }

    /// Events a second, lately.
    pub fn rate(&self, now: Timestamp) -> f64 {
        let millis = self.rate.since.map_or(0, |since| now.millis() - since.millis());
        if millis < RATE_MS { self.rate.last } else { per_second(self.rate.events, millis) }
    }

    /// Its checkpoint at a position, as `checkpoint_move.sql` takes it.
    pub fn moved(&self, through: u64, check: &str, is_caught_up: bool) -> Value {
        json!([
            self.processor.name(),
            self.generation,
            self.place.turn,
            through,
            check,
            u8::from(is_caught_up),
        ])
    }
}

fn per_second(events: u64, millis: i64) -> f64 {
    if millis <= 0 { 0.0 } else { events as f64 * 1_000.0 / millis as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn pauses_grow_to_a_minute_and_end_with_the_first_success() {
        let (mut wait, fault) = (Wait::default(), Fault::Defect("no".into()));
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            wait.failed(&fault, at(0));
            assert_eq!(wait.until(at(0)), Some(at(pause * 1_000)));
            assert_eq!(wait.until(at(pause * 1_000)), None);
        }
        wait.clear();
        wait.failed(&fault, at(0));
        assert_eq!(wait.until(at(0)), Some(at(1_000)));
    }

    #[test]
    fn a_parked_stream_is_tried_again_after_growing_pauses() {
        let fault = Fault::Defect("no".into());
        let mut parked = Parked::new(3, &fault, at(0));
        assert!(!parked.is_due(at(59_999)) && parked.is_due(at(60_000)));
        parked = parked.failed(4, &fault, at(60_000));
        assert!(!parked.is_due(at(179_999)) && parked.is_due(at(180_000)));
        assert_eq!((parked.position, parked.since, parked.attempts), (4, at(0), 2));
        for _ in 0..99 {
            parked = parked.failed(4, &fault, at(0));
        }
        assert!(!parked.is_due(at(RETRY_AT_MOST_MS - 1)) && parked.is_due(at(RETRY_AT_MOST_MS)));
        parked.is_forced = true;
        assert!(parked.is_due(at(0)));
    }

    #[test]
    fn states_to_fold_on_from_are_bounded() {
        let id = |name: &str| Id::parse(name).unwrap();
        let mut folds = Folds::default();
        folds.keep(&id("a"), 1, "x".repeat(FOLDED_BYTES - 10));
        folds.keep(&id("b"), 1, "x".repeat(11));
        assert_eq!(folds.take(&id("b")), None);
        folds.keep(&id("a"), 2, "x".into());
        folds.keep(&id("b"), 1, "y".repeat(11));
        assert_eq!(folds.take(&id("b")), Some((1, "y".repeat(11))));
        assert_eq!(folds.take(&id("a")), Some((2, "x".into())));
        assert_eq!((folds.bytes, folds.states.len()), (0, 0));
    }
}
