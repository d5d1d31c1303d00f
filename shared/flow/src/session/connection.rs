//! The protocol as a state machine: inputs go in, actions come out.
//!
//! It knows the active operations and the cursor of each. A frame of an operation goes out only while that operation is
//! active, and only if it is the next one: so nothing follows a `complete`, nothing is skipped, and nothing is sent
//! twice.

use std::collections::{BTreeMap, BTreeSet};

use edgefold_kernel::{Timestamp, limits};
use serde::{Deserialize, Serialize};

use super::{
    message::{self, Asked, Close, Said, Shown},
    operation::{Lack, Operation, Step},
};
use crate::{
    door::{allowance::Allowance, document::NO_HASHES, token::Caller},
    journal::Place,
    subscribe::{
        Begin, Source,
        window::{Next, Window},
    },
};

/// Number of an operation within its session: rises, and is never used again.
pub type Number = u64;

/// An input of the state machine.
#[derive(Debug)]
pub enum Input {
    /// A message of the client; `Err` when it is not text.
    Heard(Result<String, &'static str>),
    /// The result of checking a token.
    Verified(Result<Pass, String>),
    /// The token could not be checked, for a reason that is not the client's or that passes.
    Unverified,
    /// The result of a query or mutation, as JSON text.
    Result(Number, String),
    /// The operation came to an end with these errors, a JSON list.
    Failed(Number, String),
    /// It is a subscription, and is about to ask its sources for their heads.
    Joining(Number, Vec<Source>),
    /// The sources have answered with their heads: the subscription begins, and the sources tell of later events.
    Joined(Number, Begin, Vec<Place>),
    /// The stream that it is about has not begun: it is about to follow this source, in which that would be seen.
    Awaiting(Number, Source),
    /// It follows that source from this place on: it waits.
    Waits(Number, Place),
    /// The stream that it awaited has begun, and has come to this place.
    Begun(Number, Place),
    /// A source tells its head.
    Told(Source, u64),
    /// The frame of a subscription for a step; `None` when nothing in it concerns the subscription.
    Event(Number, Step, Option<String>),
    /// Missing events cannot be sent now; the session tries again after a while.
    Stuck,
    /// A message that did nothing was one too many.
    Idle,
    /// This cannot go on.
    Lost(Close),
    /// Time has passed.
    Tick,
}

/// An action for the shell.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Send this text.
    Send(String),
    /// Close the socket, and forget the session.
    Close(Close),
    /// Check what this payload of `connection_init` or `ping` shows; without it, the caller that the upgrade has shown.
    Verify(Option<Shown>),
    /// This message does nothing that counts by itself, or is refused at once: count it as a request. Come back with [`Input::Idle`] if it is one too
    /// many.
    Count,
    /// Run the operation: execute it, or find the sources that it subscribes to.
    Run(Number, Box<Asked>),
    /// Follow this source again: the token counts longer than it knows.
    Renew(Source),
    /// Keep this operation: it lives on when the session is evicted.
    Keep(Number),
    /// No operation follows this source any more.
    Leave(Source),
    /// Send the events that this operation lacks.
    Pump(Number),
    /// The operation has ended: keep nothing of it. With those of its sources that no operation follows any more.
    Forget(Number, Vec<Source>),
    /// Come back with [`Input::Tick`] at this instant. It replaces every earlier `Wake`.
    Wake(Timestamp),
    /// The same for a client that has shown no token: nothing may be stored for it, and an alarm is stored.
    Wait(Timestamp),
}

/// A client with a valid token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pass {
    /// The caller.
    pub caller: Caller,
    /// Instant at which the token counts no longer.
    pub until: Timestamp,
}

impl From<Caller> for Pass {
    fn from(caller: Caller) -> Self {
        let until = caller.expires_at.plus_millis(limits::CLOCK_SKEW_MS);
        Self { caller, until }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// No `connection_init` yet.
    Waiting,
    /// Its token is being checked.
    Verifying,
    /// Acknowledged.
    Open(Pass),
    /// Nothing goes out any more.
    Closed,
}

/// One socket.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) phase: Phase,
    /// Instant since which it waits for `connection_init`, and then for the check of its token.
    pub(super) waits_since: Timestamp,
    pub(super) window: Window,
    /// Number of our last `ping`.
    pub(super) asked: u64,
    pub(super) last: Number,
    pub(super) again_at: Option<Timestamp>,
    pub(super) operations: BTreeMap<Number, Operation>,
    pub(super) allowance: Allowance,
    /// The caller that the upgrade has shown, until it is acknowledged.
    pub(super) upgraded: Option<Caller>,
    /// Messages that did nothing and were too many, and since when they are counted.
    pub(super) idle: (Timestamp, usize),
    /// True until the client has shown a token that counts.
    pub(super) is_stranger: bool,
}

