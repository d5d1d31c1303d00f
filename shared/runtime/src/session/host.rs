//! A request, a message or the alarm reaches an object of the sessions' class.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use edgefold_flow::{
    Catalogue,
    contract::{self, Await, Seat},
    door::{Asker, token::Caller},
    queued::{Apart, ApartWanted},
    session::{Input, message},
    subscribe::Told,
};
use edgefold_kernel::{Kind, Rejection};
use worker::{
    Env, Method, State, WebSocket, WebSocketIncomingMessage,
    worker_sys::WebSocketRequestResponsePair,
};

use super::object::{Execute, Object};
use crate::platform::{
    answer,
    http::{Request, Response, served},
};

/// The host of a session's object.
pub struct Session(Rc<Object>);

impl Session {
    /// The object behind this state, with its socket if it was evicted and that hibernates.
    pub fn new(state: State, env: Env, catalogue: &'static Catalogue, execute: Execute) -> Self {
        if let Ok(pair) = WebSocketRequestResponsePair::new(message::PING, message::PONG) {
            state.set_websocket_auto_response(&pair);
        }
        let object = Rc::new(Object {
            state,
            env,
            catalogue,
            execute,
            connection: RefCell::default(),
            kept: RefCell::default(),
            pumped: RefCell::default(),
            reads: RefCell::default(),
            holder: RefCell::default(),
            alarm_at: Cell::default(),
            asked_at: Cell::default(),
            waiting_asked_at: Cell::default(),
            timer: RefCell::default(),
        });
        object.restore();
        Self(object)
    }

    /// Serves the upgrade, and what sources tell.
    ///
    /// # Errors
    /// Fails if the runtime refuses to build a response.
    pub async fn served(&self, request: worker::Request) -> worker::Result<worker::Response> {
        let request = Clone::clone(request.inner());
        served(request, async |request| self.fetch(request).await).await.map(Into::into)
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        match (request.method(), request.path()) {
            (Method::Get, contract::SOCKET) => {
                let by = Asker::read(request.header(contract::ASKER));
                let caller = by.ok().and_then(|by| match by {
                    Asker::System => None,
                    Asker::Somebody(caller) => Some(caller),
                });
                self.0.open(caller)
            }
            (Method::Post, contract::TOLD) => match answer::read::<Told>(&request).await {
                Ok(told) => answer::empty(self.0.told(told).await),
                Err(failure) => answer::failed(&failure),
            },
            (Method::Get, contract::ALIVE) => {
                let gone = self.0.connection.borrow().is_none();
                if gone {
                    self.0.clear_later();
                }
                answer::empty(if gone { 410 } else { 204 })
            }
            (Method::Post, contract::SEAT) => match answer::read::<Seat>(&request).await {
                Ok(seat) => match self.0.give_seat(&seat).await {
                    Ok(status) => answer::empty(status),
                    Err(fault) => answer::failed(&fault.into()),
                },
                Err(failure) => answer::failed(&failure),
            },
            (Method::Post, contract::SEAT_FREE) => {
                let result = answer::read::<Seat>(&request).await;
                let result = result.and_then(|seat| Ok(self.0.take_back(&seat.session)?));
                answer::outcome(200, result)
            }
            (Method::Post, contract::AWAIT) => match answer::read::<Await>(&request).await {
                Ok(wait) => match self.0.give_place(&wait).await {
                    Ok(status) => answer::empty(status),
                    Err(fault) => answer::failed(&fault.into()),
                },
                Err(failure) => answer::failed(&failure),
            },
            (Method::Post, contract::AWAIT_OVER) => {
                let result = answer::read::<Await>(&request).await;
                answer::outcome(200, result.and_then(|wait| Ok(self.0.end_wait(&wait)?)))
            }
            (Method::Post, contract::APART) => {
                let result = answer::read::<Apart>(&request).await;
                answer::outcome(200, result.and_then(|apart| Ok(self.0.keep_apart(&apart)?)))
            }
            (Method::Post, contract::APART_OF) => {
                let result = answer::read::<ApartWanted>(&request).await;
                answer::outcome(200, result.and_then(|wanted| Ok(self.0.apart_of(&wanted)?)))
            }
            (Method::Post, contract::TICKET) => {
                let result = answer::read::<Caller>(&request).await;
                answer::outcome(201, result.and_then(|caller| self.0.give_ticket(&caller)))
            }
            (Method::Post, contract::TICKET_USE) => {
                let result = answer::read::<String>(&request).await;
                answer::outcome(200, result.and_then(|digest| Ok(self.0.use_ticket(&digest)?)))
            }
            (_, path) => {
                answer::failed(&Rejection::new(Kind::NotFound, "UNKNOWN_PATH", path).into())
            }
        }
    }

    /// Time has passed.
    ///
    /// # Errors
    /// Fails if the runtime refuses to build a response.
    pub async fn alarm(&self) -> worker::Result<worker::Response> {
        self.0.alarm_at.set(None);
        let is_open = self.0.connection.borrow().is_some();
        match is_open {
            true => self.0.take(Input::Tick).await,
            false if self.0.state.id().name().is_some() => self.0.tidy(),
            false => self.0.clear().await,
        }
        worker::Response::empty()
    }

    /// The client says something.
    ///
    /// # Errors
    /// Never: a frame that is not a message closes the socket.
    pub async fn heard(&self, said: WebSocketIncomingMessage) -> worker::Result<()> {
        let said = match said {
            WebSocketIncomingMessage::String(text) => Ok(text),
            WebSocketIncomingMessage::Binary(_) => Err("expected a text message"),
        };
        self.0.take(Input::Heard(said)).await;
        Ok(())
    }

    /// The client leaves, or is gone.
    ///
    /// # Errors
    /// Never: a socket that is gone already is closed.
    pub async fn closed(&self, socket: &WebSocket, code: usize) -> worker::Result<()> {
        // 1005, 1006 and 1015 only ever stand for "no code": they must not be sent.
        let code = u16::try_from(code).ok().filter(|code| !matches!(code, 1005 | 1006 | 1015));
        drop(socket.close(Some(code.unwrap_or(1000)), Some("")));
        self.0.shut().await;
        Ok(())
    }
}
