//! What an object does by itself, as the shell of the deployed one does: it publishes after each commit, and when its alarm
//! rings it meets deadlines, sends again what nobody answered for, and tries what it holds back.

use edgefold_flow::{
    instance::Due,
    publish::{Outgoing, hold::Status},
    receive::{Incoming, Parcel, Receipt},
};
use edgefold_kernel::{Fault, StreamId, Timestamp, limits};

use crate::{
    Simulator,
    simulator::{BOUND, Sequence},
};

/// Milliseconds until the next look at something that could not be done, or was too much for one go.
const TRY_AGAIN_MS: i64 = 5_000;

/// Milliseconds until the next look at a stream that cannot be read.
const UNREADABLE_AGAIN_MS: i64 = 60_000;

/// Most deadlines that are met in one go.
const DEADLINES: usize = 1_000;

/// Attempts of one destination in a row while it takes what it gets.
const IN_A_ROW: usize = 10;

impl Simulator {
    /// Runs after every call that may have appended.
    pub(crate) fn tell(&mut self, stream: &StreamId) {
        if !self.object(stream).take_appended().is_empty() {
            self.set_alarm(stream);
            self.publish(stream);
            drop(self.object(stream).take_snapshot());
        }
    }

    /// Sets the alarm for what is due next, never later than it is set.
    pub(crate) fn set_alarm(&mut self, stream: &StreamId) {
        let now = self.now;
        match self.object(stream).next_due(BOUND, now) {
            Ok(due) => due.into_iter().for_each(|at| self.set_alarm_at(stream, at)),
            Err(_) => self.set_alarm_at(stream, now.plus_millis(UNREADABLE_AGAIN_MS)),
        }
    }

    pub(crate) fn set_alarm_at(&mut self, stream: &StreamId, at: Timestamp) {
        let alarm = self.alarms.entry(stream.clone()).or_insert(at);
        *alarm = at.min(*alarm);
    }

    /// Lets an alarm ring.
    pub(crate) fn ring_one(&mut self, stream: &StreamId) {
        self.alarms.remove(stream);
        self.ringing.push(stream.clone());
        self.rings(stream);
        self.ringing.pop();
    }

    fn rings(&mut self, stream: &StreamId) {
        let life = self.lives;
        self.busy.push(stream.clone());
        for _ in 0..DEADLINES {
            match self.with_stamp(stream, |object, stamp| object.pass_deadline(stamp)) {
                Ok(true) => {}
                Ok(false) | Err(_) => break,
            }
        }
        drop(self.object(stream).take_appended());
        // The alarm is due until its handler has returned: it rings again after the end of the runtime.
        let steps: [fn(&mut Self, &StreamId); 3] =
            [Self::publish, Self::send_again, Self::attempt_due];
        for step in steps {
            step(self, stream);
            if self.lives != life {
                return self.set_alarm_at(stream, self.now);
            }
        }
        let now = self.now;
        drop(self.object(stream).prune(now));
        let due = self.object(stream).next_due(BOUND, now);
        // Without an alarm, an instance that is loaded again knows that nothing waits.
        if due != Ok(None) || self.object(stream).is_worth_keeping() == Ok(true) {
            self.object(stream).keep_cursors(u64::MAX).expect("memory does not fail");
        }
        match due {
            Ok(Some(due)) if due <= now => self.set_alarm_at(stream, now.plus_millis(TRY_AGAIN_MS)),
            _ => self.set_alarm(stream),
        }
        self.is_free(stream);
    }

    /// A call of this instance is over.
    pub(crate) fn is_free(&mut self, stream: &StreamId) {
        if let Some(at) = self.busy.iter().rposition(|busy| busy == stream) {
            self.busy.remove(at);
        }
    }

    /// Hands messages to the queue, and events to the journal, until there are none left.
    fn publish(&mut self, stream: &StreamId) {
        let life = self.lives;
        self.publish_on_bus(stream);
        if self.lives == life {
            self.tell_journal(stream);
        }
    }

