//! Events go out to the sockets of an object, as fast as each is read.
//!
//! A reader is either catching up or live. While it catches up, it gets stored events page by page and no broadcasts;
//! it becomes live in the same turn in which it has reached the head. When its [window](Window) is full, the object
//! asks whether it has everything and sends no events until it has answered: then it catches up, and is live again.
//! All of this lies in the socket's attachment, which survives hibernation. While the window of the object is full
//! ([`crowd`]), its readers wait before they catch up.

use std::{cell::OnceCell, rc::Rc, time::Duration};

use edgefold_flow::{
    door::{allowance::Allowance, token::Caller},
    subscribe::{
        crowd::{self, Measures},
        socket::{self, Frame},
        window::{Next, Window},
    },
};
use edgefold_kernel::{Envelope, Fault, Timestamp, Version, limits};
use serde::{Deserialize, Serialize};
use worker::{Delay, WebSocket, console_error, console_warn};

use super::instance::Object;
use crate::{
    door::allowance::allowance,
    platform::{clock, later::later},
};

/// Time between two looks for overdue answers, while any are expected.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A socket with its attachment.
struct Reader<'a> {
    socket: &'a WebSocket,
    seen: Seen,
    /// Its unread bytes, as far as the object has counted them.
    counted: usize,
    /// Bytes of its window.
    window: usize,
}

/// Why a reader is given up.
#[derive(Clone, Copy)]
enum Behind {
    /// It has not answered in time.
    Slow,
    /// It is the one furthest behind of too many.
    Furthest,
}

/// The attachment of a socket, as JSON text: one call to the runtime. Far below the platform's 16,384 bytes.
#[derive(Clone, Serialize, Deserialize)]
struct Seen {
    /// The reader, and the instant at which its token expires.
    #[serde(rename = "session")]
    caller: Caller,
    /// Version of the last event that it was sent.
    after: Version,
    /// True if it gets live events.
    live: bool,
    /// True if it was told that it has caught up: once is enough, even if it falls behind and catches up again.
    told: bool,
    /// Window of bytes by which the object may be ahead of it.
    window: Window,
}

impl Object {
    /// Begins to send the events after this version to a new socket.
    pub(crate) fn add_reader(self: &Rc<Self>, socket: WebSocket, after: Version, caller: Caller) {
        let seen = Seen { caller, after, live: false, told: false, window: Window::default() };
        let reader =
            Reader { socket: &socket, seen, counted: 0, window: self.allowed().socket_window };
        reader.keep();
        self.expect_expiry(reader.over_at());
        self.catch_up(socket);
    }

    /// Sockets that were catching up, or had not answered, when the object was evicted go on where they were.
    pub(crate) fn resume_readers(self: &Rc<Self>) {
        let now = clock::now();
        self.expiry.set(self.first_expiry());
        for socket in self.state.get_websockets() {
            let reader = self.reader(&socket);
            let unread = reader.as_ref().map_or(0, |reader| reader.counted);
            self.unread.set(self.unread.get().saturating_add(unread));
            match reader.map(|reader| (reader.seen.live, reader.next(now))) {
                Some((false, Next::Wait | Next::GiveUp)) => self.wait_for_answers(),
                Some((false, _)) => self.catch_up(socket),
                _ => {}
            }
        }
        self.look_around();
    }

    /// Sends stored events page by page, with other work in between, until the reader is live or asked.
    fn catch_up(self: &Rc<Self>, socket: WebSocket) {
        let object = Rc::clone(self);
        later(&self.state, async move {
            let mut pause = Duration::ZERO;
            loop {
                Delay::from(pause).await;
                if object.is_full(object.unread.get()) {
                    pause = Duration::from_millis(limits::OBJECT_AGAIN_MS);
                    continue;
                }
                pause = Duration::ZERO;
                match object.send_page(&socket) {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => {
                        console_error!("a socket cannot catch up: {error}");
                        drop(socket.close(Some(1011), Some("the stream cannot be read")));
                        return;
                    }
                }
            }
        });
    }

