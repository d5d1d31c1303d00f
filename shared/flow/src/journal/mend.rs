//! What a processor cannot digest is found, parked, and tried again: one stream waits, and everything else goes on.
//!
//! To find it, parts of a page are rehearsed: written in a transaction that always fails at its end. So nothing is applied before
//! it is known what can be, and all that can be goes in one transaction with the checkpoint.

use std::collections::BTreeSet;

use edgefold_kernel::{Fault, Id, Timestamp};

use super::{
    database::Database,
    failure::{Meaning, meaning},
    generation::Place,
    partition::{Item, Partition},
    runner::Runner,
    step::{has_room, too_many},
    storage::Storage,
    track::{Parked, Track},
    work::{Sources, Work, prepare},
};
use crate::Change;

/// Rehearsals that fail, at most. One bad stream among `n` takes log₂ n of them; where everything is bad, it is the processor that
/// is broken.
const FAILURES: usize = 24;

/// Events of a parked stream that are tried at once.
const TRIED: usize = 100;

/// Events among which they are looked for, in one go.
const SCANNED: usize = 5_000;

/// The end of a rehearsal.
const REHEARSED: &str = include_str!("../../../../schema/sql/d1/query/rehearsed.sql");

impl<D: Database, S: Sources> Runner<D, S> {
    /// Finds the streams of a page that a track cannot digest, parks them, and writes the rest.
    pub(super) async fn isolate<J: Storage>(
        &mut self,
        journal: &Partition<J>,
        index: usize,
        mut work: Work,
        fault: &Fault,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let found = self.bad(index, &work, fault).await;
        let Some(track) = self.tracks.get_mut(index) else { return Ok(()) };
        let bad = match found {
            Ok(bad) if !bad.is_empty() => bad,
            // Each part alone is good, or there is none.
            Ok(_) => {
                track.wait.failed(fault, now);
                return Ok(());
            }
            Err(fault) if fault.retryable() => return Err(fault),
            Err(fault) => {
                track.wait.failed(&fault, now);
                return Ok(());
            }
        };
        for (id, fault) in bad {
            let before = work.pieces.len();
            work.pieces.retain(|(other, _)| *other != id);
            let mut parked = Parked::new(track.position, &fault, now);
            // What stands before the bad event is made up at once.
            parked.is_forced = !track.is_rows() && before > work.pieces.len() + 1;
            work.parks.insert(id, parked);
        }
        if !has_room(track, &work) {
            track.wait.failed(&too_many(), now);
            return Ok(());
        }
        match self.write(journal, &[(index, work)], now).await {
            Err(fault) if !matches!(meaning(&fault), Meaning::Away | Meaning::Overtaken) => {
                let track = self.tracks.get_mut(index);
                track.into_iter().for_each(|track| track.wait.failed(&fault, now));
                Ok(())
            }
            done => done,
        }
    }

    /// The streams that cannot be digested, each with its fault.
    async fn bad(
        &self,
        index: usize,
        work: &Work,
        fault: &Fault,
    ) -> Result<Vec<(Id, Fault)>, Fault> {
        let Some(track) = self.tracks.get(index) else { return Ok(Vec::new()) };
        let all: Vec<Id> = work.streams().into_iter().collect();
        let mut bad = Vec::new();
        if let [one] = all.as_slice() {
            bad.push((one.clone(), fault.clone()));
            return Ok(bad);
        }
        let (mut left, mut failures) = (halves(all), 0);
        while let Some(part) = left.pop() {
            let wanted: BTreeSet<&Id> = part.iter().collect();
            let mut statements = work.statements(track, |id| wanted.contains(id));
            statements.push(Change::new(REHEARSED, vec![]));
            let Err(fault) = self.database.batch(&statements).await else {
                return Err(Fault::Defect("a rehearsal has changed something".into()));
            };
            match meaning(&fault) {
                Meaning::Rehearsed => continue,
                Meaning::Poison => {}
                _ => return Err(fault),
            }
            failures += 1;
            if failures > FAILURES {
                return Err(Fault::Defect(format!("too much fails, such as: {fault}")));
            }
            match part.as_slice() {
                [one] => bad.push((one.clone(), fault)),
                _ => left.extend(halves(part)),
            }
        }
        Ok(bad)
    }

    /// Tries some of the parked streams whose time has come.
    pub(super) async fn retry<J: Storage>(
        &mut self,
        journal: &Partition<J>,
        now: Timestamp,
        most: usize,
    ) -> Result<(), Fault> {
        let mut due = Vec::new();
        for (index, track) in self.tracks.iter().enumerate().filter(|(_, track)| track.runs(now)) {
            let ripe = track
                .parked
                .iter()
                .filter(|(_, parked)| parked.is_due(now) && parked.position <= track.position);
            due.extend(ripe.map(|(id, parked)| (!parked.is_forced, index, id.clone())));
        }
        due.sort();
        for (_, index, id) in due.into_iter().take(most) {
            self.retry_one(journal, index, &id, now).await?;
        }
        Ok(())
    }

