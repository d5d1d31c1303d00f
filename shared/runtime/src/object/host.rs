//! A request reaches an aggregate's object. One generic host serves every aggregate type.

use std::{
    cell::{Cell, RefCell},
    panic::AssertUnwindSafe,
    rc::Rc,
};

use edgefold_flow::{
    Catalogue, Instance, Message, command,
    contract::{self, ASKER, HoldAsked, PartWanted},
    door::Asker,
    participant::Run,
    participant::Sight,
    receive::Settled,
    subscribe::socket,
};
use edgefold_kernel::{Fault, Id, Kind, Rejection, Timestamp, limits};
use futures_util::future::FutureExt;
use worker::{Env, Method, State, worker_sys::WebSocketRequestResponsePair};

use super::{alarm, instance::Object, journal, pace, sqlite::SqliteStorage};
use crate::platform::{
    answer, clock,
    http::{Request, Response},
    request::{command_id, page, when},
    turn::Turns,
};

/// The host of an object of some aggregate type.
pub struct Host(Rc<Object>);

impl Host {
    /// The object of an aggregate behind this state. Reads where its stream stands; writes nothing.
    pub fn new(
        run: &'static dyn Run,
        state: State,
        env: Env,
        catalogue: &'static Catalogue,
    ) -> Self {
        let name = state.id().name().and_then(|name| Id::parse(name).ok());
        let (storage, id) = SqliteStorage::new(run.facts().aggregate_type, name, &state.storage());
        let misnamed = id.is_none();
        let id = id.unwrap_or_else(Id::nobody);
        if let Ok(pair) = WebSocketRequestResponsePair::new(socket::PING, socket::PONG) {
            state.set_websocket_auto_response(&pair);
        }
        let instance = Instance::new(run, id, storage).routed(catalogue);
        let instance = instance.partitioned(&journal::partitions(&env));
        let instance = instance.paced(pace::pace(run.facts().aggregate_type));
        let (send_again_ms, bus_attempts) = (alarm::send_again_ms(&env), alarm::bus_attempts(&env));
        let object = Object {
            state,
            env,
            catalogue,
            instance,
            alarm_at: Cell::new(None),
            is_awake: Cell::new(false),
            send_again_ms,
            bus_attempts,
            attempting: RefCell::default(),
            alarms_set: Cell::new(0),
            publishing: Cell::new(false),
            telling: Cell::new(false),
            until_journalled: RefCell::default(),
            keeping: Cell::new(false),
            waiting: Cell::new(false),
            unread: Cell::new(0),
            looked: Cell::new(0),
            heard: Cell::new(Timestamp::from_millis(0)),
            expiry: Cell::new(None),
            turns: Turns::default(),
            followers: RefCell::default(),
            misnamed,
        };
        let object = Rc::new(object);
        // Loads now, synchronously. A failure is reported to the requests that need the state.
        drop(object.instance.head());
        object.resume_readers();
        object.restore_followers();
        Self(object)
    }

