//! What comes within a moment is committed as one transaction. The answer comes when it is safe: the processors have passed
//! it, and the sessions that follow are told; or an alarm is set for what is left to do. So a crash in between is healed by the source,
//! which sends again what has no answer, and no row is written for it.

use std::{rc::Rc, time::Duration};

use edgefold_flow::journal::Appended;
use edgefold_kernel::{Failure, Fault, Rejection};
use futures_channel::oneshot::channel;
use worker::Delay;

use super::object::Object;
use crate::platform::{clock, flag::Done, later::later, stub};

/// Time in which appends are collected for one transaction: each commit by itself costs more than that.
const COLLECTED: Duration = Duration::from_millis(1);

/// Time that an answer waits for the processors. Then an alarm sees to it that they go on.
const SAFE_WITHIN: Duration = Duration::from_secs(1);

/// Milliseconds within which an alarm has to ring that sees to what is left to do: a later one is set for something else, and
/// readers would wait for it.
const ALARM_WITHIN_MS: i64 = 60_000;

/// Bytes of one transaction, at most: what has come beyond that has the next one.
const COMMIT_BYTES: usize = 8 << 20;

impl Object {
    /// Takes the text of an append.
    pub(super) async fn append(self: &Rc<Self>, text: String) -> Result<Appended, Failure> {
        let (sender, answer) = channel();
        self.pending.borrow_mut().push((text, sender));
        if !self.is_committing.replace(true) {
            let object = Rc::clone(self);
            later(&self.state, async move { object.commit().await });
        }
        // Without an answer the commit has ended in a panic.
        let lost = |_| Fault::Unavailable("the journal".into(), "the commit was cut off".into());
        let appended = answer.await.map_err(lost)??;
        if let Appended::Taken { position } = appended {
            self.is_safe(position).await;
        }
        Ok(appended)
    }

    /// Commits until nothing waits any more.
    async fn commit(self: Rc<Self>) {
        let _done = Done(&self.is_committing);
        loop {
            Delay::from(COLLECTED).await;
            let (mut some, mut bytes) = (Vec::new(), 0);
            {
                let mut pending = self.pending.borrow_mut();
                let fits = pending.iter().take_while(|(text, _)| {
                    bytes += text.len();
                    bytes <= COMMIT_BYTES
                });
                let count = fits.count().max(1).min(pending.len());
                some.extend(pending.drain(..count));
            }
            if some.is_empty() {
                return;
            }
            let (texts, senders): (Vec<_>, Vec<_>) = some.into_iter().unzip();
            for (sender, answer) in senders.into_iter().zip(self.partition.append_all(&texts)) {
                // A source that does not wait any more sends it again.
                drop(sender.send(answer));
            }
            self.run();
            self.tell();
        }
    }

    /// Waits until an append is safe.
    async fn is_safe(&self, position: u64) {
        let safe = async {
            while !self.is_safe_now(position) {
                // The other end is told, or gone with the object.
                self.watch().await.unwrap_or(());
            }
            Ok::<(), Fault>(())
        };
        if stub::within(SAFE_WITHIN, "the processors", safe).await.is_err() {
            self.set_alarm_at(clock::now());
            self.tell_watchers();
        }
    }

    fn is_safe_now(&self, position: u64) -> bool {
        let is_done = self.safe.get() >= position && self.follows.is_told(position);
        let soon = clock::now().plus_millis(ALARM_WITHIN_MS);
        is_done || self.alarm_at.get().is_some_and(|at| at <= soon)
    }
}

/// The refusal of an object that is no journal.
pub(super) fn misnamed() -> Failure {
    let said = "the object was not addressed by a category and a partition";
    Rejection::new(edgefold_kernel::Kind::NotFound, "UNKNOWN_JOURNAL", said).into()
}