    /// Sends the next stored events, as many as the window takes. Returns true if there is more to send.
    fn send_page(self: &Rc<Self>, socket: &WebSocket) -> Result<bool, Fault> {
        let now = clock::now();
        let Some(mut reader) = self.reader(socket).filter(|reader| !reader.seen.live) else {
            return Ok(false);
        };
        if reader.is_over(now) {
            self.expire(reader);
            return Ok(false);
        }
        if let Next::Send { room } = reader.next(now) {
            let room = room.min(self.allowed().object_window.saturating_sub(self.unread.get()));
            let (events, head) = self.instance.follow(reader.seen.after, room)?;
            for event in events {
                let texts = Texts::of(&event);
                let frame = texts.get(self.names(&reader, &event));
                if self.is_full_with(&reader) || !reader.event(event.version, frame, now) {
                    break;
                }
            }
            if reader.seen.after >= head && matches!(reader.next(now), Next::Send { .. }) {
                reader.caught_up(head);
            }
        }
        self.settle(&mut reader, now);
        self.keep(&mut reader);
        let is_more = !reader.seen.live && matches!(reader.next(now), Next::Send { .. });
        self.look_around();
        Ok(is_more)
    }

    /// Sends live events to every reader that has caught up. A reader whose window they fill falls back to catching up.
    pub(crate) fn broadcast(self: &Rc<Self>, appended: &[Envelope]) {
        let sockets = self.state.get_websockets();
        if appended.is_empty() || sockets.is_empty() {
            return;
        }
        let now = clock::now();
        let frames: Vec<_> = appended.iter().map(|event| (event, Texts::of(event))).collect();
        for socket in &sockets {
            let Some(mut reader) = self.reader(socket).filter(|reader| reader.seen.live) else {
                continue;
            };
            if reader.is_over(now) {
                self.expire(reader);
                continue;
            }
            let sent = frames.iter().all(|(event, texts)| {
                let frame = texts.get(self.names(&reader, event));
                !self.is_full_with(&reader) && reader.event(event.version, frame, now)
            });
            reader.seen.live = sent;
            self.settle(&mut reader, now);
            self.keep(&mut reader);
            if !sent && matches!(reader.next(now), Next::Send { .. }) {
                self.catch_up(socket.clone());
            }
        }
        self.look_around();
    }

    fn names(&self, reader: &Reader<'_>, event: &Envelope) -> bool {
        self.instance.names(&reader.seen.caller.principal, event)
    }

    /// Sends answers that a client waits for. They count in its window, but are not held back.
    pub(crate) fn reply(self: &Rc<Self>, socket: &WebSocket, texts: &[String]) {
        let now = clock::now();
        let Some(mut reader) = self.reader(socket) else { return };
        texts.iter().for_each(|text| reader.send(text));
        if reader.next(self.heard.get()) == Next::GiveUp {
            return self.give_up(reader, Behind::Slow);
        }
        self.settle(&mut reader, now);
        self.keep(&mut reader);
        self.look_around();
    }

    /// The client, if its token still counts. Otherwise the socket is closed.
    pub(crate) fn listening(&self, socket: &WebSocket) -> Option<Caller> {
        let reader = self.reader(socket)?;
        if reader.is_over(clock::now()) {
            self.expire(reader);
            return None;
        }
        Some(reader.seen.caller)
    }

    /// Lets the alarm ring when a socket's token expires: a hibernated object has no other clock.
    fn expect_expiry(self: &Rc<Self>, at: Timestamp) {
        if self.expiry.get().is_some_and(|first| first <= at) {
            return;
        }
        self.expiry.set(Some(at));
        self.set_alarm_at(at);
    }

    /// Closes the sockets whose token has expired.
    pub(crate) fn expire_sockets(&self) {
        let now = clock::now();
        if self.expiry.get().is_none_or(|first| now < first) {
            return;
        }
        let sockets = self.state.get_websockets();
        let over = sockets.iter().filter_map(|it| self.reader(it)).filter(|it| it.is_over(now));
        over.for_each(|reader| self.expire(reader));
        self.expiry.set(self.first_expiry());
    }

    fn first_expiry(&self) -> Option<Timestamp> {
        self.state
            .get_websockets()
            .iter()
            .filter_map(|it| self.reader(it))
            .map(|it| it.over_at())
            .min()
    }

    /// Takes a newer token of the same principal. Returns false, and keeps the old one, if it belongs to another
    /// principal.
    pub(crate) fn prolong(self: &Rc<Self>, socket: &WebSocket, caller: &Caller) -> bool {
        let Some(mut reader) = self.reader(socket) else { return false };
        let same = reader.seen.caller.principal == caller.principal;
        if same {
            reader.seen.caller = caller.clone();
            self.keep(&mut reader);
            self.expect_expiry(reader.over_at());
        }
        same
    }