    fn publish_on_bus(&mut self, stream: &StreamId) {
        let one = (stream.clone(), true);
        if !self.publishing.insert(one.clone()) {
            return;
        }
        let life = self.lives;
        loop {
            let now = self.now;
            let messages = self.object(stream).outbox(now).unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            self.send_out(stream, messages);
            if self.lives != life {
                return;
            }
        }
        self.publishing.remove(&one);
    }

    fn send_again(&mut self, stream: &StreamId) {
        let now = self.now;
        let messages = self.object(stream).overdue(BOUND, now).unwrap_or_default();
        self.send_out(stream, messages);
    }

    fn send_out(&mut self, stream: &StreamId, messages: Vec<Outgoing>) {
        let life = self.lives;
        for message in &messages {
            message.text.iter().for_each(|text| self.bus.push(text.clone()));
        }
        self.busy.push(stream.clone());
        self.meanwhile();
        if self.lives != life {
            return;
        }
        for message in &messages {
            self.object(stream).published(message).expect("memory does not fail");
            // What has nothing to say has arrived.
            self.unkept.insert(stream.clone());
        }
        self.is_free(stream);
    }

    /// Tries what is due.
    fn attempt_due(&mut self, stream: &StreamId) {
        let (now, life) = (self.now, self.lives);
        for hold in self.object(stream).due_holds(now).expect("memory does not fail") {
            self.attempt(&(stream.clone(), hold.to));
            if self.lives != life {
                return;
            }
        }
    }

    /// Delivers what waits for a destination, as far as it takes it, and tells the list.
    pub(crate) fn attempt(&mut self, sequence: &Sequence) {
        if !self.attempting.insert(sequence.clone()) {
            return;
        }
        let life = self.lives;
        for _ in 0..IN_A_ROW {
            let is_more = self.attempt_once(sequence);
            if self.lives != life {
                return;
            }
            if is_more != Ok(true) {
                break;
            }
        }
        self.attempting.remove(sequence);
        self.list(sequence);
    }

    fn attempt_once(&mut self, sequence: &Sequence) -> Result<bool, Fault> {
        let (source, to) = sequence;
        let (now, life) = (self.now, self.lives);
        self.busy.push(source.clone());
        let receipt = match self.object(source).begin_attempt(to, now) {
            Err(fault) => {
                self.is_free(source);
                return Err(fault);
            }
            Ok(Due::Nothing) => {
                self.is_free(source);
                return Ok(false);
            }
            Ok(Due::Deliver(_, delivery)) if delivery.items.is_empty() => {
                Receipt { mark: delivery.through, ..Receipt::default() }
            }
            Ok(Due::Deliver(to, delivery)) => {
                let parcel =
                    Parcel { deliveries: vec![Incoming { from: source.clone(), delivery }] };
                self.hand_over(&to, &parcel).pop().expect("one receipt")
            }
        };
        if self.lives == life {
            self.meanwhile();
        }
        if self.lives != life {
            return Ok(false);
        }
        self.is_free(source);
        let is_more = self.with_stamp(source, |object, stamp| {
            object.end_attempt(to, &receipt, limits::BUS_ATTEMPTS, stamp)
        });
        self.tell(source);
        self.unkept.insert(source.clone());
        is_more
    }

    /// Tells the list of a hold, if it says something else.
    fn list(&mut self, sequence: &Sequence) {
        let (source, to) = sequence;
        let hold = self.object(source).hold(to).expect("memory does not fail");
        let Some(hold) = hold.filter(|hold| hold.is_to_be_listed()) else { return };
        let is_listed = !self.list_away;
        if is_listed {
            match hold.status {
                Status::Free => drop(self.listed.remove(sequence)),
                _ => drop(self.listed.insert(sequence.clone(), hold.clone())),
            }
        }
        let now = self.now;
        self.object(source).listed(&hold, is_listed, now).expect("memory does not fail");
    }
}