    /// Serves a request of the [`contract`].
    ///
    /// # Errors
    /// Fails if the runtime refuses to build a response.
    pub async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let object = &self.0;
        if object.misnamed {
            return answer::failed(
                &Fault::Defect("the object was not addressed by an id".into()).into(),
            );
        }
        object.wake().await;
        // Most calls have no query: only those that do parse the whole address.
        let path = request.path();
        let by = Asker::read(request.header(ASKER));
        match (request.method(), path) {
            (Method::Post, contract::COMMAND) => {
                match (by, answer::read::<Message>(&request).await) {
                    (Ok(by), Ok(message)) => match (object.command(&message, &by).await, by) {
                        (result, Asker::System) => answer::inside(202, result),
                        (Ok(accepted), _) => answer::json(202, "application/json", &accepted),
                        (Err(failure), _) => {
                            answer::failed_command(&failure, message.command_id.as_ref())
                        }
                    },
                    (Err(refusal), _) => answer::failed(&refusal.into()),
                    (_, Err(failure)) => answer::failed(&failure),
                }
            }
            (Method::Post, contract::COMMANDS) => {
                match (by, answer::read::<Vec<Message>>(&request).await) {
                    (Ok(by), Ok(messages)) => {
                        let results = object.commands(&messages, &by).await;
                        let named = results.iter().zip(&messages);
                        let answers: Vec<_> = named
                            .map(|(result, message)| {
                                command::answer(result, message.command_id.as_ref())
                            })
                            .collect();
                        answer::json(200, "application/json", &answers)
                    }
                    (Err(refusal), _) => answer::failed(&refusal.into()),
                    (_, Err(failure)) => answer::failed(&failure),
                }
            }
            (Method::Post, contract::QUEUED) => {
                let taken = match answer::read(&request).await {
                    Ok(queued) => object.take_queued(&queued).await,
                    Err(failure) => Err(failure),
                };
                answer::inside(200, taken)
            }
            (Method::Post, contract::DELIVER) => {
                let receipts = match answer::read(&request).await {
                    Ok(parcel) => Ok(object.take(parcel).await),
                    Err(failure) => Err(failure),
                };
                answer::inside(200, receipts)
            }
            (Method::Post, contract::SETTLED) => {
                let result = answer::read::<Settled>(&request).await;
                answer::inside(200, result.and_then(|settled| Ok(object.settled(&settled)?)))
            }
            (Method::Post, contract::PART) => {
                let result = answer::read::<PartWanted>(&request).await;
                let result = result.and_then(|PartWanted { to, after, through }| {
                    Ok(object.instance.part(&to, after, through, limits::PAGE_EVENTS)?)
                });
                answer::inside(200, result)
            }
            (Method::Post, contract::HOLD) => {
                let result = answer::read::<HoldAsked>(&request).await;
                answer::outcome(200, result.and_then(|asked| object.look_at_hold(&asked)))
            }
            (Method::Post, contract::HOLD_RETRY) => {
                let result = match answer::read(&request).await {
                    Ok(asked) => object.retry_hold(asked).await,
                    Err(failure) => Err(failure),
                };
                answer::outcome(200, result)
            }
            (Method::Post, contract::HOLD_DISCARD) => {
                let result = match answer::read(&request).await {
                    Ok(asked) => object.discard_hold(asked).await,
                    Err(failure) => Err(failure),
                };
                answer::outcome(200, result)
            }
            (Method::Post, contract::FOREIGN) => {
                answer::inside(200, object.instance.foreign().map_err(Into::into))
            }
            (Method::Post, contract::SHOWN) => {
                let result = match answer::read(&request).await {
                    Ok(wanted) => object.shown(by, &wanted).await,
                    Err(failure) => Err(failure),
                };
                answer::outcome(200, result)
            }
            (Method::Post, contract::OUTLINE) => {
                answer::inside(200, object.instance.outline().map_err(Into::into))
            }
            (Method::Post, contract::RESEND) => match object.resend().await {
                Ok(()) => answer::empty(204),
                Err(fault) => answer::inside(204, Err::<(), _>(fault.into())),
            },
            (Method::Post, path @ (contract::FOLLOW | contract::LEAVE | contract::PULL)) => {
                object.followed(path, &request, by).await
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
                let result = object.sight(by, Sight::Stream).and_then(|caller| {
                    let (after, limit) = page(&url, limits::PAGE_EVENTS)?;
                    object.instance.page(&caller.principal, after, limit)
                });
                answer::outcome(200, result)
            }
            (Method::Get, contract::OUTCOME) => {
                let url = request.url()?;
                let asked = by.map_err(Into::into).and_then(|by| Ok((by, command_id(&url)?)));
                let result =
                    asked.and_then(|(by, id)| object.instance.ended(&id, &by, clock::now()));
                answer::outcome(200, result)
            }
            (Method::Get, contract::SOCKET) => match object.sight(by, Sight::Stream) {
                Ok(caller) => object.open(&request, &request.url()?, caller),
                Err(failure) => answer::failed(&failure),
            },
            (_, path) => {
                answer::failed(&Rejection::new(Kind::NotFound, "UNKNOWN_PATH", path).into())
            }
        }
    }

    /// See `alarm.rs`.
    ///
    /// # Errors
    /// Never for a business reason: an alarm that fails is given up by the platform after six times.
    pub async fn alarm(&self) -> worker::Result<()> {
        let object = Rc::clone(&self.0);
        if AssertUnwindSafe(object.ring()).catch_unwind().await.is_err() {
            self.0.ring_again();
        }
        Ok(())
    }

    /// See `socket.rs`.
    ///
    /// # Errors
    /// Fails if the socket is gone.
    pub async fn heard(
        &self,
        socket: &worker::WebSocket,
        said: worker::WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        if self.0.misnamed {
            return Ok(());
        }
        self.0.wake().await;
        self.0.heard(socket, said).await
    }

    /// See `socket.rs`.
    ///
    /// # Errors
    /// Never: a socket that is gone already is closed.
    pub fn closed(&self, socket: &worker::WebSocket, code: usize) -> worker::Result<()> {
        self.0.closed(socket, code)
    }
}