    /// Notes that a reader has everything up to the question with this number. Returns false if nobody has asked.
    pub(crate) fn answered(self: &Rc<Self>, socket: &WebSocket, number: u64) -> bool {
        let Some(mut reader) = self.reader(socket) else { return false };
        let answered = reader.seen.window.answered(number);
        if answered {
            self.keep(&mut reader);
            self.catch_up(socket.clone());
        }
        answered
    }

    /// Asks a reader whose window is full.
    fn settle(self: &Rc<Self>, reader: &mut Reader<'_>, now: Timestamp) {
        if reader.next(now) == Next::Ask {
            reader.ask(now);
            self.wait_for_answers();
        }
    }

    /// Waits until all readers that were asked have answered or are given up. Only for that time does the timer keep
    /// the object awake.
    ///
    /// What came before one look is heard by the next: an object that was busy takes no answer for missing that lies
    /// behind its work.
    fn wait_for_answers(self: &Rc<Self>) {
        if self.waiting.replace(true) {
            return;
        }
        let object = Rc::clone(self);
        later(&self.state, async move {
            let mut looked_at = clock::now();
            loop {
                Delay::from(LOOK_EVERY).await;
                object.heard.set(std::mem::replace(&mut looked_at, clock::now()));
                let sockets = object.state.get_websockets();
                let mut is_asked = false;
                for reader in sockets.iter().filter_map(|it| object.reader(it)) {
                    match reader.next(object.heard.get()) {
                        Next::GiveUp => object.give_up(reader, Behind::Slow),
                        Next::Wait => is_asked = true,
                        Next::Ask | Next::Send { .. } => {}
                    }
                }
                let is_full = object.is_full(object.unread.get());
                if is_full {
                    object.take_measures();
                }
                if !is_asked && !is_full {
                    return object.waiting.set(false);
                }
            }
        });
    }

    /// Keeps what is known of a reader, and counts its unread bytes.
    fn keep(&self, reader: &mut Reader<'_>) {
        self.unread.set(self.unread_with(reader));
        reader.counted = reader.seen.window.unread();
        reader.keep();
    }

    fn unread_with(&self, reader: &Reader<'_>) -> usize {
        let others = self.unread.get().saturating_sub(reader.counted);
        others.saturating_add(reader.seen.window.unread())
    }

    fn allowed(&self) -> Allowance {
        allowance(&self.env)
    }

