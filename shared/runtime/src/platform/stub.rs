//! A call to an object, bounded in time. Every attempt takes a new stub: one is broken after an exception.

use std::{borrow::Cow, pin::pin, time::Duration};

use super::{answer::parse, bindings};
use edgefold_flow::{
    Catalogue,
    contract::{ASKER, journal_object},
    door::Asker,
};
use edgefold_kernel::{Failure, Fault, Kind, Rejection, StreamId, Version};
use futures_util::future::{Either, select};
use js_sys::{JsString, Object, Promise, Reflect, Uint8Array};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::{Delay, Env, Request, Response, Stub, wasm_bindgen_futures::JsFuture, web_sys};

/// Time that an object has to answer: far more than a command takes. The platform's own limit on a stall is 30 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Time that a destination or a source has to answer the bus. All letters of the batch wait as long. Work that takes
/// longer goes on in the object, and is found done at the next attempt.
pub(crate) const BUS_WAITS: Duration = Duration::from_secs(10);

#[wasm_bindgen]
extern "C" {
    type Fetcher;

    /// Calls `fetch` with plain arguments: `worker` would build a `Request` and its `Headers` first, and read both.
    #[wasm_bindgen(method, catch, js_name = fetch)]
    fn fetch_plainly(this: &Fetcher, url: &str, init: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = fetch)]
    fn fetch_request(this: &Fetcher, request: &web_sys::Request) -> Result<Promise, JsValue>;
}

/// The answer of an object. Its body is read as a whole: `worker` would read it as a stream, with three calls and a promise for
/// each part of it.
pub struct Answer(web_sys::Response);

impl Answer {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status()
    }

    async fn bytes(&self) -> Result<Vec<u8>, JsValue> {
        let buffer = JsFuture::from(self.0.array_buffer()?).await?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }
}

impl From<Answer> for Response {
    fn from(Answer(answer): Answer) -> Self {
        answer.into()
    }
}

/// A call to an object.
pub enum Call {
    /// A body of JSON.
    Post {
        /// The caller, as text of the header.
        by: Option<String>,
        /// Which path of the contract.
        path: &'static str,
        /// JSON text.
        body: String,
    },
    /// A request as it came.
    Request(Request),
}

impl From<Request> for Call {
    fn from(request: Request) -> Self {
        Self::Request(request)
    }
}

thread_local! {
    /// Names of members, in JavaScript.
    static NAMES: [JsString; 4] = ["method", "body", "headers", "POST"].map(JsString::from);
}

/// The second argument of `fetch`.
fn init(by: Option<&str>, body: &str) -> Result<Object, JsValue> {
    NAMES.with(|[method, content, headers, post]| {
        let init = Object::new();
        Reflect::set(&init, method, post)?;
        Reflect::set(&init, content, &JsValue::from_str(body))?;
        if let Some(by) = by {
            let asker = Object::new();
            Reflect::set(&asker, &JsValue::from_str(ASKER), &JsValue::from_str(by))?;
            Reflect::set(&init, headers, &asker)?;
        }
        Ok(init)
    })
}

/// Asks the object of an instance.
///
/// # Errors
/// `UNKNOWN_AGGREGATE`; a fault when the object cannot be reached, panics or does not answer in time.
pub async fn fetch(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    call: impl Into<Call>,
) -> Result<Answer, Failure> {
    let entry = catalogue.entry(&to.aggregate_type)?;
    let namespace = env.durable_object(entry.binding).map_err(|error| broken(&error))?;
    let stub = namespace.get_by_name(to.aggregate_id.as_str()).map_err(|error| broken(&error))?;
    send(stub, call.into()).await
}

/// Asks the object of a GraphQL session: the one of this identifier, or a new one.
///
/// # Errors
/// A fault when the object cannot be reached, panics or does not answer in time.
pub async fn session(
    env: &Env,
    session: Option<&str>,
    call: impl Into<Call>,
) -> Result<Answer, Failure> {
    let namespace = env.durable_object(bindings::SESSION).map_err(|error| broken(&error))?;
    let id = match session {
        Some(session) => namespace.id_from_string(session),
        None => namespace.unique_id(),
    };
    let stub = id.and_then(|id| id.get_stub()).map_err(|error| broken(&error))?;
    send(stub, call.into()).await
}

