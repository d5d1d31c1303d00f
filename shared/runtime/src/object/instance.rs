//! The instance of an aggregate, awake in its object: it decides commands, and tells their results.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
    time::Duration,
};

use edgefold_flow::{
    Accepted, Catalogue, Instance, Message,
    contract::Counters,
    door::{
        Asker,
        header::knows,
        token::{Caller, missing},
    },
    instance::Wanted,
    participant::Sight,
    receive::Settled,
    subscribe::Followers,
};
use edgefold_kernel::{Failure, Fault, Rejection, StreamId, Timestamp, Version};
use futures_channel::oneshot::Sender;
use worker::{Delay, Env, State, Url, console_error};

use super::sqlite::SqliteStorage;
use crate::platform::{
    answer, clock,
    http::{Request, Response},
    later::later,
    request::when,
    turn::Turns,
};

/// Time by which the stored cursors may lag behind what is worth a row: one row a second under load, instead of one for each event.
/// Well below the 10 s of idleness after which an object hibernates and loses its memory.
const KEEP_AFTER: Duration = Duration::from_secs(1);

pub(crate) struct Object {
    pub(crate) state: State,
    pub(crate) env: Env,
    pub(crate) catalogue: &'static Catalogue,
    pub(crate) instance: Instance<SqliteStorage>,
    /// Instant of the alarm, as far as this object knows since it was loaded.
    pub(crate) alarm_at: Cell<Option<Timestamp>>,
    /// True if the platform was asked for that instant.
    pub(super) is_awake: Cell<bool>,
    /// Milliseconds after which events are sent again that nobody answered for.
    pub(crate) send_again_ms: i64,
    /// Failures that cannot heal, after which a destination's deliveries are parked.
    pub(super) bus_attempts: u32,
    /// Destinations that are being tried.
    pub(super) attempting: RefCell<BTreeSet<StreamId>>,
    /// Number of times that the alarm was set since this object was loaded: each counts as a row written.
    pub(crate) alarms_set: Cell<usize>,
    /// True while messages are on their way to the queue.
    pub(super) publishing: Cell<bool>,
    /// True while a call to the journal is under way.
    pub(super) telling: Cell<bool>,
    /// Those who wait until a version is journalled.
    pub(super) until_journalled: RefCell<Vec<(Version, Sender<()>)>>,
    /// True while the cursors are about to be stored.
    pub(super) keeping: Cell<bool>,
    /// True while a reader's answer is expected.
    pub(crate) waiting: Cell<bool>,
    /// Bytes that were sent to all readers and are not known to be read.
    pub(super) unread: Cell<usize>,
    /// The same when the readers were last looked at because of it.
    pub(super) looked: Cell<usize>,
    /// The object has heard everything that its readers sent before this instant.
    pub(super) heard: Cell<Timestamp>,
    /// Instant at which the first token of an open socket expires, or earlier.
    pub(crate) expiry: Cell<Option<Timestamp>>,
    /// The last message on a socket that waits for its turn, or has had it.
    pub(crate) turns: Turns,
    /// The sessions that follow this stream, and how far each was told.
    pub(crate) followers: RefCell<Followers>,
    /// True if the object was addressed by something that is not an id: then it serves nothing.
    pub(super) misnamed: bool,
}

/// True if an accepted command has appended nothing: only its outcome was stored, and the alarm deletes it some day.
fn is_bare(accepted: &Accepted) -> bool {
    accepted.events.is_empty() && !accepted.duplicate
}

impl Object {
    /// Decides a command. The foreign states that it rests on are asked for before; nothing is awaited between decision
    /// and commit.
    pub(crate) async fn command(
        self: &Rc<Self>,
        message: &Message,
        by: &Asker,
    ) -> Result<Accepted, Failure> {
        self.decide(&self.instance.wanted(message), by).await
    }

    async fn decide(self: &Rc<Self>, wanted: &Wanted<'_>, by: &Asker) -> Result<Accepted, Failure> {
        let foreign = self.ask(self.instance.rests_on(wanted, &clock::stamp(by))?).await?;
        let accepted = self.instance.handle(wanted, &foreign, &clock::stamp(by));
        self.tell();
        if accepted.as_ref().is_ok_and(is_bare) {
            self.set_alarm();
        }
        accepted
    }