    /// The reader of a socket; `None` for a socket that was given up.
    fn reader<'a>(&self, socket: &'a WebSocket) -> Option<Reader<'a>> {
        let text: String = socket.deserialize_attachment().ok().flatten()?;
        let seen: Seen = serde_json::from_str(&text).ok()?;
        let counted = seen.window.unread();
        Some(Reader { socket, seen, counted, window: self.allowed().socket_window })
    }

    /// True if the unread bytes of all readers leave no room for further events.
    fn is_full(&self, unread: usize) -> bool {
        unread >= self.allowed().object_window
    }

    fn is_full_with(&self, reader: &Reader<'_>) -> bool {
        self.is_full(self.unread_with(reader))
    }

    /// A reader has left, and took with it what it had not read.
    pub(crate) fn leaves(&self, socket: &WebSocket) {
        if let Some(reader) = self.reader(socket) {
            self.let_go(&reader);
        }
    }

    fn let_go(&self, reader: &Reader<'_>) {
        self.unread.set(self.unread.get().saturating_sub(reader.counted));
        drop(reader.socket.serialize_attachment(()));
    }

    /// Takes measures when the window of the object is full: not for every message, since that looks at all readers.
    fn look_around(self: &Rc<Self>) {
        let unread = self.unread.get();
        if !self.is_full(unread) {
            self.looked.set(0);
        } else if unread >= self.looked.get().saturating_add(self.allowed().socket_window) {
            self.take_measures();
        }
    }

    /// Asks the readers that are furthest behind, or closes them.
    fn take_measures(self: &Rc<Self>) {
        let now = clock::now();
        let sockets = self.state.get_websockets();
        let mut readers: Vec<_> = sockets.iter().map(|it| self.reader(it)).collect();
        readers.retain(Option::is_some);
        let window = |reader: &Option<Reader<'_>>| {
            reader.as_ref().map(|it| it.seen.window).unwrap_or_default()
        };
        let windows: Vec<Window> = readers.iter().map(window).collect();
        self.unread.set(crowd::total(&windows));
        let Measures { ask, close } =
            crowd::measures(&windows, self.heard.get(), self.allowed().object_window);
        let mut reader = |index: usize| readers.get_mut(index).and_then(Option::take);
        for reader in close.into_iter().filter_map(&mut reader) {
            self.give_up(reader, Behind::Furthest);
        }
        for mut reader in ask.into_iter().filter_map(&mut reader) {
            reader.ask(now);
            self.keep(&mut reader);
        }
        self.looked.set(self.unread.get());
        self.wait_for_answers();
    }

    /// Closes the socket of a reader whose token was not renewed.
    fn expire(&self, reader: Reader<'_>) {
        drop(reader.socket.close(Some(socket::EXPIRED), Some("the token has expired")));
        self.let_go(&reader);
    }

    /// Tells the reader and closes its socket. The attachment goes: nothing is sent to it or expected from it again.
    fn give_up(&self, reader: Reader<'_>, why: Behind) {
        let after = reader.seen.after;
        let (code, close, reason, detail) = match why {
            Behind::Slow => {
                console_warn!("a reader was too slow, and is closed at version {after}");
                let detail =
                    "read faster, or come back with ?after= the last sequence that you saw";
                ("SLOW_CONSUMER", socket::SLOW_CONSUMER, "slow consumer", detail)
            }
            Behind::Furthest => {
                console_warn!("a reader was furthest behind, and is closed at version {after}");
                let detail = "the readers of this instance have too much unread together, and you are furthest behind: come back with ?after= the last sequence that you saw";
                ("TOO_MUCH_UNREAD", socket::TOO_MUCH_UNREAD, "too much unread", detail)
            }
        };
        drop(reader.socket.send_with_str(Frame::Error { code, detail }.text()));
        drop(reader.socket.close(Some(close), Some(reason)));
        self.let_go(&reader);
    }
}

/// The frame of an event, with the names in it and without them: each is written at most once, however many read it.
struct Texts<'a> {
    event: &'a Envelope,
    named: OnceCell<String>,
    nameless: OnceCell<String>,
}

impl<'a> Texts<'a> {
    fn of(event: &'a Envelope) -> Self {
        Self { event, named: OnceCell::new(), nameless: OnceCell::new() }
    }

    fn get(&self, with_names: bool) -> &str {
        let text = |event: &Envelope| Frame::Event { event }.text();
        match with_names {
            true => self.named.get_or_init(|| text(self.event)),
            false => self.nameless.get_or_init(|| text(&self.event.nameless())),
        }
    }
}

impl Reader<'_> {
    fn keep(&self) {
        let kept = serde_json::to_string(&self.seen).map_err(worker::Error::from);
        if let Err(error) = kept.and_then(|text| self.socket.serialize_attachment(text)) {
            console_error!("a socket keeps no attachment: {error}");
        }
    }

    fn next(&self, now: Timestamp) -> Next {
        self.seen.window.next(now, self.window)
    }

    /// True if its token no longer counts.
    fn is_over(&self, now: Timestamp) -> bool {
        now >= self.over_at()
    }

    fn over_at(&self) -> Timestamp {
        self.seen.caller.expires_at.plus_millis(limits::CLOCK_SKEW_MS)
    }

    /// A socket that cannot be sent to is closing: its close event follows.
    fn send(&mut self, text: &str) {
        drop(self.socket.send_with_str(text));
        self.seen.window.sent(text.len());
    }

    /// Sends an event if the window takes it.
    fn event(&mut self, version: Version, frame: &str, now: Timestamp) -> bool {
        let room = matches!(self.next(now), Next::Send { .. });
        if room {
            self.send(frame);
            self.seen.after = version;
        }
        room
    }

    /// Everything up to the head was sent.
    fn caught_up(&mut self, head: Version) {
        self.seen.live = true;
        if !self.seen.told {
            self.seen.told = true;
            self.send(&Frame::CaughtUp { version: head }.text());
        }
    }

    fn ask(&mut self, now: Timestamp) {
        let version = self.seen.after;
        self.send(&Frame::Ping { version }.text());
        self.seen.window.asked(version, now);
        self.seen.live = false;
    }
}