/// Asks the object of the sessions' class with this identifier, which a caller has named. `None`: the platform has given out no
/// such identifier.
///
/// # Errors
/// A fault when the object cannot be reached, panics or does not answer in time.
pub async fn session_known(
    env: &Env,
    id: &str,
    call: impl Into<Call>,
) -> Result<Option<Answer>, Failure> {
    let namespace = env.durable_object(bindings::SESSION).map_err(|error| broken(&error))?;
    let Ok(id) = namespace.id_from_string(id) else { return Ok(None) };
    let stub = id.get_stub().map_err(|error| broken(&error))?;
    send(stub, call.into()).await.map(Some)
}

/// Asks an object of the sessions' class that has a name: it counts the sockets of a principal, or tells of a category.
///
/// # Errors
/// A fault when the object cannot be reached, panics or does not answer in time.
pub async fn session_named(
    env: &Env,
    name: &str,
    call: impl Into<Call>,
) -> Result<Answer, Failure> {
    let namespace = env.durable_object(bindings::SESSION).map_err(|error| broken(&error))?;
    let stub = namespace.get_by_name(name).map_err(|error| broken(&error))?;
    send(stub, call.into()).await
}

/// Asks the journal of a category's partition.
///
/// # Errors
/// A fault when the object cannot be reached, panics or does not answer in time.
pub async fn journal(
    env: &Env,
    place: (&str, u16),
    call: impl Into<Call>,
) -> Result<Answer, Failure> {
    within(ANSWER_WITHIN, "the object", journal_whenever(env, place, call)).await
}

/// The same, for who bounds the time of the call himself.
///
/// # Errors
/// A fault when the object cannot be reached, or panics.
pub async fn journal_whenever(
    env: &Env,
    (aggregate_type, partition): (&str, u16),
    call: impl Into<Call>,
) -> Result<Answer, Failure> {
    let namespace = env.durable_object(bindings::JOURNALS).map_err(|error| broken(&error))?;
    let name = journal_object(aggregate_type, partition);
    let stub = namespace.get_by_name(&name).map_err(|error| broken(&error))?;
    send_whenever(stub, call.into()).await
}

async fn send(stub: Stub, call: Call) -> Result<Answer, Failure> {
    within(ANSWER_WITHIN, "the object", send_whenever(stub, call)).await
}

async fn send_whenever(stub: Stub, call: Call) -> Result<Answer, Failure> {
    let stub = stub.into_rpc::<Fetcher>();
    let answer = match call {
        Call::Request(request) => stub.fetch_request(request.inner()),
        Call::Post { by, path, body } => {
            init(by.as_deref(), &body).and_then(|init| stub.fetch_plainly(&url(path), &init))
        }
    };
    let answer = async { JsFuture::from(answer?).await };
    let answer = answer.await.map_err(|error| broken(&worker::Error::from(error)))?;
    Ok(Answer(answer.unchecked_into()))
}

/// Waits for something of `what`, and no longer than this.
///
/// # Errors
/// The errors of the work, or a retryable fault when it takes longer.
pub async fn within<T, E: From<Fault>>(
    limit: Duration,
    what: &'static str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match select(pin!(work), Delay::from(limit)).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => {
            Err(Fault::Unavailable(what.into(), format!("no answer within {limit:?}")).into())
        }
    }
}

/// A call of the contract between script and objects.
///
/// # Errors
/// Fails if the body has no JSON form.
pub fn post(path: &'static str, body: &impl Serialize) -> Result<Call, Failure> {
    let body = serde_json::to_string(body).map_err(|error| Fault::Defect(error.to_string()))?;
    Ok(Call::Post { by: None, path, body })
}

