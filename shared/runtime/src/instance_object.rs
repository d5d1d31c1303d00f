//! A request reaches an aggregate's object. One generic host serves every aggregate type.

use std::{
    cell::{Cell, RefCell},
    panic::AssertUnwindSafe,
    rc::Rc,
    time::Duration,
};

use edgefold_flow::{
    Accepted, Catalogue, Instance, Message, Participant,
    contract::{self, ASKER, Asker, Confirmed, Counters, RefusedErrand, SpanWanted},
    instance::Sight,
    session::Followers,
    subscribe,
    token::{Session, missing},
};
use edgefold_kernel::{Failure, Fault, Id, Kind, Rejection, StreamId, Timestamp, Version, limits};
use futures_util::future::{FutureExt, try_join_all};
use worker::{
    Delay, Env, Method, Request, Response, State, Url, console_error,
    worker_sys::WebSocketRequestResponsePair,
};

use crate::{
    answer,
    asked::{command_id, page, when},
    clock, instance_alarm,
    sqlite::SqliteStorage,
    turn_object::Turns,
};

/// How long the outbox cursor may lag behind in storage: one row a second under load, instead of one for each command.
/// Well below the 10 s of idleness after which an object hibernates and forgets.
const KEEP_AFTER: Duration = Duration::from_secs(1);

/// What an object of this aggregate type does.
pub struct Host<A: Participant>(Rc<Object<A>>);

pub(crate) struct Object<A: Participant> {
    pub(crate) state: State,
    pub(crate) env: Env,
    pub(crate) catalogue: &'static Catalogue,
    pub(crate) instance: Instance<A, SqliteStorage>,
    /// When the alarm rings, as far as this object knows since it was loaded.
    pub(crate) alarm_at: Cell<Option<Timestamp>>,
    /// When what is not confirmed is sent again, in milliseconds.
    pub(crate) send_again_ms: i64,
    /// How often the alarm was set since this object was loaded: each time counts as a row written.
    pub(crate) alarms_set: Cell<usize>,
    /// Whether letters are on their way to the queue right now.
    pub(crate) publishing: Cell<bool>,
    /// Whether the outbox cursor is about to be stored.
    keeping: Cell<bool>,
    /// Whether a reader was asked where it is, and is waited for.
    pub(crate) waiting: Cell<bool>,
    /// When the first token of an open socket expires, or earlier.
    pub(crate) expiry: Cell<Option<Timestamp>>,
    /// The last message on a socket that waits for its turn, or has had it.
    pub(crate) turns: Turns,
    /// The sessions that follow this stream, and how far each was told.
    pub(crate) followers: RefCell<Followers>,
    /// Set when the object was addressed by something that is no id: then it serves nothing.
    misnamed: bool,
}

impl<A: Participant> Host<A> {
    /// The object behind this state. Reads where its stream stands; writes nothing.
    pub fn new(state: State, env: Env, catalogue: &'static Catalogue) -> Self {
        let id = state.id().name().and_then(|name| Id::parse(name).ok());
        let misnamed = id.is_none();
        let id = id.unwrap_or_else(Id::nobody);
        let storage = SqliteStorage::new(StreamId::new(A::TYPE, id.clone()), &state.storage());
        if let Ok(pair) = WebSocketRequestResponsePair::new(subscribe::PING, subscribe::PONG) {
            state.set_websocket_auto_response(&pair);
        }
        let instance = Instance::new(id, storage);
        let send_again_ms = instance_alarm::send_again_ms(&env);
        let object = Object {
            state,
            env,
            catalogue,
            instance,
            alarm_at: Cell::new(None),
            send_again_ms,
            alarms_set: Cell::new(0),
            publishing: Cell::new(false),
            keeping: Cell::new(false),
            waiting: Cell::new(false),
            expiry: Cell::new(None),
            turns: Turns::default(),
            followers: RefCell::default(),
            misnamed,
        };
        let object = Rc::new(object);
        // Loads now, synchronously. What cannot be loaded is told to whoever asks for it.
        drop(object.instance.head());
        object.resume_feeds();
        object.restore_followers();
        Self(object)
    }

