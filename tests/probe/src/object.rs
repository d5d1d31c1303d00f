//! The Durable Object class of the probes, written by hand: some of them are slow.

use std::{panic::AssertUnwindSafe, time::Duration};

use edgefold_flow::contract;
use edgefold_runtime::Host;
use worker::{
    Delay, DurableObject, Env, Method, Request, Response, State, Storage, WebSocket,
    WebSocketIncomingMessage, durable_object,
};

use crate::{CATALOGUE, Probe};

/// How long a slow probe takes: longer than the bus waits for an answer, and so long that the next attempt comes while it
/// is at it.
const LATE: Duration = Duration::from_secs(18);
/// How many requests of the bus it is slow at. Stored: it may be unloaded in between.
const LATE_TIMES: u32 = 3;

/// Durable Object class of the probes. One whose id begins with `slow` takes its time over what the bus brings, at first.
#[durable_object]
pub struct ProbeObject {
    host: AssertUnwindSafe<Host<Probe>>,
    slow: Option<AssertUnwindSafe<Storage>>,
}

impl ProbeObject {
    /// What other objects and the bus need of a probe itself is not slow, only what is brought to it.
    async fn take_time(&self, request: &Request) -> worker::Result<()> {
        let Some(storage) = &self.slow else { return Ok(()) };
        let path = request.path();
        let asks = matches!(path.as_str(), contract::SPAN | contract::CONFIRM);
        if request.method() != Method::Post || asks {
            return Ok(());
        }
        let times = storage.get::<u32>("late").await?.unwrap_or(0);
        if times < LATE_TIMES {
            storage.put("late", times + 1).await?;
            Delay::from(LATE).await;
        }
        Ok(())
    }
}

impl DurableObject for ProbeObject {
    fn new(state: State, env: Env) -> Self {
        let is_slow = state.id().name().is_some_and(|name| name.starts_with("slow"));
        let slow = is_slow.then(|| AssertUnwindSafe(state.storage()));
        Self { host: AssertUnwindSafe(Host::new(state, env, CATALOGUE)), slow }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        self.take_time(&request).await?;
        self.host.fetch(request).await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.host.alarm().await
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        self.host.heard(&socket, message).await
    }

    async fn websocket_close(
        &self,
        socket: WebSocket,
        code: usize,
        _reason: String,
        _was_clean: bool,
    ) -> worker::Result<()> {
        self.host.closed(&socket, code)
    }

    async fn websocket_error(
        &self,
        _socket: WebSocket,
        _error: worker::Error,
    ) -> worker::Result<()> {
        Ok(())
    }
}
