//! One page, for tracks that are equally far: what follows from it goes in one transaction with their checkpoints.

use edgefold_kernel::{Fault, Timestamp};
use serde_json::{Value, json};

use super::{
    database::{Database, Found},
    failure::{Meaning, meaning},
    generation::{self, Known, Place, Processor},
    partition::Partition,
    runner::Runner,
    storage::Storage,
    track::{PARKED, STORED_EVERY, Track},
    work::{Sources, Work, prepare},
};
use crate::{Change, append::storage::json_arrays};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/d1/query/", $name, ".sql"))
    };
}

/// Events of a page, at most …
const PAGE_EVENTS: usize = 1_000;

/// … and bytes of their data: with the rows after them they stay far below what a batch takes.
const PAGE_BYTES: usize = 1 << 20;

/// Statements of one batch, at most (platform: 1,000 in an invocation).
const BATCH: usize = 700;

impl<D: Database, S: Sources> Runner<D, S> {
    /// Takes tracks that are equally far one page further.
    pub(super) async fn advance<J: Storage>(
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
    pub(super) async fn blame<J: Storage>(
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

    pub(super) fn asks(&self) -> Change {
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
