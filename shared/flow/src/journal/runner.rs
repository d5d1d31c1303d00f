//! The processors of one partition at work. There is one runner for each partition.
//!
//! A round takes every track one page further. Tracks that are equally far share the page and the batch: one call of the
//! database, whatever their number. Each batch reads the generations as it ends, so a runner hears in the same call of what
//! others have begun, paused or ended; and it moves the checkpoints by their turns, so of two runners the slower one is
//! told, and nothing is applied twice.

use std::collections::BTreeMap;

use edgefold_kernel::{Fault, Timestamp};
use serde_json::{Value, json};

use super::{
    database::Database,
    failure::{Meaning, meaning},
    generation::{self, Known, Plan, Processor, Status},
    layout::Partitions,
    partition::Partition,
    storage::Storage,
    track::{PARKED, ParkedRow, Track, Wait},
    work::Sources,
};
use crate::{Catalogue, Change};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/d1/query/", $name, ".sql"))
    };
}

/// Milliseconds until the next look at what others have to do first.
pub(super) const LOOK_AGAIN_MS: i64 = 10_000;

/// Streams that are tried again in one round, at most.
const RETRIES: usize = 3;

/// What there is to do after a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// More, at once.
    More,
    /// Something at this instant.
    Later(Timestamp),
    /// Nothing until something is appended.
    Idle,
}

/// How far the instances of a generation were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resent {
    pub(super) generation: u64,
    /// Up to this id; `None` when all were asked.
    pub(super) after: Option<String>,
}

/// The runner of one partition.
#[derive(Debug)]
pub struct Runner<D, S> {
    pub(super) category: String,
    pub(super) partition: u16,
    pub(super) partitions: Partitions,
    pub(super) database: D,
    pub(super) sources: S,
    pub(super) processors: Vec<Processor>,
    /// The generations, as they were read last.
    pub(super) known: Vec<Known>,
    pub(super) tracks: Vec<Track>,
    /// What each processor waits for that cannot begin or be switched.
    pub(super) stuck: BTreeMap<&'static str, Wait>,
    /// Instants until which processors stand still.
    pub(super) older: BTreeMap<&'static str, Timestamp>,
    /// The pause while the database is away.
    pub(super) away: Wait,
    /// True if what is in memory is what is stored.
    pub(super) is_loaded: bool,
    /// How far the instances were asked to send again what the journal lacks: up to this id, or all of them.
    pub(super) resent: Option<Resent>,
    /// The pause after one of them could not be asked.
    pub(super) lack: Wait,
    /// Instant at which the other partitions were last told of what builds.
    pub(super) told_at: Option<Timestamp>,
    /// Rounds in a row in which another runner was faster.
    overtaken: u32,
}

impl<D: Database, S: Sources> Runner<D, S> {
    /// The runner of a partition.
    pub fn new(
        (category, partition): (&str, u16),
        catalogue: &'static Catalogue,
        partitions: Partitions,
        database: D,
        sources: S,
    ) -> Self {
        Self {
            category: category.to_owned(),
            partition,
            partitions,
            database,
            sources,
            processors: Processor::of_category(catalogue, category),
            known: Vec::new(),
            tracks: Vec::new(),
            stuck: BTreeMap::new(),
            older: BTreeMap::new(),
            away: Wait::default(),
            is_loaded: false,
            resent: None,
            lack: Wait::default(),
            told_at: None,
            overtaken: 0,
        }
    }

    /// Reads everything again in the next round, and ends the pauses.
    pub fn wake(&mut self) {
        self.is_loaded = false;
        self.away.end();
        self.lack.end();
        self.stuck.values_mut().for_each(Wait::end);
        self.tracks.iter_mut().for_each(|track| track.wait.end());
    }

    /// Takes every track one page further. A partition that does not exist has none, and joins no generation: nothing would ever
    /// take it further, and readers would wait for it.
    pub async fn round<J: Storage>(&mut self, journal: &Partition<J>, now: Timestamp) -> Round {
        let has = |head| self.partitions.has(&self.category, self.partition, head);
        if journal.head().is_ok_and(|head| !has(head)) {
            return Round::Idle;
        }
        if let Some(until) = self.away.until(now) {
            return Round::Later(until);
        }
        match self.all(journal, now).await {
            Ok(()) => {
                self.away.clear();
                self.overtaken = 0;
                self.next(journal, now)
            }
            Err(fault) => match meaning(&fault) {
                Meaning::Overtaken if self.overtaken < 3 => {
                    self.overtaken += 1;
                    self.is_loaded = false;
                    Round::More
                }
                _ => {
                    self.is_loaded = false;
                    self.away.failed(&fault, now);
                    self.away.until(now).map_or(Round::More, Round::Later)
                }
            },
        }
    }

