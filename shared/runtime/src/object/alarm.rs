//! The alarm of an object rings. There is one alarm per object, so it serves everything that waits for time to pass: the
//! deadlines of the process, letters that have not been confirmed, outcomes that expire, and tokens of open sockets that do.
//!
//! It never fails for a business reason: the platform gives an alarm up after six retries, and we must not.

use std::rc::Rc;

use edgefold_flow::{
    Accepted, Participant,
    door::Asker,
    publish::{Batch, again_within, overdue_since},
};
use edgefold_kernel::{Failure, Fault, Timestamp, limits};
use worker::{
    BatchMessageBuilder, Env, QueueContentType, RawMessageBuilder, console_error,
    js_sys::{Date, Math, Object as JsObject},
    wasm_bindgen::JsValue,
};

use super::instance::Object;
use crate::platform::{bindings, clock, flag::Done};

/// Longest pause between two repeats, in milliseconds (1 h). The pause grows to this with the age of the overdue
/// events: a destination that is broken for a day is asked a few dozen times, not thousands.
const SEND_AGAIN_AT_MOST_MS: i64 = 60 * 60 * 1000;

/// Batches that are sent again in one go, at most: 1,000 letters, so that a queue that lags behind is not flooded.
const SEND_AGAIN_BATCHES: usize = 10;

/// Outcomes that expire are deleted together, at most this often, in milliseconds (1 h). The objects are spread over as
/// long after midnight: their days end at the same instant.
const PRUNE_EVERY_MS: i64 = 60 * 60 * 1000;

/// Milliseconds until the next look after a deadline that could not be met.
const TRY_AGAIN_MS: i64 = 5_000;

/// Most deadlines that are met in one go; the others follow [`TRY_AGAIN_MS`] later.
const DEADLINES: usize = 1_000;

/// Milliseconds until the next look at a stream that cannot be read (1 min). It takes another release to mend that: a
/// look a minute costs next to nothing until then, and deadlines and repeats go on within a minute after it.
const UNREADABLE_AGAIN_MS: i64 = 60_000;

impl<A: Participant> Object<A> {
    /// Sets the alarm for the next due instant, unless it rings earlier anyway. It runs in the same turn as the commit
    /// before it, so both become durable together.
    pub(crate) fn set_alarm(&self) {
        self.set_alarm_with(self.send_again_ms);
    }

    /// `pause`: milliseconds until unconfirmed events are sent again.
    fn set_alarm_with(&self, pause: i64) {
        match self.next_alarm(pause) {
            Ok(Some(at)) => self.set_alarm_at(at),
            Ok(None) => {}
            // Without an alarm the object would sleep until its outcomes expire, however readable it becomes before.
            Err(fault) => {
                console_error!("{fault}");
                self.set_alarm_at(clock::now().plus_millis(UNREADABLE_AGAIN_MS));
            }
        }
    }

    /// Sets the alarm after a command that decided nothing, or an errand that was refused: its outcome was stored and
    /// has to be deleted some day, and no event sets the alarm for that. An alarm that is set already does it.
    pub(crate) fn set_alarm_for_outcome(&self, result: &Result<Accepted, Failure>, by: &Asker) {
        let bare = match result {
            Ok(accepted) => accepted.events.is_empty() && !accepted.duplicate,
            Err(Failure::Rejected(_)) => {
                *by == Asker::System && self.instance.head().is_ok_and(|head| head.version > 0)
            }
            Err(Failure::Faulted(_)) => false,
        };
        if bare && self.alarm_at.get().is_none() {
            self.set_alarm();
            self.set_alarm_at(clock::now().plus_millis(PRUNE_EVERY_MS));
        }
    }

    pub(crate) fn set_alarm_at(&self, at: Timestamp) {
        if self.alarm_at.get().is_some_and(|set| set <= at) {
            return;
        }
        let date = Date::new(&JsValue::from_f64(at.millis() as f64));
        match self.state.storage().as_raw().set_alarm(date, JsObject::new()) {
            // The promise only says that the output gate opened: nothing waits for it.
            Ok(_) => {
                self.alarm_at.set(Some(at));
                self.alarms_set.set(self.alarms_set.get() + 1);
            }
            Err(error) => console_error!("the alarm cannot be set: {error:?}"),
        }
    }

    /// Lets the alarm ring at this instant at the latest. After an eviction only the platform knows the instant of the
    /// alarm, and an earlier alarm must not be lost.
    pub(crate) async fn bring_alarm_forward(&self, at: Timestamp) {
        if self.alarm_at.get().is_none() {
            let set = self.state.storage().get_alarm().await;
            let set = set.unwrap_or_else(|error| {
                console_error!("the alarm cannot be read: {error}");
                None
            });
            // An alarm in the past is ringing, or has just rung: its handler sets the next one.
            let set = set.map(Timestamp::from_millis).filter(|set| *set > clock::now());
            if self.alarm_at.get().is_none() {
                self.alarm_at.set(set);
            }
        }
        self.set_alarm_at(at);
    }

    fn next_alarm(&self, pause: i64) -> Result<Option<Timestamp>, Fault> {
        let (head, now) = (self.instance.head()?, clock::now());
        let pause = again_within(pause, self.instance.deadline()?, now);
        let again = (head.confirmed < head.version).then(|| now.plus_millis(pause));
        let next = [again, self.instance.deadline()?, self.expiry.get()];
        Ok(next.into_iter().flatten().min())
    }