    /// Decides several commands in order. Those that rest on no foreign stream are committed together, as far as they
    /// stand next to each other.
    pub(crate) async fn commands(
        self: &Rc<Self>,
        messages: &[Message],
        by: &Asker,
    ) -> Vec<Result<Accepted, Failure>> {
        let stamp = clock::stamp(by);
        let alone = |wanted: &Wanted<'_>| {
            let streams = self.instance.rests_on(wanted, &stamp);
            streams.map_or(true, |streams| !streams.is_empty())
        };
        let wanted = messages.iter().map(|message| self.instance.wanted(message));
        let wanted: Vec<_> = wanted.collect();
        let mut results = Vec::with_capacity(messages.len());
        for run in wanted.chunk_by(|one, next| !alone(one) && !alone(next)) {
            match run {
                [one] => results.push(self.decide(one, by).await),
                many => {
                    let decided = self.instance.handle_all(many, &clock::stamp(by));
                    self.tell();
                    if decided.iter().flatten().any(is_bare) {
                        self.set_alarm();
                    }
                    results.extend(decided);
                }
            }
        }
        results
    }

    /// Lets those look who see this much of the instance. The system has its own ways to.
    pub(crate) fn sight(
        &self,
        by: Result<Asker, Rejection>,
        least: Sight,
    ) -> Result<Caller, Failure> {
        let by = by?;
        self.instance.check_sight(&by, least)?;
        match by {
            Asker::Somebody(caller) => Ok(caller),
            Asker::System => Err(missing().into()),
        }
    }

    pub(super) fn counters(&self) -> Counters {
        let storage = self.instance.storage();
        let rows = storage.rows();
        Counters {
            rows_read: rows.read,
            rows_written: rows.written + self.alarms_set.get(),
            bytes: storage.bytes(),
        }
    }

    /// Takes the receipts of messages, and stores the cursors a moment later, together with later receipts.
    pub(super) fn settled(self: &Rc<Self>, settled: &Settled) -> Result<(), Fault> {
        let stamp = clock::stamp(&Asker::System);
        let moved = self.instance.settled(settled, self.bus_attempts, &stamp);
        self.tell();
        if settled.receipts.iter().any(|(_, receipt)| receipt.failure.is_some()) {
            self.set_alarm();
        }
        moved?;
        self.keep_cursors();
        Ok(())
    }

    /// True if the stored cursors should follow. Those who follow are told again of what the cursor of the bus does not know.
    pub(super) fn is_worth_keeping(&self) -> bool {
        let is_followed = !self.followers.borrow().is_empty();
        let worth = match is_followed {
            true => self.instance.is_unkept(),
            false => self.instance.is_worth_keeping(),
        };
        worth.unwrap_or(false)
    }

    /// Stores the cursors a moment later, if that is worth a row.
    pub(crate) fn keep_cursors(self: &Rc<Self>) {
        if !self.is_worth_keeping() || self.keeping.replace(true) {
            return;
        }
        let object = Rc::clone(self);
        later(&self.state, async move {
            Delay::from(KEEP_AFTER).await;
            object.keeping.set(false);
            object.keep_cursors_now();
        });
    }

    /// Stores the cursors, that of the bus up to the version that every follower was told.
    pub(super) fn keep_cursors_now(&self) {
        let told = self.followers.borrow().told();
        if let Err(fault) = self.instance.keep_cursors(told) {
            console_error!("{fault}");
        }
    }

    /// Runs after every call that may have appended: it tells the watchers, sets the alarm and publishes the letters.
    pub(crate) fn tell(self: &Rc<Self>) {
        let appended = self.instance.take_appended();
        if appended.is_empty() {
            return;
        }
        self.broadcast(&appended);
        self.set_alarm();
        self.tell_followers();
        let object = Rc::clone(self);
        later(&self.state, async move {
            object.publish().await;
            if let Err(fault) = object.instance.take_snapshot() {
                console_error!("no snapshot: {fault}");
            }
        });
    }

    pub(super) fn show(&self, request: &Request, url: &Url) -> worker::Result<Response> {
        let view = match when(url).and_then(|when| self.instance.view(when)) {
            Ok(view) => view,
            Err(failure) => return answer::failed(&failure),
        };
        let tag = format!("\"{}\"", view.version);
        let response = match request.header("if-none-match").is_some_and(|known| knows(known, &tag))
        {
            true => Response::empty(304),
            false => answer::json(200, "application/json", &view)?,
        };
        // Only what has a tag can be asked for again with it; the answer is then judged anew.
        Ok(response.with("etag", tag).with("cache-control", "private, no-cache"))
    }
}
