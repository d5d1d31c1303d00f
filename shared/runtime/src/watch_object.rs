//! A native socket of an object opens, speaks, closes. The protocol is in [`edgefold_flow::subscribe`].
//!
//! A socket is either catching up or live. While it catches up it is sent stored events page by page, and is left out of
//! broadcasts; it becomes live in the same breath in which it has seen the head. Which of the two it is, and how far it
//! has come, lies in its attachment, which survives hibernation.

use std::{rc::Rc, time::Duration};

use edgefold_flow::{
    Participant,
    contract::SpanWanted,
    subscribe::{self, Frame},
};
use edgefold_kernel::{Envelope, Failure, Kind, Rejection, Version};
use serde::{Deserialize, Serialize};
use worker::{
    Delay, Request, Response, Url, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    console_error,
};

use crate::{answer, instance_object::Object};

/// What is attached to a socket. Far below the platform's 16,384 bytes.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Attached {
    /// Version of the last event that was sent while catching up.
    after: Version,
    /// Whether it has caught up.
    live: bool,
}

impl<A: Participant> Object<A> {
    /// Opens a socket.
    pub(crate) fn watch(self: &Rc<Self>, request: &Request, url: &Url) -> worker::Result<Response> {
        match self.admit(request, url) {
            Ok((after, protocol)) => {
                let pair = WebSocketPair::new()?;
                self.state.accept_web_socket(&pair.server);
                pair.server.serialize_attachment(Attached { after, live: false })?;
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
            while let Some(Attached { after, live: false }) = attached(&socket) {
                if let Err(error) = object.send_page(&socket, after) {
                    console_error!("a socket cannot catch up: {error}");
                    drop(socket.close(Some(1011), Some("the stream cannot be read")));
                    return;
                }
                Delay::from(Duration::ZERO).await;
            }
        });
    }

    fn send_page(&self, socket: &WebSocket, after: Version) -> Result<(), Failure> {
        let page = self.instance.span(&SpanWanted { after, through: None, types: Vec::new() })?;
        for event in &page.span.events {
            send(socket, &Frame::Event { event });
        }
        let (through, head) = (page.span.through.max(after), page.head);
        let live = through >= head;
        if live {
            send(socket, &Frame::CaughtUp { version: head });
        }
        attach(socket, Attached { after: through, live });
        Ok(())
    }

    /// Live events to every socket that has caught up.
    pub(crate) fn broadcast(&self, appended: &[Envelope]) {
        let sockets = self.state.get_websockets();
        if sockets.is_empty() {
            return;
        }
        let frames: Vec<String> =
            appended.iter().map(|event| Frame::Event { event }.text()).collect();
        for socket in
            sockets.iter().filter(|socket| attached(socket).is_some_and(|attached| attached.live))
        {
            for frame in &frames {
                drop(socket.send_with_str(frame));
            }
        }
    }

    /// A client says something.
    pub(crate) fn heard(
        &self,
        socket: &WebSocket,
        said: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        let is_ping = match said {
            // The exact text is answered by the runtime without waking the object; this is the same with other spacing.
            WebSocketIncomingMessage::String(text) => {
                serde_json::from_str::<serde_json::Value>(&text)
                    .is_ok_and(|value| value.get("type").is_some_and(|kind| kind == "ping"))
            }
            WebSocketIncomingMessage::Binary(_) => false,
        };
        if is_ping {
            return socket.send_with_str(subscribe::PONG);
        }
        let error = Frame::Error { code: "UNKNOWN_MESSAGE", detail: r#"expected {"type":"ping"}"# };
        socket.send_with_str(error.text())
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
