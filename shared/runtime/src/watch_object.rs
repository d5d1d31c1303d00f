//! A native socket of an object opens, speaks, closes. The protocol is in [`edgefold_flow::subscribe`].
//!
//! A socket is either catching up or live. While it catches up it is sent stored events page by page, and is left out of
//! broadcasts; it becomes live in the same breath in which it has seen the head. A live one that falls behind catches up
//! again. Which of the two it is, and how far it
//! has come, lies in its attachment, which survives hibernation.

use std::{rc::Rc, time::Duration};

use edgefold_flow::{
    Accepted, Message, Participant,
    contract::{Asker, SpanWanted},
    subscribe::{self, Frame, Said},
    token::{Session, invalid},
};
use edgefold_kernel::{Envelope, Failure, Fault, Kind, Rejection, Version, limits};
use serde::{Deserialize, Serialize};
use worker::{
    Delay, Request, Response, Url, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    console_error, worker_sys::web_sys,
};

use crate::{answer, auth_fetch, clock, gateway_d1::admit, instance_object::Object};

/// While a reader catches up it is given 10 s to take a page.
const A_MOMENT: Duration = Duration::from_millis(50);
const PATIENCE: usize = 200;

/// What is attached to a socket. Far below the platform's 16,384 bytes.
#[derive(Clone, Serialize, Deserialize)]
struct Attached {
    /// Who watches, and until when.
    session: Session,
    /// Version of the last event that was sent while catching up.
    after: Version,
    /// Whether it has caught up.
    live: bool,
    /// Whether it was told so: once is enough, also when it falls behind and catches up again.
    told: bool,
}

impl<A: Participant> Object<A> {
    /// Opens a socket.
    pub(crate) fn watch(
        self: &Rc<Self>,
        request: &Request,
        url: &Url,
        session: Session,
    ) -> worker::Result<Response> {
        match self.admit(request, url) {
            Ok((after, protocol)) => {
                let pair = WebSocketPair::new()?;
                self.state.accept_web_socket(&pair.server);
                pair.server.serialize_attachment(Attached {
                    session,
                    after,
                    live: false,
                    told: false,
                })?;
                self.catch_up(pair.server);
                let response = Response::from_websocket(pair.client)?;
                if let Some(protocol) = protocol {
                    response.headers().set("sec-websocket-protocol", protocol)?;
                }
                Ok(response)
            }
            Err(failure) => answer::failed(&failure),
        }
    }

    fn admit(
        &self,
        request: &Request,
        url: &Url,
    ) -> Result<(Version, Option<&'static str>), Failure> {
        let upgrade = answer::header(request.headers(), "upgrade").unwrap_or_default();
        if !upgrade.eq_ignore_ascii_case("websocket") {
            return Err(Rejection::new(
                Kind::Unsupported,
                "UPGRADE_REQUIRED",
                "this is a websocket",
            )
            .into());
        }
        let protocol = subscribe::negotiate(
            answer::header(request.headers(), "sec-websocket-protocol").as_deref(),
        )?;
        let head = self.instance.head()?.version;
        if head == 0 {
            return Err(self.instance.unknown().into());
        }
        let after = url
            .query_pairs()
            .find(|(name, _)| name == "after")
            .map(|(_, value)| value.into_owned());
        Ok((subscribe::cursor(after.as_deref(), head)?, protocol))
    }

    /// Sockets that were catching up when the object was evicted go on where they were.
    pub(crate) fn resume_watchers(self: &Rc<Self>) {
        for socket in self.state.get_websockets() {
            if attached(&socket).is_some_and(|attached| !attached.live) {
                self.catch_up(socket);
            }
        }
    }