    /// Meets passed deadlines, sends unconfirmed events again, and sets the next alarm.
    pub(crate) async fn ring(self: Rc<Self>) {
        self.alarm_at.set(None);
        self.expire_sockets();
        self.refresh_all().await;
        for _ in 0..DEADLINES {
            match self.instance.pass_deadline(&clock::stamp(&Asker::System)) {
                Ok(true) => {}
                Ok(false) => break,
                Err(failure) => {
                    console_error!("a deadline was not met: {failure}");
                    break;
                }
            }
        }
        let overdue = |at: Option<Timestamp>| at.is_some_and(|at| at <= clock::now());
        let retry = self.instance.deadline().is_ok_and(overdue);
        self.broadcast(&self.instance.take_appended());
        self.tell_followers();
        self.publish().await;
        let pause = self.send_again().await;
        self.prune();
        if retry {
            self.set_alarm_at(clock::now().plus_millis(TRY_AGAIN_MS));
        } else {
            self.set_alarm_with(pause);
        }
    }

    /// Deletes expired outcomes once the time has come, and lets the alarm ring for those that are left. Outcomes that
    /// are stored meanwhile expire later than these.
    fn prune(&self) {
        let now = clock::now();
        if self.prune_at.get().is_none_or(|at| at <= now) {
            let spread = (Math::random() * PRUNE_EVERY_MS as f64) as i64;
            let later = |day_ends: Timestamp| {
                day_ends.plus_millis(spread).max(now.plus_millis(PRUNE_EVERY_MS))
            };
            match self.instance.prune(now) {
                Ok(next) => self.prune_at.set(next.map(later)),
                Err(fault) => {
                    console_error!("{fault}");
                    self.prune_at.set(Some(now.plus_millis(PRUNE_EVERY_MS)));
                }
            }
        }
        if let Some(at) = self.prune_at.get() {
            self.set_alarm_at(at);
        }
    }

    /// After a panic: the alarm must not fail, and must not be the last one.
    pub(crate) fn ring_again(&self) {
        console_error!("a panic while the alarm rang: again in {UNREADABLE_AGAIN_MS} ms");
        self.set_alarm_at(clock::now().plus_millis(UNREADABLE_AGAIN_MS));
    }

    /// Hands letters to the queue until there are none left. The alarm sends failed ones again.
    pub(crate) async fn publish(&self) {
        if self.publishing.replace(true) {
            return;
        }
        let _done = Done(&self.publishing);
        loop {
            match self.instance.outbox() {
                Ok(batch) if batch.through == 0 => return,
                Ok(batch) => {
                    if !self.send(&batch).await {
                        return;
                    }
                    if let Err(fault) = self.instance.published(batch.through) {
                        return console_error!("{fault}");
                    }
                }
                Err(fault) => return console_error!("cannot publish: {fault}"),
            }
        }
    }

    /// Sends the overdue events again. Returns the pause until the next time, in milliseconds: half the age of the
    /// oldest of them, so that it doubles each time and needs no memory, and a little at random, so that objects that
    /// failed together do not come back together.
    async fn send_again(&self) -> i64 {
        let now = clock::now();
        let deadline = self.instance.deadline().unwrap_or_default();
        let decided_by = overdue_since(self.send_again_ms, deadline, now);
        let mut oldest = None;
        let mut after = 0;
        for _ in 0..SEND_AGAIN_BATCHES {
            let batch = match self.instance.overdue(after, decided_by) {
                Ok(batch) => batch,
                Err(fault) => {
                    console_error!("cannot send again: {fault}");
                    break;
                }
            };
            oldest = oldest.or(batch.oldest);
            if batch.through == 0 || !self.send(&batch).await {
                let age = oldest.map_or(0, |oldest: Timestamp| now.millis() - oldest.millis());
                let pause = (age / 2).max(self.send_again_ms).min(SEND_AGAIN_AT_MOST_MS);
                return pause + (Math::random() * pause as f64 / 10.0) as i64;
            }
            after = batch.through;
        }
        // There is more: its pause does not grow with the age of the events before it.
        self.send_again_ms
    }

    /// Hands one batch to the queue. Returns true if the queue took it.
    async fn send(&self, batch: &Batch) -> bool {
        if batch.texts.is_empty() {
            return true;
        }
        let letters = batch.texts.iter().map(|text| {
            RawMessageBuilder::new(JsValue::from_str(text))
                .build_with_content_type(QueueContentType::Text)
        });
        let letters = BatchMessageBuilder::new().messages(letters).build();
        let sent = match self.env.queue(bindings::BUS) {
            Ok(queue) => queue.send_raw_batch(letters).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &sent {
            console_error!("the queue did not take {} letters: {error}", batch.texts.len());
        }
        sent.is_ok()
    }
}

/// Milliseconds that an event may take to reach all its destinations before it is sent again.
pub(crate) fn send_again_ms(env: &Env) -> i64 {
    let set = env.var("SEND_AGAIN_SECONDS").ok();
    let set = set.and_then(|value| value.to_string().parse::<i64>().ok());
    let within = set.filter(|seconds| (1..=SEND_AGAIN_AT_MOST_MS / 1_000).contains(seconds));
    within.map_or(limits::SEND_AGAIN_MS, |seconds| seconds * 1_000)
}