/// The same, for a caller.
///
/// # Errors
/// Fails if the body has no JSON form.
pub fn post_as(by: &Asker, path: &'static str, body: &impl Serialize) -> Result<Call, Failure> {
    let body = serde_json::to_string(body).map_err(|error| Fault::Defect(error.to_string()))?;
    Ok(Call::Post { by: Some(by.text()), path, body })
}

/// Sets the caller of a request, and replaces any other value.
///
/// # Errors
/// Fails if the runtime refuses to.
pub fn on_behalf(mut request: Request, by: &Asker) -> Result<Request, Failure> {
    let set = request.headers_mut().and_then(|headers| headers.set(ASKER, &by.text()));
    set.map_err(|error| Fault::Defect(error.to_string()))?;
    Ok(request)
}

/// Address of a path on an object. The host means nothing.
pub fn url(path: &str) -> String {
    format!("https://object{path}")
}

/// Calls the object of an instance and reads its answer.
///
/// # Errors
/// The refusal of the object, or a fault.
pub async fn call<T: DeserializeOwned>(
    env: &Env,
    catalogue: &Catalogue,
    to: &StreamId,
    path: &'static str,
    body: &impl Serialize,
) -> Result<T, Failure> {
    read(fetch(env, catalogue, to, post(path, body)?).await?).await
}

/// Reads the answer of an object.
///
/// # Errors
/// The refusal of the object, or a fault.
pub async fn read<T: DeserializeOwned>(answer: Answer) -> Result<T, Failure> {
    let status = answer.status();
    let bytes = answer.bytes().await.map_err(|error| broken(&worker::Error::from(error)))?;
    // An answer without a body reads as null.
    let bytes = if bytes.is_empty() { b"null".to_vec() } else { bytes };
    if (200..300).contains(&status) {
        parse(&bytes).map_err(|error| Fault::Defect(format!("the object's answer: {error}")).into())
    } else {
        Err(refusal(status, &bytes))
    }
}

/// A problem, as the other side wrote it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Problem {
    code: String,
    detail: String,
    field: Option<String>,
    rule: Option<String>,
    current_version: Option<Version>,
}

fn refusal(status: u16, body: &[u8]) -> Failure {
    let kind = match status {
        400 => Kind::Malformed,
        401 => Kind::Unauthenticated,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        409 => Kind::Conflict,
        413 => Kind::TooLarge,
        422 => Kind::Shape,
        429 => Kind::TooMany,
        _ => return fault(status, body).into(),
    };
    match parse::<Problem>(body) {
        Ok(problem) => Rejection {
            kind: if problem.rule.is_some() { Kind::Rule } else { kind },
            code: Cow::Owned(problem.code),
            detail: problem.detail,
            field: problem.field,
            rule: problem.rule.map(Cow::Owned),
            current_version: problem.current_version,
        }
        .into(),
        Err(error) => Fault::Defect(format!("the object answered {status}: {error}")).into(),
    }
}

/// A fault of the object. Within the system it says what went wrong.
fn fault(status: u16, body: &[u8]) -> Fault {
    let problem = parse::<Problem>(body).ok();
    let is_older = problem.as_ref().is_some_and(|problem| problem.code == "NEWER_CODE_NEEDED");
    let said = problem.map_or_else(|| format!("it answered {status}"), |problem| problem.detail);
    match status {
        503 if is_older => Fault::Newer(format!("the object: {said}")),
        503 => Fault::Unavailable("the object".into(), said),
        _ => Fault::Defect(format!("the object answered {status}: {said}")),
    }
}

/// The runtime marks errors that another attempt may not meet; anything else, a panic above all, is a defect.
fn broken(error: &worker::Error) -> Fault {
    let marked = |name: &str| {
        Reflect::get(&error.to_js_value(), &JsValue::from_str(name))
            .is_ok_and(|mark| mark.is_truthy())
    };
    if marked("retryable") || marked("overloaded") {
        Fault::Unavailable("the object".into(), error.to_string())
    } else {
        Fault::Defect(error.to_string())
    }
}