    /// Sends what is stored, a page at once, giving way to other work in between.
    fn catch_up(self: &Rc<Self>, socket: WebSocket) {
        let object = Rc::clone(self);
        self.state.wait_until(async move {
            while let Some(Attached { live: false, session, .. }) = attached(&socket) {
                if is_over(&session) {
                    return expire(&socket);
                }
                if !object.keeps_up(&socket).await {
                    return give_up(&socket);
                }
                if let Err(error) = object.send_page(&socket) {
                    console_error!("a socket cannot catch up: {error}");
                    drop(socket.close(Some(1011), Some("the stream cannot be read")));
                    return;
                }
            }
        });
    }

    /// Waits until a reader has taken what was sent, for a while.
    async fn keeps_up(&self, socket: &WebSocket) -> bool {
        for _ in 0..PATIENCE {
            Delay::from(Duration::ZERO).await;
            if waiting(socket) <= limits::SOCKET_BUFFER_BYTES {
                return true;
            }
            Delay::from(A_MOMENT).await;
        }
        false
    }

    fn send_page(&self, socket: &WebSocket) -> Result<(), Failure> {
        let Some(Attached { session, after, told, .. }) = attached(socket) else { return Ok(()) };
        let page = self.instance.span(&SpanWanted { after, through: None, types: Vec::new() })?;
        for event in &page.span.events {
            send(socket, &Frame::Event { event });
        }
        let (through, head) = (page.span.through.max(after), page.head);
        let live = through >= head;
        if live && !told {
            send(socket, &Frame::CaughtUp { version: head });
        }
        attach(socket, Attached { session, after: through, live, told: told || live });
        Ok(())
    }

    /// Live events to every socket that has caught up. One on which too much waits falls back to catching up: it gets the
    /// events from storage when it has taken what was sent, if it does so in time.
    pub(crate) fn broadcast(self: &Rc<Self>, appended: &[Envelope]) {
        let sockets = self.state.get_websockets();
        let Some(first) = appended.first().filter(|_| !sockets.is_empty()) else { return };
        let frames: Vec<String> =
            appended.iter().map(|event| Frame::Event { event }.text()).collect();
        for socket in sockets {
            match attached(&socket) {
                Some(Attached { session, live: true, .. }) if is_over(&session) => expire(&socket),
                Some(Attached { session, live: true, told, .. })
                    if waiting(&socket) > limits::SOCKET_BUFFER_BYTES =>
                {
                    let after = first.version - 1;
                    attach(&socket, Attached { session, after, live: false, told });
                    self.catch_up(socket);
                }
                Some(Attached { live: true, .. }) => {
                    frames.iter().for_each(|frame| drop(socket.send_with_str(frame)))
                }
                _ => {}
            }
        }
    }

    /// A client says something.
    pub(crate) async fn heard(
        self: &Rc<Self>,
        socket: &WebSocket,
        said: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        let said = match said {
            WebSocketIncomingMessage::String(text) => Said::parse(&text),
            WebSocketIncomingMessage::Binary(_) => {
                Err(Rejection::new(Kind::Malformed, "MALFORMED_MESSAGE", "expected text"))
            }
        };
        let Some(seen) = attached(socket) else { return Ok(()) };
        if is_over(&seen.session) {
            expire(socket);
            return Ok(());
        }
        let asked = match said {
            // The exact text is answered by the runtime without waking the object; this is the same with other spacing.
            Ok(Said::Ping {}) => return socket.send_with_str(subscribe::PONG),
            Ok(Said::Authenticate { token }) => return self.renew(socket, &token).await,
            Ok(Said::Command(asked)) => vec![*asked],
            Ok(Said::Commands { commands }) => commands,
            Err(refusal) => {
                let frame = Frame::Error { code: &refusal.code, detail: &refusal.detail };
                return socket.send_with_str(frame.text());
            }
        };
        let by = Asker::Somebody(seen.session);
        let id = self.instance.id();
        let (ids, messages): (Vec<_>, Vec<_>) =
            asked.into_iter().map(|asked| asked.to(A::TYPE, id)).unzip();
        let admitted: Vec<_> =
            messages.into_iter().map(|message| admit(message, self.catalogue)).collect();
        for (id, result) in ids.iter().zip(self.admitted(admitted, &by).await) {
            socket.send_with_str(subscribe::answer(id, &result))?;
        }
        Ok(())
    }

