//! The instance of an aggregate, awake in its object: it decides commands, and tells their results.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use edgefold_flow::{
    Accepted, Catalogue, Instance, Message, Participant,
    contract::Counters,
    door::{
        Asker,
        token::{Caller, missing},
    },
    participant::Sight,
    receive::parcel::RefusedErrand,
    subscribe::Followers,
};
use edgefold_kernel::{Failure, Fault, Rejection, Timestamp, Version};
use futures_util::future::try_join_all;
use worker::{Delay, Env, Request, Response, State, Url, console_error};

use super::{sqlite::SqliteStorage, turn::Turns};
use crate::platform::{answer, clock, request::when};

/// Time by which the stored outbox cursor may lag behind: one row a second under load, instead of one for each command.
/// Well below the 10 s of idleness after which an object hibernates and loses its memory.
const KEEP_AFTER: Duration = Duration::from_secs(1);

pub(crate) struct Object<A: Participant> {
    pub(crate) state: State,
    pub(crate) env: Env,
    pub(crate) catalogue: &'static Catalogue,
    pub(crate) instance: Instance<A, SqliteStorage>,
    /// Instant of the alarm, as far as this object knows since it was loaded.
    pub(crate) alarm_at: Cell<Option<Timestamp>>,
    /// Instant at which expired outcomes are to be deleted; `None` until the alarm has looked for some.
    pub(crate) prune_at: Cell<Option<Timestamp>>,
    /// Milliseconds after which unconfirmed events are sent again.
    pub(crate) send_again_ms: i64,
    /// Number of times that the alarm was set since this object was loaded: each counts as a row written.
    pub(crate) alarms_set: Cell<usize>,
    /// True while letters are on their way to the queue.
    pub(crate) publishing: Cell<bool>,
    /// True while the outbox cursor is about to be stored.
    pub(super) keeping: Cell<bool>,
    /// True while a reader's answer is expected.
    pub(crate) waiting: Cell<bool>,
    /// Instant at which the first token of an open socket expires, or earlier.
    pub(crate) expiry: Cell<Option<Timestamp>>,
    /// The last message on a socket that waits for its turn, or has had it.
    pub(crate) turns: Turns,
    /// The sessions that follow this stream, and how far each was told.
    pub(crate) followers: RefCell<Followers>,
    /// True if the object was addressed by something that is not an id: then it serves nothing.
    pub(super) misnamed: bool,
}

impl<A: Participant> Object<A> {
    /// Decides a command. The foreign streams that it needs are fetched before; nothing is awaited between decision and
    /// commit.
    pub(crate) async fn command(
        self: &Rc<Self>,
        message: &Message,
        by: &Asker,
    ) -> Result<Accepted, Failure> {
        let needed = self.instance.rests_on(message, by, clock::now())?;
        let streams: Vec<_> = needed.iter().map(|(stream, _)| stream.clone()).collect();
        self.refresh(&streams).await?;
        let copies = needed.into_iter().map(|(stream, after)| self.copy(stream, after, None));
        let copies = try_join_all(copies).await?;
        let accepted = self.instance.handle(message, &copies, &clock::stamp(by));
        self.tell();
        self.set_alarm_for_outcome(&accepted, by);
        accepted
    }

    /// Notes that an errand of this instance was refused.
    pub(super) async fn refused(self: &Rc<Self>, errand: &RefusedErrand) -> Result<(), Failure> {
        self.refresh_all().await;
        let noted = self.instance.refused(errand, &clock::stamp(&Asker::System));
        self.tell();
        noted
    }

    /// Decides several commands in order. Those that rest on no foreign stream are committed together, as far as they
    /// stand next to each other.
    pub(crate) async fn commands(
        self: &Rc<Self>,
        messages: &[Message],
        by: &Asker,
    ) -> Vec<Result<Accepted, Failure>> {
        let alone = |message: &Message| self.rests(message, by);
        let mut results = Vec::with_capacity(messages.len());
        for run in messages.chunk_by(|one, next| !alone(one) && !alone(next)) {
            match run {
                [one] => results.push(self.command(one, by).await),
                many => {
                    // None waits for another: a sequence each.
                    let each: Vec<_> = many.chunks(1).collect();
                    let decided = self.instance.handle_all(&each, &clock::stamp(by));
                    self.tell();
                    let decided = decided.into_iter().flatten();
                    results.extend(decided.inspect(|one| self.set_alarm_for_outcome(one, by)));
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

    /// Notes confirmed events, and stores the outbox cursor a moment later, together with later confirmations.
    pub(super) fn confirm(self: &Rc<Self>, versions: &[Version]) -> Result<(), Fault> {
        if self.instance.confirm(versions)? {
            self.keep_confirmed();
        }
        Ok(())
    }

    /// Stores the outbox cursor a moment later, up to the version that every follower was told.
    pub(crate) fn keep_confirmed(self: &Rc<Self>) {
        if self.keeping.replace(true) {
            return;
        }
        let object = Rc::clone(self);
        self.state.wait_until(async move {
            Delay::from(KEEP_AFTER).await;
            object.keeping.set(false);
            let told = object.followers.borrow().told();
            if let Err(fault) = object.instance.keep_confirmed(told) {
                console_error!("{fault}");
            }
        });
    }

    /// Runs after every call that may have appended: it keeps the copies within bounds, tells the watchers, sets the
    /// alarm and publishes the letters.
    pub(crate) fn tell(self: &Rc<Self>) {
        if let Err(fault) = self.instance.compact() {
            console_error!("what is remembered is not folded: {fault}");
        }
        let appended = self.instance.take_appended();
        if appended.is_empty() {
            return;
        }
        self.broadcast(&appended);
        self.set_alarm();
        self.tell_followers();
        if self.publishing.get() {
            // The call that is publishing goes on until nothing is left.
            return;
        }
        let object = Rc::clone(self);
        self.state.wait_until(async move {
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
        let known = answer::header(request.headers(), "if-none-match");
        let mut response =
            match known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
                true => answer::empty(304)?,
                false => answer::json(200, "application/json", &view)?,
            };
        response.headers_mut().set("etag", &tag)?;
        Ok(response)
    }
}
