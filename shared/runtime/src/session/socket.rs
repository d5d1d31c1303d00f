//! A GraphQL socket: it opens, speaks, closes; and a source tells its session of new events. One object for each
//! socket. The protocol is in [`edgefold_flow::session`]; this file performs its actions.
//!
//! The object hibernates. Its state lies in the socket's attachment, and its subscriptions in its own
//! SQLite, from the first of them on; both go with the socket. Nothing is stored, no alarm either, before the client has
//! shown a token: until then the object stays awake, for some seconds at most.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, rc::Rc, time::Duration};

use edgefold_flow::{
    contract::Follow,
    door::token::Caller,
    session::{
        Action, Close, Connection, Input,
        connection::Number,
        message::{self},
    },
    subscribe::{Source, Told},
};
use edgefold_kernel::{Fault, Timestamp};
use futures_util::future::{
    AbortHandle, Abortable, Either, FutureExt, LocalBoxFuture, join_all, select,
};
use worker::{
    Delay, WebSocket, WebSocketPair, console_error,
    js_sys::{Date, Object as JsObject},
    wasm_bindgen::JsValue,
    wasm_bindgen_futures::spawn_local,
};

use super::{
    object::{Object, Work},
    operation,
};
use crate::{
    door::allowance::allowance,
    platform::{clock, http::Response, later::later, statement::unreadable},
};

/// Longest time that a source waits until a session has sent the events. It usually takes a few milliseconds and costs
/// no row.
const SENT_WITHIN: Duration = Duration::from_secs(1);

impl Object {
    pub(super) fn open(self: &Rc<Self>, caller: Option<Caller>) -> worker::Result<Response> {
        let pair = WebSocketPair::new()?;
        self.state.accept_web_socket(&pair.server);
        let (connection, actions) = Connection::open(clock::now());
        let connection = connection.allowed(allowance(&self.env)).upgraded_by(caller);
        self.connection.replace(Some(connection));
        drop(self.carry_out(actions));
        Ok(Response::socket(pair.client).with("sec-websocket-protocol", message::PROTOCOL))
    }

    /// Goes on where it was when it was evicted.
    pub(super) fn restore(self: &Rc<Self>) {
        let Some(socket) = self.socket() else { return };
        let attached: Option<String> = socket.deserialize_attachment().ok().flatten();
        let Some(attached) = attached else { return };
        let restored = self.stored().and_then(|stored| {
            let of = stored.into_iter().map(|(number, id, sources, kept)| {
                let document = kept.asked.query.len();
                self.kept.borrow_mut().insert(number, kept);
                (number, id, sources, document)
            });
            Connection::restore(&attached, of.collect::<Vec<_>>()).map_err(unreadable)
        });
        match restored {
            Ok((connection, actions)) => {
                self.connection.replace(Some(connection.allowed(allowance(&self.env))));
                let works = self.carry_out(actions);
                let object = Rc::clone(self);
                later(&self.state, async move { object.work(works).await });
            }
            Err(fault) => {
                console_error!("a session cannot go on: {fault}");
                drop(socket.close(Some(Close::Restarted.code()), Some(Close::Restarted.reason())));
            }
        }
    }

    /// Takes news from a source. It answers once they were sent, as far as the client takes them: if this object ends
    /// before, the source tells it again. A slow client holds up nobody: the alarm does the rest, should this object
    /// end meanwhile.
    pub(super) async fn told(self: &Rc<Self>, Told { source, head, page }: Told) -> u16 {
        let follows = |connection: &Connection| connection.follows(&source).0;
        if !self.connection.borrow().as_ref().is_some_and(follows) {
            self.clear_later();
            return 410;
        }
        let page = page.map(Rc::new);
        let works = self.step(Input::Told(source, head)).into_iter().map(|work| match work {
            Work::Pump(number, _) => Work::Pump(number, page.clone()),
            other => other,
        });
        let work = Rc::clone(self).work(works.collect());
        if let Either::Right((_, work)) = select(work, Delay::from(SENT_WITHIN)).await {
            let works = self.step(Input::Stuck);
            let object = Rc::clone(self);
            later(&self.state, async move {
                work.await;
                object.work(works).await;
            });
        }
        204
    }

    /// Takes one step, and performs its actions.
    pub(crate) async fn take(self: &Rc<Self>, input: Input) {
        let works = self.step(input);
        Rc::clone(self).work(works).await;
    }

    /// Takes one step and performs the synchronous actions at once. Returns the work that has to be awaited.
    pub(crate) fn step(self: &Rc<Self>, input: Input) -> Vec<Work> {
        let mut connection = self.connection.borrow_mut();
        let actions = connection.as_mut().map(|it| it.step(clock::now(), input));
        drop(connection);
        actions.map(|actions| self.carry_out(actions)).unwrap_or_default()
    }