    async fn all<J: Storage>(
        &mut self,
        journal: &Partition<J>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let reminds = self.reminds(now);
        // The others may have done what this one was to hear of.
        self.is_loaded &= !reminds;
        self.load(journal, now).await?;
        if self.begin(now).await? || self.switch(now).await? {
            self.is_loaded = false;
            self.load(journal, now).await?;
        }
        if reminds {
            self.remind(now).await;
        }
        self.make_up(now).await?;
        self.retry(journal, now, RETRIES).await?;
        // The first to be served is the one that readers wait for.
        let mut places: Vec<u64> =
            self.tracks.iter().filter(|track| track.runs(now)).map(|it| it.position).collect();
        places.sort_unstable_by(|one, other| other.cmp(one));
        places.dedup();
        for place in places {
            if !self.is_loaded {
                return Ok(());
            }
            let running = self.tracks.iter().enumerate();
            let running = running.filter(|(_, track)| track.runs(now) && track.position == place);
            let group = running.map(|(index, _)| index).collect();
            self.advance(journal, group, now).await?;
        }
        Ok(())
    }

    /// Reads the generations, and makes their tracks anew.
    pub(super) async fn load<J: Storage>(
        &mut self,
        journal: &Partition<J>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        if self.is_loaded {
            return Ok(());
        }
        let names: Vec<_> = self.processors.iter().map(Processor::name).collect();
        let names = Value::from(json!(names).to_string());
        let most = PARKED * 2 * self.processors.len();
        let parked = vec![names, self.category.as_str().into(), self.partition.into(), most.into()];
        let asked = [self.asks(), Change::new(sql!("parked_of"), parked)];
        let mut found = self.database.batch(&asked).await?.into_iter();
        self.known = generation::read_known(found.next().unwrap_or_default())?;
        let parked = ParkedRow::read(found.next().unwrap_or_default())?;
        let old = std::mem::take(&mut self.tracks);
        self.older.clear();
        let mut joins = Vec::new();
        for processor in &self.processors {
            let Plan { feeds, stands_until, .. } = generation::plan(processor, &self.known, now);
            self.older.extend(stands_until.map(|until| (processor.name(), until)));
            let fed = self.known.iter().filter(|known| known.name == processor.name());
            for known in fed.filter(|known| feeds.contains(&known.generation)) {
                let Some(place) = known.place.clone() else {
                    joins.push(generation::join(known, &self.category, self.partition));
                    continue;
                };
                let mut track = Track::new(*processor, known, place);
                find_way(&mut track, journal)?;
                for row in parked.iter().filter(|row| known.generation == row.generation) {
                    if row.name == known.name {
                        track.parked.insert(row.id.clone(), row.parked());
                    }
                }
                if let Some(before) = old.iter().find(|before| before.is(known)) {
                    track.wait = before.wait.clone();
                    for (id, parked) in &mut track.parked {
                        parked.is_forced = before.parked.get(id).is_some_and(|it| it.is_forced);
                    }
                }
                self.tracks.push(track);
            }
        }
        if !joins.is_empty() {
            self.database.batch(&joins).await?;
            return Box::pin(self.load(journal, now)).await;
        }
        self.is_loaded = true;
        Ok(())
    }

    /// What there is to do next.
    fn next<J: Storage>(&self, journal: &Partition<J>, now: Timestamp) -> Round {
        let head = match journal.head() {
            Ok(head) => head,
            Err(_) => return Round::Later(now.plus_millis(LOOK_AGAIN_MS)),
        };
        let look_again = now.plus_millis(LOOK_AGAIN_MS);
        if !self.is_loaded {
            return Round::More;
        }
        let mut later: Vec<Timestamp> = self.older.values().copied().collect();
        match (self.lacking(), self.lack.until(now)) {
            (Some(_), None) => return Round::More,
            (Some(_), Some(until)) => later.push(until),
            (None, _) => {}
        }
        later.extend(self.stuck.values().map(|wait| wait.until(now).unwrap_or(look_again)));
        for track in self.tracks.iter().filter(|track| !track.is_paused && !track.is_lost) {
            let is_forced = track.parked.values().any(|parked| parked.is_forced);
            let is_over = track.place.is_caught_up || self.is_made_up_later(track);
            let has_more = track.position < head || !is_over || is_forced;
            match (track.wait.until(now), has_more) {
                (None, true) => return Round::More,
                (Some(until), true) => later.push(until),
                // The other partitions have to catch up, and one of them may have been cut off.
                (_, false) if track.status == Status::Building => {
                    let known = self.known.iter().find(|known| track.is(known));
                    if known.is_some_and(|known| known.behind == 0)
                        && !self.is_stuck(&track.processor, now)
                    {
                        return Round::More;
                    }
                    later.push(look_again);
                }
                _ => {}
            }
        }
        later.into_iter().min().map_or(Round::Idle, Round::Later)
    }
}

/// Finds out whether a checkpoint is one of this journal. Where the journal was restored, the rows are made anew. Until then those
/// that readers see stand as they are, and so does their checkpoint: it says what has happened.
fn find_way<J: Storage>(track: &mut Track, journal: &Partition<J>) -> Result<(), Fault> {
    let check = journal.check(track.place.position)?;
    track.is_lost = check.as_deref() != Some(&track.place.check);
    Ok(())
}
