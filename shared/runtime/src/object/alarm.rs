//! The alarm of an object rings. There is one alarm per object, so it serves everything that waits for time to pass: the
//! deadlines of the process, messages that nobody answered for, holds, outcomes that expire, and tokens of open sockets that do.
//!
//! [`Instance::next_due`](edgefold_flow::Instance::next_due) says what is due next, from what is stored, and one setter sets
//! the alarm: never later than it is set already. It never fails for a business reason: the platform gives an alarm up after
//! six retries, and we must not.

use std::rc::Rc;

use edgefold_flow::{door::Asker, publish::Outgoing};
use edgefold_kernel::{Timestamp, limits};
use futures_util::future::join;
use worker::{
    BatchMessageBuilder, Env, QueueContentType, RawMessageBuilder, console_error,
    js_sys::{Date, Object as JsObject},
    wasm_bindgen::JsValue,
};

use super::instance::Object;
use crate::platform::{bindings, clock, flag::Done};

/// Messages in one call of the queue's `sendBatch` (platform: 100).
const BATCH_MESSAGES: usize = 100;

/// Bytes in one call of the queue's `sendBatch` (platform: 256 KB, with about 100 bytes of its own for each message).
const BATCH_BYTES: usize = 240_000;

/// Milliseconds until the next look at something that could not be done, or was too much for one go.
const TRY_AGAIN_MS: i64 = 5_000;

/// Most deadlines that are met in one go; the others follow [`TRY_AGAIN_MS`] later.
const DEADLINES: usize = 1_000;

/// Milliseconds until the next look at a stream that cannot be read (1 min). It takes another release to mend that: a
/// look a minute costs next to nothing until then, and deadlines and repeats go on within a minute after it.
const UNREADABLE_AGAIN_MS: i64 = 60_000;

impl Object {
    /// Learns from the platform when the alarm rings, once after the object was loaded: an alarm that is set must not be moved
    /// to a later instant.
    pub(super) async fn wake(self: &Rc<Self>) {
        if self.is_awake.get() {
            return;
        }
        let found = self.state.storage().get_alarm().await;
        if self.is_awake.replace(true) {
            return;
        }
        let is_unset = matches!(found, Ok(None));
        let set = found.unwrap_or_else(|error| {
            console_error!("the alarm cannot be read: {error}");
            None
        });
        // An alarm in the past is ringing, or has just rung: its handler sets the next one.
        let set = set.map(Timestamp::from_millis).filter(|set| *set > clock::now());
        let wanted = self.alarm_at.replace(set);
        wanted.into_iter().for_each(|at| self.set_alarm_at(at));
        if is_unset {
            self.nothing_waits();
        }
    }

    /// No alarm is set: what the stored cursors do not know of has arrived. Otherwise the alarm was lost, and is set again.
    fn nothing_waits(self: &Rc<Self>) {
        if let Err(fault) = self.instance.nothing_waits(self.send_again_ms, clock::now()) {
            return console_error!("{fault}");
        }
        self.keep_cursors();
        self.set_alarm();
    }

    /// Sets the alarm for what is due next. It runs in the same turn as the commit before it, so both become durable together.
    pub(crate) fn set_alarm(&self) {
        let now = clock::now();
        match self.instance.next_due(self.send_again_ms, now) {
            Ok(due) => {
                let due = due.into_iter().chain(self.expiry.get()).min();
                due.into_iter().for_each(|at| self.set_alarm_at(at));
            }
            // Without an alarm the object would sleep, however readable it becomes.
            Err(fault) => {
                console_error!("{fault}");
                self.set_alarm_at(now.plus_millis(UNREADABLE_AGAIN_MS));
            }
        }
    }