    fn carry_out(self: &Rc<Self>, actions: Vec<Action>) -> Vec<Work> {
        let Some(socket) = self.socket() else { return Vec::new() };
        let mut works = Vec::new();
        for action in actions {
            match action {
                // A socket that cannot be sent to is closing: its close event follows.
                Action::Send(text) => drop(socket.send_with_str(text)),
                Action::Close(close) => {
                    drop(socket.close(Some(close.code()), Some(close.reason())));
                    works.push(Work::Shut);
                }
                Action::Wake(at) => self.set_alarm(at),
                Action::Wait(at) => self.wait(at),
                Action::Keep(number) => {
                    let kept = self.keep(number);
                    works.extend(kept.err().map(|fault| Work::Fail(number, fault)));
                }
                Action::Forget(number, sources) => {
                    if self.forget(number) {
                        works.push(Work::Unawait(number));
                    }
                    works.extend(sources.into_iter().map(Work::Leave));
                }
                Action::Leave(source) => works.push(Work::Leave(source)),
                Action::Verify(shown) => works.push(Work::Verify(shown)),
                Action::Count => works.push(Work::Count),
                Action::Run(number, asked) => works.push(Work::Run(number, asked)),
                Action::Pump(number) => works.push(Work::Pump(number, None)),
                Action::Renew(source) => works.push(Work::Renew(source)),
            }
        }
        let connection = self.connection.borrow();
        if let Some(pass) = connection.as_ref().and_then(Connection::pass) {
            self.holder.replace(Some(pass.caller.principal.clone()));
        }
        if let Some(connection) = connection.as_ref()
            && let Err(error) = socket.serialize_attachment(connection.attachment())
        {
            console_error!("a session keeps no attachment: {error}");
        }
        works
    }

    /// Performs the awaited work, side by side.
    pub(crate) fn work(self: Rc<Self>, works: Vec<Work>) -> LocalBoxFuture<'static, ()> {
        async move {
            let works = works.into_iter().map(|work| Rc::clone(&self).one(work));
            join_all(works).await;
        }
        .boxed_local()
    }

    async fn one(self: Rc<Self>, work: Work) {
        match work {
            Work::Verify(shown) => {
                if AssertUnwindSafe(self.verify(shown)).catch_unwind().await.is_err() {
                    let verified = Err("the token cannot be verified".to_owned());
                    self.take(Input::Verified(verified)).await;
                }
            }
            Work::Count => {
                if self.is_idle_too_often().await {
                    self.take(Input::Idle).await;
                }
            }
            Work::Run(number, asked) => self.guarded(number, self.run(number, *asked)).await,
            Work::Pump(number, page) => self.guarded(number, self.pump(number, page)).await,
            Work::Fail(number, fault) => {
                self.take(Input::Failed(number, operation::refusal(&fault.into()))).await;
            }
            Work::Renew(source) => self.renew(source).await,
            Work::Leave(source) => self.leave(&source).await,
            Work::Unawait(number) => self.awaits_no_more(number).await,
            Work::Shut => self.shut().await,
        }
    }

    /// Runs the work of an operation. A panic ends only that operation, and the client is told.
    async fn guarded(self: &Rc<Self>, number: Number, work: impl Future<Output = ()>) {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            self.pumped.borrow_mut().remove(&number);
            let fault = Fault::Defect("a panic in an operation".to_owned());
            self.take(Input::Failed(number, operation::refusal(&fault.into()))).await;
        }
    }

    /// Ends the session after its socket has closed: it leaves its sources and deletes its storage.
    pub(super) async fn shut(&self) {
        self.stop_timer(None);
        let Some(connection) = self.connection.take() else { return self.clear_stored().await };
        let sources: BTreeSet<Source> =
            connection.operations().flat_map(|(_, it)| it.followed().cloned()).collect();
        if let Some(holder) = self.holder.take() {
            self.free_seat(&holder).await;
        }
        let follow = self.follow(u64::MAX);
        join_all(sources.iter().map(|source| self.leave_as(source, &follow))).await;
        // To delete what is not there would make a database.
        if !connection.is_stranger() {
            self.clear().await;
        }
    }

    fn socket(&self) -> Option<WebSocket> {
        self.state.get_websockets().into_iter().next()
    }

    /// The name of this session for a source.
    pub(crate) fn follow(&self, turn: u64) -> Follow {
        // 2^53 and above would not survive the way through JavaScript.
        Follow { session: self.state.id().to_string(), turn: turn.min((1 << 53) - 1) }
    }

    /// Comes back at this instant, unless the client has shown a token or left by then.
    fn wait(self: &Rc<Self>, at: Timestamp) {
        let (timer, registration) = AbortHandle::new_pair();
        self.stop_timer(Some(timer));
        let pause = at.millis().saturating_sub(clock::now().millis()).max(0);
        let delay = Delay::from(Duration::from_millis(pause.unsigned_abs()));
        let object = Rc::clone(self);
        // Nobody waits for it: an object that is evicted nevertheless begins another timer when it is loaded.
        spawn_local(async move {
            if Abortable::new(delay, registration).await.is_ok() {
                object.take(Input::Tick).await;
            }
        });
    }

    /// Another timer, or an alarm, takes the place of the one that runs.
    fn stop_timer(&self, next: Option<AbortHandle>) {
        if let Some(timer) = self.timer.replace(next) {
            timer.abort();
        }
    }

    pub(crate) fn set_alarm(&self, at: Timestamp) {
        self.stop_timer(None);
        if self.alarm_at.get() == Some(at) {
            return;
        }
        let date = Date::new(&JsValue::from_f64(at.millis() as f64));
        match self.state.storage().as_raw().set_alarm(date, JsObject::new()) {
            Ok(_) => self.alarm_at.set(Some(at)),
            Err(error) => console_error!("the alarm cannot be set: {error:?}"),
        }
    }
}