    /// Tries what waits of a stream, in order, up to the first event that cannot be digested.
    async fn retry_one<J: Storage>(
        &mut self,
        journal: &Partition<J>,
        index: usize,
        id: &Id,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let Some(track) = self.tracks.get(index) else { return Ok(()) };
        let Some(parked) = track.parked.get(id).cloned() else { return Ok(()) };
        let (items, through) = waiting(journal, id, parked.position, track.position)?;
        let mut tried = items.len();
        loop {
            let (some, all) = (items.get(..tried).unwrap_or_default(), tried == items.len());
            let Some(track) = self.tracks.get_mut(index) else { return Ok(()) };
            track.parked.remove(id);
            let prepared = prepare(track, some, &self.sources, now).await;
            let Some(track) = self.tracks.get_mut(index) else { return Ok(()) };
            track.parked.insert(id.clone(), parked.clone());
            let work = match prepared {
                Ok(work) => work,
                Err(fault) => {
                    track.wait.failed(&fault, now);
                    return Ok(());
                }
            };
            let ended = some.last().is_none_or(|last| work.through >= last.position);
            let left = match (work.parks.get(id), all && ended) {
                (Some(bad), _) => {
                    let failed = parked.failed(
                        bad.position.max(parked.position),
                        &Fault::Defect(String::new()),
                        now,
                    );
                    let (code, reason) = (bad.code.clone(), bad.reason.clone());
                    Some(Parked { code, reason, ..failed })
                }
                (None, true) if through >= track.position => None,
                (None, true) => {
                    Some(Parked { position: through, is_forced: true, ..parked.clone() })
                }
                (None, false) => {
                    let position = work.through;
                    Some(Parked { position, is_forced: true, ..parked.clone() })
                }
            };
            let Err(fault) = self.keep(journal, index, id, &work, left).await else {
                return Ok(());
            };
            match meaning(&fault) {
                Meaning::Away | Meaning::Overtaken => return Err(fault),
                _ if tried > 1 && !self.tracks.get(index).is_some_and(Track::is_rows) => tried /= 2,
                _ => {
                    let before = some.first().map_or(parked.position, |first| first.position - 1);
                    let failed = parked.failed(before.max(parked.position), &fault, now);
                    return self.keep(journal, index, id, &Work::default(), Some(failed)).await;
                }
            }
        }
    }

    /// Writes what follows from events of a parked stream, and what is still parked of it. The checkpoint goes with it: another runner
    /// that takes the stream for parked, or for free, is told.
    async fn keep<J: Storage>(
        &mut self,
        journal: &Partition<J>,
        index: usize,
        id: &Id,
        work: &Work,
        left: Option<Parked>,
    ) -> Result<(), Fault> {
        let Some(track) = self.tracks.get(index) else { return Ok(()) };
        let check = journal.check(track.position)?.unwrap_or_default();
        let (position, is_caught_up) = (track.position, track.place.is_caught_up);
        let moves = self.moves(&[track.moved(position, &check, is_caught_up)]);
        let mut all = work.statements(track, |_| true);
        match &left {
            Some(parked) => all.extend(self.parks(vec![parked.row(track, id)])),
            None => all.push(self.frees(track, id.as_str())),
        }
        all.push(moves);
        let known = self.run(all).await?;
        if let Some(track) = self.tracks.get_mut(index) {
            let turn = track.place.turn + 1;
            track.place = Place { turn, position, check, is_caught_up };
            match left {
                Some(parked) => drop(track.parked.insert(id.clone(), parked)),
                None => drop(track.parked.remove(id)),
            }
        }
        self.hear(known)
    }
}

/// The events of a stream between two positions, the first ones; and the position up to which these are all.
fn waiting<J: Storage>(
    journal: &Partition<J>,
    id: &Id,
    after: u64,
    through: u64,
) -> Result<(Vec<Item>, u64), Fault> {
    let (mut found, mut at, mut scanned) = (Vec::new(), after, 0);
    while at < through && scanned < SCANNED {
        let page = journal.page(at, 1_000, 1 << 20)?;
        let Some(last) = page.last() else { break };
        at = last.position.min(through);
        scanned += page.len();
        for item in page.into_iter().filter(|item| item.position <= through) {
            if item.event.stream.aggregate_id != *id {
                continue;
            }
            if found.len() == TRIED {
                return Ok((found, item.position - 1));
            }
            found.push(item);
        }
    }
    Ok((found, at))
}

fn halves<T>(mut all: Vec<T>) -> Vec<Vec<T>> {
    let rest = all.split_off(all.len().div_ceil(2));
    [all, rest].into_iter().filter(|part| !part.is_empty()).collect()
}