    /// A new token for the same subject in the same role takes the place of the old one.
    async fn renew(&self, socket: &WebSocket, token: &str) -> worker::Result<()> {
        let renewed = auth_fetch::verify(&self.env, token).await;
        // Read again: events may have been sent meanwhile.
        let Some(seen) = attached(socket) else { return Ok(()) };
        let renewed =
            renewed.and_then(|session| match session.principal == seen.session.principal {
                true => Ok(session),
                false => Err(invalid("the token is somebody else's").into()),
            });
        let frame = match renewed {
            Ok(session) => {
                let expires_at = session.expires_at;
                attach(socket, Attached { session, ..seen });
                Frame::Authenticated { expires_at }.text()
            }
            Err(Failure::Rejected(refusal)) => {
                Frame::Error { code: &refusal.code, detail: &refusal.detail }.text()
            }
            Err(Failure::Faulted(fault)) => {
                console_error!("{fault}");
                Frame::Error { code: fault.code(), detail: "try again" }.text()
            }
        };
        socket.send_with_str(frame)
    }

    /// Decides what was admitted, and answers in the order in which it came.
    async fn admitted(
        self: &Rc<Self>,
        admitted: Vec<Result<Message, Failure>>,
        by: &Asker,
    ) -> Vec<Result<Accepted, Failure>> {
        let messages: Vec<_> = admitted.iter().flatten().cloned().collect();
        let mut results = self.commands(&messages, by).await.into_iter();
        let next = |one: Result<Message, Failure>| {
            one.and_then(|_| {
                results
                    .next()
                    .unwrap_or_else(|| Err(Fault::Defect("an answer is missing".into()).into()))
            })
        };
        admitted.into_iter().map(next).collect()
    }

    /// A client leaves.
    pub(crate) fn closed(&self, socket: &WebSocket, code: usize) -> worker::Result<()> {
        // 1005, 1006 and 1015 only ever stand for "no code": they must not be sent.
        let code = u16::try_from(code)
            .ok()
            .filter(|code| !matches!(code, 1005 | 1006 | 1015))
            .unwrap_or(1000);
        drop(socket.close(Some(code), Some("")));
        Ok(())
    }
}

fn attached(socket: &WebSocket) -> Option<Attached> {
    socket.deserialize_attachment().ok().flatten()
}

fn attach(socket: &WebSocket, attached: Attached) {
    if let Err(error) = socket.serialize_attachment(attached) {
        console_error!("a socket keeps no attachment: {error}");
    }
}

/// A socket that cannot be sent to is closing: its close event follows.
fn send(socket: &WebSocket, frame: &Frame<'_>) {
    drop(socket.send_with_str(frame.text()));
}

/// Whether a token no longer counts.
fn is_over(session: &Session) -> bool {
    clock::now() >= session.expires_at.plus_millis(limits::CLOCK_SKEW_MS)
}

/// Whoever has not renewed its token hears nothing more.
fn expire(socket: &WebSocket) {
    drop(socket.close(Some(subscribe::EXPIRED), Some("the token has expired")));
}

/// Bytes that were sent and that the reader has not taken yet.
fn waiting(socket: &WebSocket) -> u32 {
    let raw: &web_sys::WebSocket = socket.as_ref();
    raw.buffered_amount()
}

/// A reader that is too slow is told, and closed.
fn give_up(socket: &WebSocket) {
    let detail = "read faster, or come back with ?after= the last sequence that you saw";
    send(socket, &Frame::Error { code: "SLOW_CONSUMER", detail });
    drop(socket.close(Some(subscribe::SLOW_CONSUMER), Some("slow consumer")));
}