    /// The one setter.
    pub(crate) fn set_alarm_at(&self, at: Timestamp) {
        if self.alarm_at.get().is_some_and(|set| set <= at) {
            return;
        }
        if !self.is_awake.get() {
            // Whoever was about to call this object wakes it first.
            return self.alarm_at.set(Some(at));
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

    /// Meets passed deadlines, sends again what nobody answered for, tries what is held back, and sets the next alarm.
    pub(crate) async fn ring(self: Rc<Self>) {
        self.alarm_at.set(None);
        self.is_awake.set(true);
        if self.misnamed {
            // It does not know whose stream this is. A call by its name wakes it with one.
            console_error!("an object that does not know its name sets its alarm anew");
            return self.set_alarm_at(clock::now().plus_millis(UNREADABLE_AGAIN_MS));
        }
        self.expire_sockets();
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
        self.broadcast(&self.instance.take_appended());
        self.tell_followers();
        // A journal that is slow holds up no delivery.
        let on_bus = async {
            self.publish_on_bus().await;
            self.send_again().await;
            self.attempt_due().await;
        };
        join(on_bus, self.tell_journal()).await;
        if let Err(fault) = self.instance.prune(clock::now()) {
            console_error!("{fault}");
        }
        let due = self.instance.next_due(self.send_again_ms, clock::now());
        // Without an alarm, an object that is loaded again knows that nothing waits. With one it knows by its cursors.
        let has_alarm = due != Ok(None) || self.expiry.get().is_some();
        if has_alarm || self.is_worth_keeping() {
            self.keep_cursors_now();
        }
        // What is due still was too much for one go, or has failed.
        let soon = clock::now().plus_millis(TRY_AGAIN_MS);
        match due {
            Ok(Some(due)) if due <= clock::now() => self.set_alarm_at(soon),
            _ => self.set_alarm(),
        }
    }

    /// After a panic: the alarm must not fail, and must not be the last one.
    pub(crate) fn ring_again(&self) {
        console_error!("a panic while the alarm rang: again in {UNREADABLE_AGAIN_MS} ms");
        self.set_alarm_at(clock::now().plus_millis(UNREADABLE_AGAIN_MS));
    }

    /// Hands messages to the queue, and events to the journal, until there are none left.
    pub(crate) async fn publish(self: &Rc<Self>) {
        join(self.publish_on_bus(), self.tell_journal()).await;
        // What had nothing to say has arrived.
        self.keep_cursors();
    }

    async fn publish_on_bus(&self) {
        if self.publishing.replace(true) {
            // The call that is publishing goes on until nothing is left.
            return;
        }
        let _done = Done(&self.publishing);
        loop {
            match self.instance.outbox(clock::now()) {
                Ok(messages) if messages.is_empty() => return,
                Ok(messages) => {
                    if !self.send(messages).await {
                        return self.set_alarm_at(clock::now().plus_millis(TRY_AGAIN_MS));
                    }
                }
                Err(fault) => return console_error!("cannot publish: {fault}"),
            }
        }
    }

    /// Sends again what nobody has answered for in time.
    async fn send_again(&self) {
        match self.instance.overdue(self.send_again_ms, clock::now()) {
            Ok(messages) => drop(self.send(messages).await),
            Err(fault) => console_error!("cannot send again: {fault}"),
        }
    }

    /// Hands messages to the queue, in as few calls as it allows. Returns true if the queue took all of them.
    async fn send(&self, messages: Vec<Outgoing>) -> bool {
        let mut rest = &messages[..];
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take(BATCH_MESSAGES).take_while(|one| {
                bytes += one.text.as_ref().map_or(0, String::len);
                bytes <= BATCH_BYTES
            });
            let (batch, later) = rest.split_at(fits.count().max(1));
            if let Err(error) = self.send_batch(batch).await {
                console_error!("the queue did not take {} messages: {error}", batch.len());
                return false;
            }
            for sent in batch {
                if let Err(fault) = self.instance.published(sent) {
                    console_error!("{fault}");
                    return false;
                }
            }
            rest = later;
        }
        true
    }

    async fn send_batch(&self, batch: &[Outgoing]) -> worker::Result<()> {
        let texts: Vec<_> = batch.iter().filter_map(|one| one.text.as_deref()).collect();
        if texts.is_empty() {
            return Ok(());
        }
        let messages = texts.into_iter().map(|text| {
            RawMessageBuilder::new(JsValue::from_str(text))
                .build_with_content_type(QueueContentType::Text)
        });
        let messages = BatchMessageBuilder::new().messages(messages).build();
        self.env.queue(bindings::BUS)?.send_raw_batch(messages).await
    }
}

/// Milliseconds that an event may take to reach all its destinations before it is sent again.
pub(crate) fn send_again_ms(env: &Env) -> i64 {
    let set = env.var("SEND_AGAIN_SECONDS").ok();
    let set = set.and_then(|value| value.to_string().parse::<i64>().ok());
    let most = limits::SEND_AGAIN_AT_MOST_MS / 1_000;
    let within = set.filter(|seconds| (1..=most).contains(seconds));
    within.map_or(limits::SEND_AGAIN_MS, |seconds| seconds * 1_000)
}

/// Failures that cannot heal, after which a destination's deliveries are parked.
pub(crate) fn bus_attempts(env: &Env) -> u32 {
    let set = env.var("BUS_ATTEMPTS").ok().and_then(|value| value.to_string().parse().ok());
    set.filter(|bound| *bound > 0).unwrap_or(limits::BUS_ATTEMPTS)
}
