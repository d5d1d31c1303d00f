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
    database::{Database, Found},
    failure::{Meaning, meaning},
    generation::{self, Known, Place, Plan, Processor, Status},
    layout::Partitions,
    partition::Partition,
    storage::Storage,
    track::{PARKED, ParkedRow, STORED_EVERY, Track, Wait},
    work::{Sources, Work, prepare},
};
use crate::{Catalogue, Change, append::storage::json_arrays};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/d1/query/", $name, ".sql"))
    };
}

/// Events of a page, at most …
const PAGE_EVENTS: usize = 1_000;

/// … and bytes of their data: with the rows after them they stay far below what a batch takes.
const PAGE_BYTES: usize = 1 << 20;

/// Milliseconds until the next look at what others have to do first.
const LOOK_AGAIN_MS: i64 = 10_000;

/// Streams that are tried again in one round, at most.
const RETRIES: usize = 3;

/// Statements of one batch, at most (platform: 1,000 in an invocation).
const BATCH: usize = 700;

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
    is_loaded: bool,
    /// How far the instances were asked to send again what the journal lacks: up to this id, or all of them.
    pub(super) resent: Option<Resent>,
    /// The pause after one of them could not be asked.
    pub(super) lack: Wait,
    /// Instant at which the other partitions were last told of what builds.
    told_at: Option<Timestamp>,
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

    /// Takes every track one page further.
    pub async fn round<J: Storage>(&mut self, journal: &Partition<J>, now: Timestamp) -> Round {
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

    /// Begins what this code knows and nobody has begun yet, or what the journal cannot go on with. Returns true if it has.
    async fn begin(&mut self, now: Timestamp) -> Result<bool, Fault> {
        let mut has_begun = false;
        for processor in self.processors.clone() {
            let of_it = || self.tracks.iter().filter(|it| it.processor.name() == processor.name());
            let is_lost = of_it().any(|track| track.is_lost)
                && !of_it().any(|track| track.status == Status::Building && !track.is_lost);
            let begins = generation::plan(&processor, &self.known, now).begins || is_lost;
            if !begins || self.is_stuck(&processor, now) {
                continue;
            }
            let done = self.begin_one(&processor, now).await;
            has_begun |= self.settle(&processor, done, now)?;
        }
        Ok(has_begun)
    }

    /// Begins a generation, and wakes the other partitions for it.
    pub(super) async fn begin_one(
        &mut self,
        processor: &Processor,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let places = self.places(processor);
        let statements = generation::begin(processor, &self.known, &places, now);
        self.database.batch(&statements).await?;
        self.wake_others(processor).await;
        Ok(())
    }

    /// Switches readers to what has caught up everywhere. Returns true if it has.
    async fn switch(&mut self, now: Timestamp) -> Result<bool, Fault> {
        let mut has_switched = false;
        for processor in self.processors.clone() {
            let ready = |known: &&Known| {
                let is_own = known.name == processor.name() && known.version == processor.version();
                is_own && known.status == Status::Building && known.behind == 0 && !known.is_paused
            };
            let Some(to) = self.known.iter().find(ready) else { continue };
            let is_lost = self.tracks.iter().any(|track| track.is(to) && track.is_lost);
            if is_lost || self.is_stuck(&processor, now) {
                continue;
            }
            let done = self.database.batch(&generation::switch(to, &self.known, now)).await;
            let done = self.settle(&processor, done.map(drop), now)?;
            has_switched |= done;
            if done {
                self.wake_others(&processor).await;
            }
        }
        Ok(has_switched)
    }

    /// True if it is time to look again at what waits for other partitions: whoever was to tell may have ended.
    fn reminds(&self, now: Timestamp) -> bool {
        let is_told = |at: Timestamp| at.plus_millis(LOOK_AGAIN_MS) > now;
        !self.told_at.is_some_and(is_told) && self.tracks.iter().any(|track| self.waits(track))
    }

    fn waits(&self, track: &Track) -> bool {
        let is_behind = |known: &Known| track.is(known) && known.behind > 0;
        let has_done = track.status == Status::Building && track.place.is_caught_up;
        has_done && self.known.iter().any(is_behind)
    }

    async fn remind(&mut self, now: Timestamp) {
        self.told_at = Some(now);
        for track in self.tracks.iter().filter(|track| self.waits(track)) {
            self.wake_others(&track.processor).await;
        }
    }

    fn is_stuck(&self, processor: &Processor, now: Timestamp) -> bool {
        self.stuck.get(processor.name()).is_some_and(|wait| wait.until(now).is_some())
    }

    /// What becomes of a processor whose tables were to be changed. A fault of its own holds up nobody else.
    fn settle(
        &mut self,
        processor: &Processor,
        done: Result<(), Fault>,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        match done {
            Ok(()) => {
                self.stuck.remove(processor.name());
                Ok(true)
            }
            Err(fault) => match meaning(&fault) {
                Meaning::Away | Meaning::Overtaken => Err(fault),
                _ => {
                    self.stuck.entry(processor.name()).or_default().failed(&fault, now);
                    Ok(false)
                }
            },
        }
    }

    /// The partitions of the categories of a processor.
    fn places(&self, processor: &Processor) -> Vec<(String, u16)> {
        let categories = processor.categories().into_iter();
        let of = |category: &str| {
            (0..self.partitions.of(category)).map(|it| (category.to_owned(), it)).collect()
        };
        let mut all: Vec<_> = categories.flat_map(|category| -> Vec<_> { of(category) }).collect();
        let here = (self.category.clone(), self.partition);
        if !all.contains(&here) {
            all.push(here);
        }
        all
    }

    pub(super) async fn wake_others(&self, processor: &Processor) {
        for (category, partition) in self.places(processor) {
            if (category.as_str(), partition) != (self.category.as_str(), self.partition) {
                self.sources.wake(&category, partition).await;
            }
        }
    }

    /// Takes tracks that are equally far one page further.
    async fn advance<J: Storage>(
        &mut self,
        journal: &Partition<J>,
        group: Vec<usize>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let Some(after) = group.first().and_then(|it| self.tracks.get(*it)).map(|it| it.position)
        else {
            return Ok(());
        };
        let page = journal.page(after, PAGE_EVENTS, PAGE_BYTES)?;
        let head = journal.head()?;
        let lacking = self.lacking();
        let lacks = |track: &Track| track.is_rows() && lacking.is_some();
        let mut works = Vec::new();
        for index in group {
            let Some(track) = self.tracks.get_mut(index) else { continue };
            let waits = track.place.is_caught_up || track.position < head;
            if page.is_empty() && (waits || lacks(track)) {
                continue;
            }
            match prepare(track, &page, &self.sources, now).await {
                Ok(work) if !has_room(track, &work) => track.wait.failed(&too_many(), now),
                Ok(work) => {
                    let through = work.through.max(track.position);
                    works.push((index, Work { through, ..work }));
                }
                Err(fault) => track.wait.failed(&fault, now),
            }
        }
        let is_small = works.iter().map(|(_, work)| work.pieces.len()).sum::<usize>() <= BATCH;
        if is_small || works.len() < 2 {
            match self.write(journal, &works, now).await {
                Err(fault) if !matches!(meaning(&fault), Meaning::Away | Meaning::Overtaken) => {
                    if works.len() < 2 {
                        return self.blame(journal, works, &fault, now).await;
                    }
                }
                done => return done,
            }
        }
        for alone in works {
            let alone = vec![alone];
            if let Err(fault) = self.write(journal, &alone, now).await {
                match meaning(&fault) {
                    Meaning::Away | Meaning::Overtaken => return Err(fault),
                    _ => self.blame(journal, alone, &fault, now).await?,
                }
            }
        }
        Ok(())
    }

    /// A track cannot write its page.
    async fn blame<J: Storage>(
        &mut self,
        journal: &Partition<J>,
        works: Vec<(usize, Work)>,
        fault: &Fault,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let Some((index, work)) = works.into_iter().next() else { return Ok(()) };
        match meaning(fault) {
            Meaning::Tables => {
                // Most likely the generation has ended.
                self.is_loaded = false;
                let track = self.tracks.get_mut(index);
                track.into_iter().for_each(|track| track.wait.failed(fault, now));
                Ok(())
            }
            _ => self.isolate(journal, index, work, fault, now).await,
        }
    }

    /// Writes what follows from a page for some tracks, in one transaction, and reads the generations as they are then.
    pub(super) async fn write<J: Storage>(
        &mut self,
        journal: &Partition<J>,
        works: &[(usize, Work)],
        now: Timestamp,
    ) -> Result<(), Fault> {
        let head = journal.head()?;
        let (mut all, mut moves, mut parked) = (Vec::new(), Vec::new(), Vec::new());
        let mut moved = Vec::new();
        for (index, work) in works {
            let Some(track) = self.tracks.get(*index) else { continue };
            all.extend(work.statements(track, |_| true));
            parked.extend(work.parks.iter().map(|(id, parked)| parked.row(track, id)));
            // What the journal lacks is sent again before readers see what is made of it.
            let is_whole = work.through >= head && !self.is_made_up_later(track);
            let is_caught_up = track.place.is_caught_up || is_whole;
            if must_store(track, work, is_caught_up) {
                let check = journal.check(work.through)?.unwrap_or_default();
                moves.push(track.moved(work.through, &check, is_caught_up));
                moved.push((*index, check, is_caught_up));
            }
        }
        all.extend(self.parks(parked));
        if !moves.is_empty() {
            all.push(self.moves(&moves));
        }
        if !all.is_empty() {
            let known = self.run(all).await?;
            for (index, check, is_caught_up) in moved {
                let through = works.iter().find(|(it, _)| *it == index).map(|it| it.1.through);
                if let (Some(track), Some(position)) = (self.tracks.get_mut(index), through) {
                    track.place =
                        Place { turn: track.place.turn + 1, position, check, is_caught_up };
                }
            }
            self.hear(known)?;
        }
        for (index, work) in works {
            let Some(track) = self.tracks.get_mut(*index) else { continue };
            track.parked.extend(work.parks.clone());
            track.passed(work.through, now);
            track.wait.clear();
        }
        Ok(())
    }

    /// Runs statements, and reads the generations as they are then.
    pub(super) async fn run(&self, mut all: Vec<Change>) -> Result<Vec<Found>, Fault> {
        all.push(self.asks());
        Ok(self.database.batch(&all).await?.pop().unwrap_or_default())
    }

    /// The statement that moves checkpoints.
    pub(super) fn moves(&self, moves: &[Value]) -> Change {
        let here = [Value::from(self.category.as_str()), self.partition.into()];
        let moves = Value::from(json!(moves).to_string());
        Change::new(sql!("checkpoint_move"), std::iter::once(moves).chain(here).collect())
    }

    /// The statements that park streams.
    pub(super) fn parks(&self, rows: Vec<Value>) -> Vec<Change> {
        let park = |rows: String| {
            let here = [Value::from(self.category.as_str()), self.partition.into()];
            let params = std::iter::once(Value::from(rows)).chain(here).collect();
            Change::new(sql!("parked_set"), params)
        };
        json_arrays(rows.iter().map(Value::to_string)).into_iter().map(park).collect()
    }

    /// A stream is made up.
    pub(super) fn frees(&self, track: &Track, id: &str) -> Change {
        let key = [track.processor.name().into(), track.generation.into()];
        let here = [self.category.as_str().into(), self.partition.into(), id.into()];
        Change::new(sql!("parked_free"), key.into_iter().chain(here).collect())
    }

    fn asks(&self) -> Change {
        generation::known(&self.processors, &self.category, self.partition)
    }

    /// Hears what others have done. Whatever is not as it is in memory is read again.
    pub(super) fn hear(&mut self, found: Vec<Found>) -> Result<(), Fault> {
        self.known = generation::read_known(found)?;
        let mut is_same = true;
        for track in &mut self.tracks {
            match self.known.iter().find(|known| track.is(known)) {
                Some(known) if known.status == track.status => {
                    track.is_paused = known.is_paused;
                    is_same &= known.place.as_ref().is_some_and(|it| it.turn == track.place.turn);
                }
                _ => is_same = false,
            }
        }
        let living =
            self.known.iter().filter(|known| known.status.lives() && known.place.is_some());
        let is_fed = |known: &Known| self.tracks.iter().any(|track| track.is(known));
        let is_own = |known: &Known| {
            let own = |it: &Processor| it.name() == known.name && it.version() == known.version;
            self.processors.iter().any(own)
        };
        is_same &= living.clone().all(|known| is_fed(known) || !is_own(known));
        self.is_loaded &= is_same;
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

/// True if the checkpoint goes with what is written: where a repeat would do harm, and else every now and then.
fn must_store(track: &Track, work: &Work, is_caught_up: bool) -> bool {
    (!track.is_rows() && !work.pieces.is_empty())
        || !work.parks.is_empty()
        || (is_caught_up && !track.place.is_caught_up)
        || work.through >= track.place.position + STORED_EVERY
}

/// True if the streams that it parks may be parked.
pub(super) fn has_room(track: &Track, work: &Work) -> bool {
    work.parks.is_empty() || track.parked.len() + work.parks.len() <= PARKED
}

/// The fault of a processor that cannot digest so many streams.
pub(super) fn too_many() -> Fault {
    Fault::Defect(format!("more than {PARKED} streams cannot be digested"))
}