impl Connection {
    /// A socket that was just opened, and when to look at it first.
    pub fn open(now: Timestamp) -> (Self, Vec<Action>) {
        let this = Self {
            phase: Phase::Waiting,
            waits_since: now,
            window: Window::default(),
            asked: 0,
            last: 0,
            again_at: None,
            operations: BTreeMap::new(),
            allowance: Allowance::default(),
            upgraded: None,
            idle: (now, 0),
            is_stranger: true,
        };
        let wake = this.wake();
        (this, wake)
    }

    /// The same socket with these limits for the client.
    pub fn allowed(self, allowance: Allowance) -> Self {
        Self { allowance, ..self }
    }

    /// The same socket, whose upgrade has shown this caller. What `connection_init` shows takes its place.
    pub fn upgraded_by(self, upgraded: Option<Caller>) -> Self {
        Self { upgraded, ..self }
    }

    /// The caller that the upgrade has shown, while it is not acknowledged.
    pub fn upgraded(&self) -> Option<&Caller> {
        self.upgraded.as_ref()
    }

    /// The client, once it is acknowledged.
    pub fn pass(&self) -> Option<&Pass> {
        if let Phase::Open(pass) = &self.phase { Some(pass) } else { None }
    }

    /// True if the client has never shown a token that counts: nothing is stored for it.
    pub fn is_stranger(&self) -> bool {
        self.is_stranger
    }

    /// The active operations.
    pub fn operations(&self) -> impl Iterator<Item = (Number, &Operation)> {
        self.operations.iter().map(|(number, operation)| (*number, operation))
    }

    /// What an operation lacks that may be sent now. `None`: it has ended, it lacks nothing, or the client has to read earlier
    /// events first.
    pub fn wants(&self, number: Number, now: Timestamp) -> Option<Lack> {
        let lack = self.operations.get(&number)?.lack()?;
        self.may_send(now).then_some(lack)
    }

    fn next(&self, now: Timestamp) -> Next {
        self.window.next(now, self.allowance.socket_window)
    }

    pub(super) fn may_send(&self, now: Timestamp) -> bool {
        matches!(self.next(now), Next::Send { .. }) && self.pass().is_some()
    }

    /// True if an operation follows this source; and the number of the latest operation. The source removes this
    /// session only if it has not joined again since.
    pub fn follows(&self, source: &Source) -> (bool, Number) {
        let follows = self.operations.values().any(|it| it.follows(source));
        (follows && self.phase != Phase::Closed, self.last)
    }

