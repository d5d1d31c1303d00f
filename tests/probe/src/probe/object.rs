//! The Durable Object class of the probes, written by hand: some of them are slow.

use std::{panic::AssertUnwindSafe, time::Duration};

use edgefold_flow::{contract, participant::run};
use edgefold_runtime::{Host, platform::http::served};
use worker::{
    Delay, DurableObject, Env, Request, Response, State, Storage, WebSocket,
    WebSocketIncomingMessage, durable_object, js_sys::Date,
};

use super::Probe;
use crate::CATALOGUE;

/// Time that a slow probe takes: longer than the bus waits for an answer, and so long that the next attempt comes while
/// it
/// is at it.
const LATE: Duration = Duration::from_secs(18);
/// Milliseconds after the first of them for which it is slow at deliveries of the bus: at the second attempt too, and
/// not
/// at the third. When that was is stored: it may be unloaded in between.
const LATE_FOR_MS: f64 = 24_000.0;

/// Durable Object class of the probes. One whose id begins with `slow` takes its time over what the bus brings, at first.
#[durable_object]
pub struct ProbeObject {
    host: AssertUnwindSafe<Host>,
    slow: Option<AssertUnwindSafe<Storage>>,
}

impl ProbeObject {
    /// Only deliveries of the bus are slow.
    async fn take_time(&self, request: &Request) -> worker::Result<()> {
        let Some(storage) = &self.slow else { return Ok(()) };
        if request.path() != contract::DELIVER {
            return Ok(());
        }
        let now = Date::now();
        let since = storage.get::<f64>("since").await?;
        if since.is_none() {
            storage.put("since", now).await?;
        }
        if now - since.unwrap_or(now) < LATE_FOR_MS {
            Delay::from(LATE).await;
        }
        Ok(())
    }
}

impl DurableObject for ProbeObject {
    fn new(state: State, env: Env) -> Self {
        let is_slow = state.id().name().is_some_and(|name| name.starts_with("slow"));
        let slow = is_slow.then(|| AssertUnwindSafe(state.storage()));
        Self { host: AssertUnwindSafe(Host::new(run::<Probe>(), state, env, CATALOGUE)), slow }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        self.take_time(&request).await?;
        let request = Clone::clone(request.inner());
        let served = served(request, async |request| self.host.fetch(request).await);
        served.await.map(Into::into)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.host.alarm().await?;
        Response::empty()
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
