//! What an administrator does about a processor.

use edgefold_kernel::{Failure, Fault, Kind, Rejection, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    database::Database,
    failure::{Meaning, meaning},
    generation::{self, Known, Status},
    partition::Partition,
    runner::Runner,
    storage::Storage,
    track::Wait,
    work::Sources,
};
use crate::door::json;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Order {
    /// Makes the rows again, beside those that readers see.
    Rebuild,
    /// Stops the rebuild or, where there is none, the processor itself.
    Pause,
    /// Lets go on what is stopped.
    Resume,
    /// Ends the rebuild. Readers keep the rows that they see.
    Cancel,
    /// Tries the parked streams now, and whatever waits after a failure.
    Retry,
}

impl Order {
    /// The order of this name, as it stands in a path.
    pub fn named(name: &str) -> Option<Self> {
        json::of(&name.into()).ok()
    }
}

impl<D: Database, S: Sources> Runner<D, S> {
    /// Carries out an order. What concerns all partitions is carried out by any of them, and told to the others; a
    /// retry concerns this one alone.
    ///
    /// # Errors
    /// `UNKNOWN_PROJECTION`, `REBUILD_RUNS`, `NO_REBUILD`, `NOT_BEGUN`; a fault when the database cannot be asked.
    pub async fn order<J: Storage>(
        &mut self,
        journal: &Partition<J>,
        name: &str,
        order: Order,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let found = self.processors.iter().find(|processor| processor.name() == name);
        let processor = *found.ok_or_else(|| unknown(name))?;
        self.wake();
        self.load(journal, now).await?;
        let living = |status: Status| {
            let is_it = move |known: &&Known| known.name == name && known.status == status;
            self.known.iter().find(is_it)
        };
        let (building, active) = (living(Status::Building), living(Status::Active));
        let done = match order {
            Order::Rebuild if building.is_some() => {
                let said = format!("{name} is being made again; cancel that first");
                return Err(Rejection::new(Kind::Conflict, "REBUILD_RUNS", said).into());
            }
            Order::Rebuild => self.begin_one(&processor, now).await,
            Order::Pause => {
                let Some(one) = building.or(active) else { return Err(not_begun(name).into()) };
                self.database.batch(&generation::pause(one, true)).await.map(drop)
            }
            Order::Resume => {
                let paused = [building, active].into_iter().flatten().filter(|it| it.is_paused);
                let all: Vec<_> = paused.flat_map(|one| generation::pause(one, false)).collect();
                match all.is_empty() {
                    true => Ok(()),
                    false => self.database.batch(&all).await.map(drop),
                }
            }
            Order::Cancel => {
                let Some(one) = building else {
                    let said = format!("{name} is not being made again");
                    return Err(Rejection::new(Kind::Conflict, "NO_REBUILD", said).into());
                };
                self.database.batch(&generation::cancel(one)).await.map(drop)
            }
            Order::Retry => {
                self.stuck.values_mut().for_each(Wait::end);
                let of_it = self.tracks.iter_mut().filter(|it| it.processor.name() == name);
                of_it.flat_map(|it| it.parked.values_mut()).for_each(|it| it.is_forced = true);
                return Ok(());
            }
        };
        self.wake();
        done.map_err(|fault| match meaning(&fault) {
            Meaning::Overtaken => {
                Fault::Unavailable("the processor".into(), "somebody else was faster".into())
            }
            _ => fault,
        })?;
        if order != Order::Rebuild {
            self.wake_others(&processor).await;
        }
        Ok(())
    }
}

/// The refusal of a name that no processor has.
pub fn unknown(name: &str) -> Rejection {
    let said = format!("there is no projection {name:?}");
    Rejection::new(Kind::NotFound, "UNKNOWN_PROJECTION", said)
}

fn not_begun(name: &str) -> Rejection {
    Rejection::new(Kind::Conflict, "NOT_BEGUN", format!("{name} has no rows yet"))
}
