//! The Durable Object class of every aggregate: one in the script, whatever it has of aggregates.

use std::panic::AssertUnwindSafe;

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use worker::{
    Env, State, WebSocketIncomingMessage, js_sys::Uint8Array, web_sys,
    worker_sys::DurableObjectState,
};

use super::Host;
use crate::{
    flow::{Catalogue, participant::Run},
    platform::http::served,
};

/// An object of some aggregate. [`aggregate_object!`](crate::aggregate_object) exports a function that makes those of one
/// aggregate, and the script's entry makes a class of each such function: what the platform calls is compiled once.
#[wasm_bindgen]
#[allow(missing_debug_implementations, reason = "an object has nothing to show")]
pub struct AggregateObject(AssertUnwindSafe<Host>);

impl AggregateObject {
    /// The object of this aggregate behind this state.
    pub fn of(
        run: &'static dyn Run,
        state: DurableObjectState,
        env: Env,
        catalogue: &'static Catalogue,
    ) -> Self {
        Self(AssertUnwindSafe(Host::new(run, State::from(state), env, catalogue)))
    }
}

fn said(error: worker::Error) -> JsValue {
    error.into()
}

/// What the platform calls, by its names.
#[wasm_bindgen(wasm_bindgen_futures = worker::wasm_bindgen_futures)]
impl AggregateObject {
    /// Serves a request.
    pub async fn fetch(&self, request: web_sys::Request) -> Result<web_sys::Response, JsValue> {
        AssertUnwindSafe(async move { served(request, async |it| self.0.fetch(it).await).await })
            .await
            .map_err(said)
    }

    /// The alarm rings.
    pub async fn alarm(&self) -> Result<(), JsValue> {
        AssertUnwindSafe(async move { self.0.alarm().await }).await.map_err(said)
    }

    /// A client says something on its socket.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub async fn heard(&self, socket: web_sys::WebSocket, message: JsValue) -> Result<(), JsValue> {
        let message = match message.as_string() {
            Some(text) => WebSocketIncomingMessage::String(text),
            None => WebSocketIncomingMessage::Binary(Uint8Array::new(&message).to_vec()),
        };
        AssertUnwindSafe(async move { self.0.heard(&socket.into(), message).await })
            .await
            .map_err(said)
    }

    /// A client has closed its socket.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn closed(&self, socket: web_sys::WebSocket, code: usize) -> Result<(), JsValue> {
        self.0.closed(&socket.into(), code).map_err(said)
    }
}

/// Exports what makes the objects of an aggregate, under the name of their Durable Object class.
///
/// ```text
/// aggregate_object!(RoomObject, Room, CATALOGUE);
/// ```
#[macro_export]
macro_rules! aggregate_object {
    ($class:ident, $aggregate:ty, $catalogue:expr) => {
        #[doc = concat!("Makes the objects of `", stringify!($aggregate), "`.")]
        #[allow(non_snake_case, reason = "it has the name of a class")]
        #[worker::wasm_bindgen::prelude::wasm_bindgen(wasm_bindgen = worker::wasm_bindgen)]
        pub fn $class(
            state: worker::worker_sys::DurableObjectState,
            env: worker::Env,
        ) -> $crate::AggregateObject {
            let run = $crate::flow::participant::run::<$aggregate>();
            $crate::AggregateObject::of(run, state, env, $catalogue)
        }
    };
}
