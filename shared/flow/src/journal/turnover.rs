//! A generation begins, and another one ends: a runner does it for all partitions, and tells them.

use edgefold_kernel::{Fault, Timestamp};

use super::{
    database::Database,
    failure::{Meaning, meaning},
    generation::{self, Known, Processor, Status},
    runner::{LOOK_AGAIN_MS, Runner},
    track::Track,
    work::Sources,
};

impl<D: Database, S: Sources> Runner<D, S> {
    /// Begins what this code knows and nobody has begun yet, or what the journal cannot go on with. Returns true if it has.
    pub(super) async fn begin(&mut self, now: Timestamp) -> Result<bool, Fault> {
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
    pub(super) async fn switch(&mut self, now: Timestamp) -> Result<bool, Fault> {
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
    pub(super) fn reminds(&self, now: Timestamp) -> bool {
        let is_told = |at: Timestamp| at.plus_millis(LOOK_AGAIN_MS) > now;
        !self.told_at.is_some_and(is_told) && self.tracks.iter().any(|track| self.waits(track))
    }

    pub(super) fn waits(&self, track: &Track) -> bool {
        let is_behind = |known: &Known| track.is(known) && known.behind > 0;
        let has_done = track.status == Status::Building && track.place.is_caught_up;
        has_done && self.known.iter().any(is_behind)
    }

    pub(super) async fn remind(&mut self, now: Timestamp) {
        self.told_at = Some(now);
        for track in self.tracks.iter().filter(|track| self.waits(track)) {
            self.wake_others(&track.processor).await;
        }
    }

    pub(super) fn is_stuck(&self, processor: &Processor, now: Timestamp) -> bool {
        self.stuck.get(processor.name()).is_some_and(|wait| wait.until(now).is_some())
    }

    /// What becomes of a processor whose tables were to be changed. A fault of its own holds up nobody else.
    pub(super) fn settle(
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
    pub(super) fn places(&self, processor: &Processor) -> Vec<(String, u16)> {
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
}
