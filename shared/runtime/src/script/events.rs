//! A subscription over HTTP reaches the script, which opens a session for it, is that session's client, and passes on what it says
//! as server-sent events. What is said is translated in [`edgefold_flow::graphql::events`].

use edgefold_flow::{
    contract,
    door::{Asker, token::Caller},
    graphql::{
        events::{self, Heard},
        http::Media,
    },
    session::{self, Close, message::Asked},
};
use edgefold_kernel::{Failure, Fault};
use js_sys::{Array, Promise};
use wasm_bindgen::{
    JsCast, JsValue,
    prelude::{Closure, wasm_bindgen},
};
use worker::{Env, Headers, RequestInit, wasm_bindgen_futures::JsFuture, web_sys};

use crate::platform::{http::Response, stub};

#[wasm_bindgen(module = "/src/platform/events.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    #[allow(
        clippy::too_many_arguments,
        reason = "JavaScript has no type for them that both sides know"
    )]
    fn follow(
        socket: &web_sys::WebSocket,
        first: &str,
        asked: &str,
        heard: &Closure<dyn Fn(String) -> Array>,
        closed: &Closure<dyn Fn(u16, String) -> Array>,
        comment: &str,
        quiet: u32,
        slow: u16,
    ) -> Result<Promise, JsValue>;
}

thread_local! {
    // One of each for all streams: they keep nothing.
    static HEARD: Closure<dyn Fn(String) -> Array> =
        Closure::new(|text: String| told(events::heard(&text)));
    static CLOSED: Closure<dyn Fn(u16, String) -> Array> =
        Closure::new(|code, reason: String| told(events::closed(code, &reason)));
}

fn told(heard: Heard) -> Array {
    let Heard { told, answer, is_over } = heard;
    Array::of3(&told.into(), &answer.into(), &is_over.into())
}

/// Answers a subscription with a stream.
///
/// # Errors
/// Why the session was closed before the stream began, or cannot be reached.
pub(super) async fn stream(env: &Env, caller: Caller, asked: &Asked) -> Result<Response, Failure> {
    let broken = |error: JsValue| Fault::Defect(format!("{error:?}"));
    let socket = open(env, caller).await?;
    let begun = HEARD.with(|heard| {
        CLOSED.with(|closed| {
            let slow = Close::SlowConsumer.code();
            let (first, asked) = (events::init(), events::subscribe(asked));
            let (comment, quiet) = (events::COMMENT, events::QUIET_MS);
            follow(&socket, &first, &asked, heard, closed, comment, quiet, slow)
        })
    });
    let begun = JsFuture::from(begun.map_err(broken)?).await.map_err(broken)?;
    let begun: Array = begun.unchecked_into();
    match begun.get(0).as_f64() {
        None => Ok(headed(Response::stream(Media::EventStream.content_type(), begun.get(0)))),
        Some(code) => Err(events::why(code as u16, &begun.get(1).as_string().unwrap_or_default())),
    }
}

/// The head of such an answer alone.
pub(super) fn head() -> Response {
    headed(Response::of(200, Media::EventStream.content_type(), &[] as &[u8]))
}

/// The server nginx collects what passes through, unless it is told not to.
fn headed(response: Response) -> Response {
    response.with("x-accel-buffering", "no")
}

/// Opens the websocket of a session of its own.
async fn open(env: &Env, caller: Caller) -> Result<web_sys::WebSocket, Failure> {
    let defect = |error: worker::Error| Fault::Defect(error.to_string());
    let headers = Headers::new();
    for (name, value) in [
        ("upgrade", "websocket"),
        ("sec-websocket-protocol", session::PROTOCOL),
        (contract::ASKER, &Asker::Somebody(caller).text()),
    ] {
        headers.set(name, value).map_err(defect)?;
    }
    let mut init = RequestInit::new();
    init.with_headers(headers);
    let upgrade = worker::Request::new_with_init(&stub::url(contract::SOCKET), &init);
    let answer = stub::session(env, None, upgrade.map_err(defect)?).await?;
    let unopened = || Fault::Defect(format!("a session answered {}", answer.status()));
    Ok(answer.socket().ok_or_else(unopened)?)
}