    /// Serves a request of the [`contract`].
    ///
    /// # Errors
    /// When the runtime refuses to build a response.
    pub async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let object = &self.0;
        if object.misnamed {
            return answer::failed(
                &Fault::Defect("the object was not addressed by an id".into()).into(),
            );
        }
        // Most calls have no query: only those that do parse the whole address.
        let path = request.path();
        let by = Asker::read(answer::header(request.headers(), ASKER).as_deref());
        match (request.method(), path.as_str()) {
            (Method::Post, contract::COMMAND) => {
                let outside = !matches!(by, Ok(Asker::System));
                let result = match (by, answer::read(&mut request).await) {
                    (Ok(by), Ok(message)) => object.command(&message, &by).await,
                    (Err(refusal), _) => Err(refusal.into()),
                    (_, Err(failure)) => Err(failure),
                };
                match outside {
                    true => answer::outcome(202, result),
                    false => answer::inside(202, result),
                }
            }
            (Method::Post, contract::COMMANDS) => {
                match (by, answer::read::<Vec<Message>>(&mut request).await) {
                    (Ok(by), Ok(messages)) => {
                        let results = object.commands(&messages, &by).await;
                        let answers: Vec<_> =
                            results.iter().map(edgefold_flow::command::answer).collect();
                        answer::json(200, "application/json", &answers)
                    }
                    (Err(refusal), _) => answer::failed(&refusal.into()),
                    (_, Err(failure)) => answer::failed(&failure),
                }
            }
            (Method::Post, contract::DELIVER) => {
                let receipt = match answer::read(&mut request).await {
                    Ok(parcel) => Ok(object.take(parcel).await),
                    Err(failure) => Err(failure),
                };
                answer::inside(200, receipt)
            }
            (Method::Post, contract::REFUSED) => {
                let result = answer::read::<RefusedErrand>(&mut request).await;
                let result = match result {
                    Ok(errand) => object.refused(&errand).await,
                    Err(failure) => Err(failure),
                };
                answer::inside(200, result)
            }
            (Method::Post, contract::CONFIRM) => {
                let result = answer::read::<Confirmed>(&mut request).await;
                let result = result.and_then(|confirmed| Ok(object.confirm(&confirmed.versions)?));
                answer::outcome(200, result)
            }
            (Method::Post, contract::SPAN) => {
                let result = answer::read::<SpanWanted>(&mut request).await;
                answer::outcome(200, result.and_then(|wanted| Ok(object.instance.span(&wanted)?)))
            }
            (Method::Post, contract::REBUILD) => answer::inside(200, object.rebuild().await),
            (Method::Post, path @ (contract::FOLLOW | contract::LEAVE | contract::PULL)) => {
                object.followed(path, &mut request, by).await
            }
            (Method::Get, contract::STATE) => match object.sight(by, Sight::Stream) {
                Ok(_) => object.show(&request, &request.url()?),
                Err(failure) => answer::failed(&failure),
            },
            (Method::Get, contract::ROW) => {
                let url = request.url()?;
                let result = object.sight(by, Sight::Row).and_then(|_| when(&url));
                answer::outcome(200, result.and_then(|when| object.instance.row(when)))
            }
            (Method::Get, contract::SIGHT) => {
                answer::outcome(200, object.sight(by, Sight::Stream).map(drop))
            }
            (Method::Get, contract::COUNTERS) => {
                answer::json(200, "application/json", &object.counters())
            }
            (Method::Get, contract::EVENTS) => {
                let url = request.url()?;
                let result =
                    object.sight(by, Sight::Stream).and_then(|_| page(&url, limits::PAGE_EVENTS));
                let result = result.and_then(|(after, limit)| object.instance.page(after, limit));
                answer::outcome(200, result)
            }
            (Method::Get, contract::OUTCOME) => {
                let url = request.url()?;
                let result = object.sight(by, Sight::Stream).and_then(|_| command_id(&url));
                let result =
                    result.and_then(|id| Ok(object.instance.outcome(&id, clock::now())?));
                answer::outcome(200, result)
            }
            (Method::Get, contract::SOCKET) => match object.sight(by, Sight::Stream) {
                Ok(session) => object.watch(&request, &request.url()?, session),
                Err(failure) => answer::failed(&failure),
            },
            (_, path) => {
                answer::failed(&Rejection::new(Kind::NotFound, "UNKNOWN_PATH", path).into())
            }
        }
    }

    /// See [`instance_alarm`](crate::instance_alarm).
    ///
    /// # Errors
    /// Never for a business reason: an alarm that fails is given up by the platform after six times.
    pub async fn alarm(&self) -> worker::Result<Response> {
        let object = Rc::clone(&self.0);
        if AssertUnwindSafe(object.ring()).catch_unwind().await.is_err() {
            self.0.ring_again();
        }
        answer::empty(204)
    }

    /// See [`watch_object`](crate::watch_object).
    ///
    /// # Errors
    /// When the socket is gone.
    pub async fn heard(
        &self,
        socket: &worker::WebSocket,
        said: worker::WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        self.0.heard(socket, said).await
    }

    /// See [`watch_object`](crate::watch_object).
    ///
    /// # Errors
    /// Never: a socket that is gone is what was asked for.
    pub fn closed(&self, socket: &worker::WebSocket, code: usize) -> worker::Result<()> {
        self.0.closed(socket, code)
    }
}

impl<A: Participant> Object<A> {
    /// Decides a command. What it rests on is fetched before; between decision and commit nothing is awaited.
    pub(crate) async fn command(
        self: &Rc<Self>,
        message: &Message,
        by: &Asker,
    ) -> Result<Accepted, Failure> {
        let needed = self.instance.rests_on(message, by)?;
        let streams: Vec<_> = needed.iter().map(|(stream, _)| stream.clone()).collect();
        self.refresh(&streams).await?;
        let copies = needed.into_iter().map(|(stream, after)| self.copy(stream, after, None));
        let copies = try_join_all(copies).await?;
        let accepted = self.instance.handle(message, &copies, &clock::stamp(by));
        self.tell();
        self.set_alarm_for_outcome(&accepted, by);
        accepted
    }

    /// Takes note that a request of this instance was refused.
    async fn refused(self: &Rc<Self>, errand: &RefusedErrand) -> Result<(), Failure> {
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
    ) -> Result<Session, Failure> {
        let by = by?;
        self.instance.check_sight(&by, least)?;
        match by {
            Asker::Somebody(session) => Ok(session),
            Asker::System => Err(missing().into()),
        }
    }

    fn counters(&self) -> Counters {
        let storage = self.instance.storage();
        let rows = storage.rows();
        Counters {
            rows_read: rows.read,
            rows_written: rows.written + self.alarms_set.get(),
            bytes: storage.bytes(),
        }
    }

    /// Takes note of what has arrived, and keeps it a moment later, together with what arrives until then.
    fn confirm(self: &Rc<Self>, versions: &[Version]) -> Result<(), Fault> {
        if self.instance.confirm(versions)? {
            self.keep_confirmed();
        }
        Ok(())
    }

    /// Stores the outbox cursor a moment later, as far as every follower was told.
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

    /// After every call that may have appended: what it has remembered is kept within bounds, those who watch hear of it,
    /// the alarm is set, the letters go out.
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
            // Whoever publishes goes on until nothing is left.
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

    fn show(&self, request: &Request, url: &Url) -> worker::Result<Response> {
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
