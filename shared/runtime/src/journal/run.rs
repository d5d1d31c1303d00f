//! The runner runs whenever something was appended, and when the alarm rings. An alarm is set only for what is left to do later.

use std::{panic::AssertUnwindSafe, rc::Rc};

use edgefold_flow::journal::Round;
use edgefold_kernel::limits;
use futures_util::future::FutureExt;
use worker::console_error;

use super::object::Object;
use crate::platform::{clock, flag::Done, later::later};

/// Rounds of one run, at most: each takes a call of the database or a few, and the platform allows 1,000 in an invocation. The
/// alarm goes on from there, at once.
const ROUNDS: usize = 100;

/// Milliseconds until the next look after a panic.
const AFTER_PANIC_MS: i64 = 5_000;

impl Object {
    /// Runs the processors until they have nothing left to do at once.
    pub(super) fn run(self: &Rc<Self>) {
        self.runs_again.set(true);
        if self.is_running.replace(true) {
            return;
        }
        let object = Rc::clone(self);
        later(&self.state, async move { object.run_on().await });
    }

    /// The same for the alarm, which waits for it.
    async fn run_on(self: &Rc<Self>) {
        let _done = Done(&self.is_running);
        let all = AssertUnwindSafe(self.rounds());
        if all.catch_unwind().await.is_err() {
            console_error!("a panic in a round");
            self.set_alarm_at(clock::now().plus_millis(AFTER_PANIC_MS));
        }
        self.tell_watchers();
    }

    async fn rounds(&self) {
        for _ in 0..ROUNDS {
            self.runs_again.set(false);
            let round = self
                .with_runner(async |runner| {
                    let round = runner.round(&self.partition, clock::now()).await;
                    // Nothing is awaited between the decision and this look.
                    (round, self.partition.head().unwrap_or_default())
                })
                .await;
            match round {
                (Round::More, _) => {}
                (Round::Idle, head) => self.safe.set(head),
                (Round::Later(at), head) => {
                    self.set_alarm_at(at);
                    self.safe.set(head);
                }
            }
            self.tell_watchers();
            if round.0 != Round::More && !self.runs_again.get() {
                return;
            }
        }
        self.set_alarm_at(clock::now());
    }

    /// Tells the sessions that follow. One that is slow to answer holds up none of the others: what comes meanwhile is told by a
    /// call of its own.
    pub(super) fn tell(self: &Rc<Self>) {
        if self.follows.is_empty() {
            return;
        }
        let object = Rc::clone(self);
        later(&self.state, async move {
            let (follows, partition) = (Rc::clone(&object.follows), Rc::clone(&object.partition));
            let is_told = follows.tell(partition).await;
            object.told(is_told);
        });
    }

    fn told(&self, is_told: bool) {
        if !is_told {
            self.set_alarm_at(clock::now().plus_millis(limits::TELL_AGAIN_MS));
        }
        self.tell_watchers();
    }

    /// The alarm rings.
    pub(super) async fn ring(self: &Rc<Self>) {
        self.alarm_at.set(None);
        if self.place.is_none() {
            return console_error!("a journal that does not know its name does nothing");
        }
        if !self.is_running.replace(true) {
            self.run_on().await;
        }
        let (follows, partition) = (Rc::clone(&self.follows), Rc::clone(&self.partition));
        let is_told = follows.again(partition).await;
        self.told(is_told);
    }
}
