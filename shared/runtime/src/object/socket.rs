//! A native socket of an object opens, speaks, closes. The protocol is in [`edgefold_flow::subscribe::socket`].
//! The events that it gets are in [`reader`](crate::object::reader).

use std::rc::Rc;

use edgefold_flow::{
    Accepted, Message,
    door::{
        Asker, rate,
        token::{Caller, invalid},
    },
    subscribe::socket::{self, Frame, Said},
};
use edgefold_kernel::{Failure, Fault, Id, Kind, Rejection, Version};
use worker::{Url, WebSocket, WebSocketIncomingMessage, WebSocketPair, console_error};

use super::instance::Object;
use crate::{
    door::{admit::admit, allowance::allowance, auth, counter},
    platform::{
        answer, clock,
        http::{Request, Response},
        request::expect_parameters,
    },
};

impl Object {
    /// Opens a socket.
    pub(crate) fn open(
        self: &Rc<Self>,
        request: &Request,
        url: &Url,
        caller: Caller,
    ) -> worker::Result<Response> {
        let holder = rate::key(Some(&caller.principal), "");
        let admitted = self.has_room(&holder).and_then(|()| self.admit(request, url));
        match admitted {
            Ok((after, protocol)) => {
                let pair = WebSocketPair::new()?;
                self.state.accept_websocket_with_tags(&pair.server, &[&holder]);
                self.add_reader(pair.server, after, caller);
                let response = Response::socket(pair.client);
                Ok(match protocol {
                    Some(protocol) => response.with("sec-websocket-protocol", protocol),
                    None => response,
                })
            }
            Err(failure) => answer::failed(&failure),
        }
    }

    /// Checks that a principal may open one more socket here. The runtime knows a socket's principal by its tag.
    fn has_room(&self, holder: &str) -> Result<(), Failure> {
        let most = allowance(&self.env).sockets;
        if self.state.get_websockets_with_tag(holder).len() < most {
            return Ok(());
        }
        let detail = format!("you have {most} sockets open at this instance already");
        Err(Rejection::new(Kind::TooMany, "TOO_MANY_SOCKETS", detail).into())
    }

    fn admit(
        &self,
        request: &Request,
        url: &Url,
    ) -> Result<(Version, Option<&'static str>), Failure> {
        let upgrade = request.header("upgrade").unwrap_or_default();
        if !upgrade.eq_ignore_ascii_case("websocket") {
            return Err(Rejection::new(
                Kind::Unsupported,
                "UPGRADE_REQUIRED",
                "open this path as a websocket",
            )
            .into());
        }
        let protocol = socket::negotiate(request.header("sec-websocket-protocol"))?;
        let head = self.instance.head()?.version;
        if head == 0 {
            return Err(self.instance.unknown().into());
        }
        let asked = expect_parameters(url, &["after"])?;
        let asked = asked.into_iter().find(|(name, _)| name == "after");
        let after = asked.map(|(_, value)| value);
        Ok((socket::cursor(after.as_deref(), head)?, protocol))
    }

    /// A client says something.
    pub(crate) async fn heard(
        self: &Rc<Self>,
        socket: &WebSocket,
        said: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        let said = match said {
            WebSocketIncomingMessage::String(text) => Said::parse(&text, &allowance(&self.env)),
            WebSocketIncomingMessage::Binary(_) => {
                Err(Rejection::new(Kind::Malformed, "MALFORMED_MESSAGE", "expected a text message"))
            }
        };
        let Some(caller) = self.listening(socket) else { return Ok(()) };
        let said = said.map(|said| said.named(clock::fresh_id));
        let cost = socket::cost(&said);
        let mut turn = (cost > 0).then(|| self.turns.next());
        if let Some(turn) = &mut turn {
            let name = rate::key(Some(&caller.principal), "");
            let refused = counter::count(&self.env, name, cost).await;
            turn.comes().await;
            if let Some(refused) = refused {
                self.reply(socket, &socket::refuse(&said, &refused));
                return Ok(());
            }
        }
        let asked = match said {
            // The exact text is answered by the runtime without waking the object; this is the same with other spacing.
            Ok(Said::Ping {}) => {
                self.reply(socket, &[socket::PONG.to_owned()]);
                return Ok(());
            }
            Ok(Said::Pong { version }) => {
                if !version.is_some_and(|version| self.answered(socket, version)) {
                    // Nobody has asked: it counts, as everything does that wakes the object.
                    let name = rate::key(Some(&caller.principal), "");
                    if let Some(refused) = counter::count(&self.env, name, 1).await {
                        self.reply(socket, &[socket::error(&refused)]);
                    }
                }
                return Ok(());
            }
            Ok(Said::Authenticate { token }) => {
                drop(turn);
                self.renew(socket, &token).await;
                return Ok(());
            }
            Ok(Said::Command(asked)) => vec![*asked],
            Ok(Said::Commands { commands }) => commands,
            Err(refusal) => {
                self.reply(socket, &[socket::error(&refusal)]);
                return Ok(());
            }
        };
        // The next message has its turn as soon as this one is done, or waits for something.
        drop(turn);
        let id = self.instance.id();
        let (ids, messages): (Vec<_>, Vec<_>) = asked
            .into_iter()
            .map(|asked| asked.to(self.instance.stream().aggregate_type.as_str(), id))
            .unzip();
        let commands: Vec<_> = messages.iter().map(|message| message.command_id.clone()).collect();
        let admit = |message| admit(message, self.catalogue, &caller);
        let admitted: Vec<_> = messages.into_iter().map(admit).collect();
        let by = Asker::Somebody(caller);
        let results = self.admitted(admitted, &by).await;
        let answers = ids.iter().zip(&commands).zip(&results);
        let answer = |((id, command_id), result): ((&String, &Option<Id>), _)| {
            socket::answer(id, result, command_id.as_ref())
        };
        self.reply(socket, &answers.map(answer).collect::<Vec<_>>());
        Ok(())
    }

    /// A new token for the same subject in the same role takes the place of the old one.
    async fn renew(self: &Rc<Self>, socket: &WebSocket, token: &str) {
        let frame = match auth::verify(&self.env, self.catalogue, token).await {
            Ok(caller) if self.prolong(socket, &caller) => {
                Frame::Authenticated { expires_at: caller.expires_at }.text()
            }
            Ok(_) => socket::error(&invalid("the token belongs to another principal")),
            Err(Failure::Rejected(rejection)) => socket::error(&rejection),
            Err(Failure::Faulted(fault)) => {
                console_error!("{fault}");
                Frame::Error { code: fault.code(), detail: "try again" }.text()
            }
        };
        self.reply(socket, &[frame]);
    }

    /// Decides the admitted commands, and answers in the order in which they came.
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
        self.leaves(socket);
        // 1005, 1006 and 1015 only ever stand for "no code": they must not be sent.
        let code = u16::try_from(code)
            .ok()
            .filter(|code| !matches!(code, 1005 | 1006 | 1015))
            .unwrap_or(1000);
        drop(socket.close(Some(code), Some("")));
        Ok(())
    }
}
