//! How far a processor is, and what it is told to do.

use std::{rc::Rc, time::Duration};

use edgefold_flow::{
    contract::{CausedWanted, OrderGiven, PlaceWanted, Shown, ShownAnswer},
    journal::{Place, order::Order, status::TrackStatus},
};
use edgefold_kernel::{Envelope, Failure, Fault, limits};

use super::object::Object;
use crate::platform::{clock, later::later, stub};

/// Time that the first round may take before a question is answered without it.
const FIRST_ROUND: Duration = Duration::from_secs(2);

impl Object {
    /// Waits until a look at the board says so, and no longer than this.
    async fn until(&self, within: Duration, is_so: impl Fn() -> bool) -> bool {
        let waits = async {
            while !is_so() {
                // The other end is told, or gone with the object.
                self.watch().await.unwrap_or(());
            }
            Ok::<(), Fault>(())
        };
        stub::within(within, "the processors", waits).await.is_ok()
    }

    /// Position that a processor has passed; none where readers see no rows of it.
    fn passed(&self, name: &str) -> Option<u64> {
        self.board.borrow().as_ref().and_then(|board| board.passed(name))
    }

    /// Has a processor passed an event? The answer comes as soon as it has.
    pub(super) async fn shown(self: &Rc<Self>, asked: &Shown) -> Result<ShownAnswer, Failure> {
        let Shown { name, id, link, within_ms } = asked;
        let within = Duration::from_millis((*within_ms).min(limits::READ_YOUR_WRITES_MS));
        let Some(position) = self.partition.place(id, link)? else {
            return Ok(ShownAnswer::default());
        };
        let has_passed = || self.passed(name).is_some_and(|at| at >= position);
        if !has_passed() {
            self.run();
        }
        let is_passed = self.until(within, has_passed).await;
        let board = self.board.borrow();
        let is_parked = board.as_ref().is_some_and(|board| board.is_parked(name, id));
        Ok(ShownAnswer { is_passed: is_passed && !is_parked })
    }

    /// The place that a processor has passed; the beginning where that is not known: whoever begins there misses nothing.
    pub(super) async fn passed_place(
        self: &Rc<Self>,
        PlaceWanted { name }: &PlaceWanted,
    ) -> Result<Place, Failure> {
        if self.board.borrow().is_none() {
            self.run();
            self.until(FIRST_ROUND, || self.board.borrow().is_some()).await;
        }
        let position = self.passed(name).unwrap_or_default();
        let check = self.partition.check(position)?;
        Ok(check.map_or(Place::START, |check| Place { position, check }))
    }

    /// The events of a correlation.
    pub(super) fn caused(&self, asked: &CausedWanted) -> Result<Vec<Envelope>, Failure> {
        let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
        let found = self.partition.caused(&asked.correlation, limit)?;
        Ok(found.into_iter().map(|item| item.event.as_ref().clone()).collect())
    }

    /// Looks what there is to do, and tries again whatever waits after a failure.
    ///
    /// The caller does not wait for it: partitions wake each other in their rounds, and two that waited for each other's would
    /// wait in vain.
    pub(super) fn wake(self: &Rc<Self>) {
        let object = Rc::clone(self);
        later(&self.state, async move {
            object.with_runner(async |runner| runner.wake()).await;
            object.run();
        });
    }

    /// How the processors are.
    pub(super) async fn status(self: &Rc<Self>) -> Result<Vec<TrackStatus>, Failure> {
        if self.board.borrow().is_none() {
            self.run();
            self.until(FIRST_ROUND, || self.board.borrow().is_some()).await;
        }
        let now = clock::now();
        Ok(self.with_runner(async |runner| runner.status(&self.partition, now)).await?)
    }

    /// Carries out an order of an administrator.
    pub(super) async fn order(self: &Rc<Self>, given: &OrderGiven) -> Result<(), Failure> {
        let OrderGiven { name, order } = given;
        let now = clock::now();
        let done = self
            .with_runner(async |runner| runner.order(&self.partition, name, *order, now).await)
            .await;
        if done.is_ok() && *order == Order::Retry {
            // Nothing else sees to it when this object ends now.
            self.set_alarm_at(now);
        }
        self.run();
        done
    }
}
