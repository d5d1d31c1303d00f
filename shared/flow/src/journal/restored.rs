//! A journal that was restored to an earlier state lacks what came later. An instance that appends something finds that out by itself;
//! one that is silent would not. So the instances that readers see are asked to send again, and the rows that are made anew
//! are shown only after that: no instance falls back, and none is missing.
//!
//! How far this has come is kept in memory. The checkpoint that does not fit stays as it is until the switch, so after a crash it
//! begins again, which changes nothing.

use edgefold_kernel::{Failure, Fault, Id, StreamId, Timestamp};
use futures_util::future::join_all;

use super::{
    database::Database,
    generation::Status,
    rows::quoted,
    runner::{Resent, Runner},
    track::Track,
    work::Sources,
};
use crate::{Change, participant::projection::physical};

/// Instances that are asked at once.
const AT_ONCE: usize = 50;

impl<D: Database, S: Sources> Runner<D, S> {
    /// The generation of the state rows whose instances are still to be asked, and after which one.
    pub(super) fn lacking(&self) -> Option<(u64, String)> {
        let is_it =
            |track: &&Track| track.is_rows() && track.is_lost && track.status == Status::Active;
        let generation = self.tracks.iter().find(is_it)?.generation;
        match self.resent.as_ref().filter(|resent| resent.generation == generation) {
            None => Some((generation, String::new())),
            Some(Resent { after, .. }) => after.clone().map(|after| (generation, after)),
        }
    }

    /// True if the rows of a track are not whole before the instances have sent again.
    pub(super) fn is_made_up_later(&self, track: &Track) -> bool {
        track.is_rows() && self.lacking().is_some()
    }

    /// Asks the next instances.
    pub(super) async fn make_up(&mut self, now: Timestamp) -> Result<(), Fault> {
        let Some((generation, after)) = self.lacking() else { return Ok(()) };
        if self.lack.until(now).is_some() {
            return Ok(());
        }
        let table = quoted(&physical(&self.category, generation));
        let sql = format!("SELECT id FROM {table} WHERE id > ?1 ORDER BY id LIMIT ?2");
        let asked = Change::new(sql, vec![after.into(), AT_ONCE.into()]);
        let found = self.database.batch(&[asked]).await?.pop().unwrap_or_default();
        let ids = found.iter().filter_map(|row| Id::parse(row.get("id")?.as_str()?).ok());
        let ids: Vec<Id> = ids.collect();
        let sources = &self.sources;
        let asking = ids.iter().map(|id| {
            let stream = StreamId::new(self.category.as_str(), id.clone());
            async move { sources.resend(&stream).await }
        });
        for answer in join_all(asking).await {
            match answer {
                Err(Failure::Faulted(fault)) if fault.retryable() => {
                    self.lack.failed(&fault, now);
                    return Ok(());
                }
                // An instance that cannot answer holds up nobody else: its next event says what its journal lacks.
                _ => {}
            }
        }
        self.lack.clear();
        let after = found.last().filter(|_| found.len() == AT_ONCE);
        let after = after.and_then(|row| row.get("id")?.as_str().map(str::to_owned));
        self.resent = Some(Resent { generation, after });
        Ok(())
    }
}