    /// Takes one step.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Vec<Action> {
        if self.phase == Phase::Closed {
            return Vec::new();
        }
        match input {
            Input::Heard(Ok(text)) => match Said::parse(&text, self.longest()) {
                Ok(said) => self.heard(now, said),
                Err(close) => self.close(close),
            },
            Input::Heard(Err(detail)) => self.close(Close::BadRequest(detail.to_owned())),
            Input::Verified(pass) => self.verified(now, pass),
            // The present token counts until it expires; until then the client may send the newer one again.
            Input::Unverified if self.pass().is_some() => {
                self.send(now, message::not_renewed("UNAVAILABLE", "try again"))
            }
            Input::Unverified => self.close(Close::TryAgainLater),
            Input::Result(number, result) => self.result(now, number, &result),
            Input::Failed(number, errors) => self.failed(now, number, &errors),
            Input::Joining(number, sources) => self.joining(now, number, sources),
            Input::Joined(number, begin, heads) => self.joined(now, number, &begin, &heads),
            Input::Awaiting(number, source) => self.awaiting(now, number, source),
            Input::Waits(number, from) => self.waits(number, from),
            Input::Begun(number, head) => self.begun(number, &head),
            Input::Told(source, head) => self.told(&source, head),
            Input::Event(number, step, text) => self.event(now, number, step, text),
            Input::Stuck => {
                self.again_at = Some(now.plus_millis(limits::PULL_AGAIN_MS));
                self.wake()
            }
            Input::Idle => self.idle(now),
            Input::Lost(close) => self.close(close),
            Input::Tick => self.tick(now),
        }
    }

    /// Bytes of a message. Whoever has shown no token that counts has nothing to say but that.
    fn longest(&self) -> usize {
        match self.pass() {
            Some(_) => self.allowance.body,
            None => limits::BODY_BYTES_LEAST,
        }
    }

    fn heard(&mut self, now: Timestamp, said: Said) -> Vec<Action> {
        match said {
            Said::Init(payload) if self.phase == Phase::Waiting => {
                self.phase = Phase::Verifying;
                self.waits_since = now;
                vec![Action::Verify(message::shown(payload.as_ref()))]
            }
            Said::Init(_) => self.close(Close::TooManyInits),
            Said::Ping(payload) => {
                let shown = message::shown(payload.as_ref());
                match shown {
                    // The answer comes when it is judged.
                    Some(shown) if self.pass().is_some() => vec![Action::Verify(Some(shown))],
                    // The exact text without a payload is answered by the runtime, and wakes nothing. A token is not sent back.
                    shown => {
                        let back = payload.as_ref().filter(|_| shown.is_none());
                        let mut actions = self.send(now, message::pong(back));
                        actions.push(Action::Count);
                        actions
                    }
                }
            }
            Said::Pong(payload) => {
                let number = message::number(payload.as_ref()).unwrap_or(self.asked);
                if self.window.answered(number) { self.pump(|_| true) } else { vec![Action::Count] }
            }
            Said::Subscribe { id, asked } => self.subscribe(now, id, asked),
            Said::Complete { id } => {
                let number = self.operations.iter().find(|(_, it)| it.id == id);
                let number = number.map(|(number, _)| *number);
                number.map_or_else(|| vec![Action::Count], |number| self.forget(number))
            }
        }
    }

    fn verified(&mut self, now: Timestamp, pass: Result<Pass, String>) -> Vec<Action> {
        // A newer token that does not count is answered before the socket closes: the page can say what is wrong.
        let refused = |this: &mut Self, detail: &str, close: Close| {
            let mut actions = match this.phase {
                Phase::Open(_) => this.send(now, message::not_renewed("INVALID_TOKEN", detail)),
                _ => Vec::new(),
            };
            actions.extend(this.close(close));
            actions
        };
        match (pass, &self.phase) {
            (Err(detail), _) => refused(self, &detail, Close::BadToken(detail.clone())),
            // A renewed token belongs to the same principal, so the subscriptions stay allowed.
            (Ok(pass), Phase::Open(known)) if pass.caller.principal != known.caller.principal => {
                let detail = "the token belongs to another principal";
                refused(self, detail, Close::Forbidden(detail))
            }
            (Ok(pass), phase) => {
                let first = !matches!(phase, Phase::Open(_));
                let expires_at = pass.caller.expires_at;
                self.phase = Phase::Open(pass);
                self.is_stranger = false;
                self.upgraded = None;
                let mut actions = match first {
                    true => vec![Action::Send(message::ack(None))],
                    false => self.send(now, message::renewed(expires_at)),
                };
                actions.extend(self.wake());
                let sources: BTreeSet<_> =
                    self.operations.values().flat_map(Operation::followed).collect();
                actions.extend(sources.into_iter().cloned().map(Action::Renew));
                actions
            }
        }
    }

    fn subscribe(&mut self, now: Timestamp, id: String, asked: Box<Asked>) -> Vec<Action> {
        if self.pass().is_none() {
            return self.close(Close::Unauthorized);
        }
        if self.operations.values().any(|operation| operation.id == id) {
            return self.close(Close::SubscriberExists(id));
        }
        let most = self.allowance.operations;
        let refused = if self.operations.len() >= most {
            Some((
                "TOO_MANY_OPERATIONS",
                format!("a socket may have at most {most} active operations"),
            ))
        } else if asked.query.len() > self.allowance.query {
            let most = self.allowance.query;
            Some(("QUERY_TOO_LARGE", format!("a document may have at most {most} bytes")))
        } else if self.documents() + asked.query.len()
            > self.allowance.query * limits::SESSION_QUERIES
        {
            let most = self.allowance.query * limits::SESSION_QUERIES;
            let detail = format!(
                "the documents of a socket's operations may have at most {most} bytes together"
            );
            Some(("QUERY_TOO_LARGE", detail))
        } else if asked.is_hash_alone() {
            let (code, detail) = NO_HASHES;
            Some((code, detail.to_owned()))
        } else {
            None
        };
        if let Some((code, detail)) = refused {
            let mut actions = self.send(now, message::error(&id, &message::errors(code, &detail)));
            actions.push(Action::Count);
            return actions;
        }
        self.last += 1;
        self.operations.insert(self.last, Operation::new(id, asked.query.len()));
        vec![Action::Run(self.last, asked)]
    }

    fn documents(&self) -> usize {
        self.operations.values().map(|operation| operation.document).sum()
    }

    fn result(&mut self, now: Timestamp, number: Number, result: &str) -> Vec<Action> {
        let Some(operation) = self.operations.get(&number) else { return Vec::new() };
        let id = operation.id.clone();
        let mut actions = self.send(now, message::next(&id, result));
        actions.extend(self.send(now, message::complete(&id)));
        actions.extend(self.forget(number));
        actions
    }

    pub(super) fn failed(&mut self, now: Timestamp, number: Number, errors: &str) -> Vec<Action> {
        let Some(operation) = self.operations.get(&number) else { return Vec::new() };
        let frame = message::error(&operation.id, errors);
        let mut actions = self.send(now, frame);
        actions.extend(self.forget(number));
        actions
    }

    /// A client is let be when others of its principal have used up the count. One that goes on and on is closed.
    fn idle(&mut self, now: Timestamp) -> Vec<Action> {
        let over = self.idle.0.plus_millis(i64::from(limits::RATE_PERIOD_S) * 1_000);
        if now >= over {
            self.idle = (now, 0);
        }
        self.idle.1 += 1;
        if self.idle.1 > self.allowance.idle {
            self.close(Close::TryAgainLater)
        } else {
            Vec::new()
        }
    }

    fn tick(&mut self, now: Timestamp) -> Vec<Action> {
        let late = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if late(self.init_until()) {
            return self.close(Close::InitTimeout);
        }
        if late(self.pass().map(|pass| pass.until)) {
            return self.close(Close::Forbidden("the token has expired"));
        }
        if self.next(now) == Next::GiveUp {
            return self.close(Close::SlowConsumer);
        }
        let mut actions = Vec::new();
        if late(self.again_at) {
            actions = self.pump(|_| true);
            // The sender may end before it has sent it: the session tries again until nothing is missing.
            let again = now.plus_millis(limits::PULL_AGAIN_MS);
            self.again_at = (!actions.is_empty()).then_some(again);
        }
        actions.extend(self.wake());
        actions
    }

    /// Sends a frame. When the window is full, the client is asked for an answer; frames that cannot wait are bounded
    /// too.
    pub(super) fn send(&mut self, now: Timestamp, frame: String) -> Vec<Action> {
        if self.phase == Phase::Closed {
            return Vec::new();
        }
        self.window.sent(frame.len());
        let mut actions = vec![Action::Send(frame)];
        match self.next(now) {
            Next::Ask => {
                self.asked += 1;
                self.window.asked(self.asked, now);
                actions.push(Action::Send(message::ping(self.asked)));
                actions.extend(self.wake());
            }
            Next::GiveUp => actions.extend(self.close(Close::SlowConsumer)),
            Next::Send { .. } | Next::Wait => {}
        }
        actions
    }

    pub(super) fn pump(&self, chosen: impl Fn(Number) -> bool) -> Vec<Action> {
        let behind = self.operations().filter(|(number, it)| it.is_behind() && chosen(*number));
        behind.map(|(number, _)| Action::Pump(number)).collect()
    }

    fn forget(&mut self, number: Number) -> Vec<Action> {
        let Some(operation) = self.operations.remove(&number) else { return Vec::new() };
        let left = operation.followed().filter(|source| !self.follows(source).0);
        vec![Action::Forget(number, left.cloned().collect())]
    }

    pub(super) fn close(&mut self, close: Close) -> Vec<Action> {
        self.phase = Phase::Closed;
        vec![Action::Close(close)]
    }

    fn init_until(&self) -> Option<Timestamp> {
        let waiting = matches!(self.phase, Phase::Waiting | Phase::Verifying);
        waiting.then(|| self.waits_since.plus_millis(limits::SESSION_INIT_WITHIN_MS))
    }

    /// The next instant at which time matters. There is one clock for all reasons.
    pub(super) fn wake(&self) -> Vec<Action> {
        let expiry = self.pass().map(|pass| pass.until);
        let next = [self.init_until(), expiry, self.again_at, self.window.until()];
        let next = next.into_iter().flatten().min();
        let clock = if self.is_stranger { Action::Wait } else { Action::Wake };
        next.map(clock).into_iter().collect()
    }
}
