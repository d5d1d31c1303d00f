//! A call to an object, bounded in time. Every attempt takes a new stub: one is broken after an exception.

use std::{borrow::Cow, cell::OnceCell, pin::pin, time::Duration};

use super::{answer::parse, bindings, clock, http::Answer};
use edgefold_flow::{
    Catalogue,
    contract::{self, ASKER, journal_object},
    door::Asker,
    journal::Seal,
};
use edgefold_kernel::{Failure, Fault, Kind, Rejection, StreamId, Version};
use futures_util::future::{Either, join_all, select};
use js_sys::{Promise, Reflect};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::{Delay, Env, Method, Request, Stub, wasm_bindgen_futures::JsFuture, web_sys};

/// Time that an object has to answer: far more than a command takes. The platform's own limit on a stall is 30 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Time that a destination or a source has to answer the bus. All letters of the batch wait as long. Work that takes
/// longer goes on in the object, and is found done at the next attempt.
pub(crate) const BUS_WAITS: Duration = Duration::from_secs(10);

#[wasm_bindgen(module = "/src/platform/calls.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn ask(
        stub: &JsValue,
        request: &web_sys::Request,
        init: &JsValue,
        within: f64,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_name = post)]
    fn post_text(
        stub: &JsValue,
        address: &str,
        header: &str,
        by: Option<&str>,
        body: &str,
        within: f64,
    ) -> Result<Promise, JsValue>;
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

/// Those of these sessions whose socket is gone, as their objects say: each by its identifier, with whatever goes with it.
pub async fn gone<T>(env: &Env, sessions: Vec<(String, T)>) -> Vec<(String, T)> {
    let asked = sessions.into_iter().map(async |(id, with)| {
        let request = Request::new(&url(contract::ALIVE), Method::Get).ok()?;
        let answer = session(env, Some(&id), request).await.ok()?;
        (answer.status() == 410).then_some((id, with))
    });
    join_all(asked).await.into_iter().flatten().collect()
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
    journal_within(ANSWER_WITHIN, env, place, call).await
}

/// The same, with a time of its own.
///
/// # Errors
/// A fault when the object cannot be reached, panics or does not answer in time.
pub async fn journal_within(
    limit: Duration,
    env: &Env,
    (aggregate_type, partition): (&str, u16),
    call: impl Into<Call>,
) -> Result<Answer, Failure> {
    let namespace = env.durable_object(bindings::JOURNALS).map_err(|error| broken(&error))?;
    let name = journal_object(aggregate_type, partition);
    let stub = namespace.get_by_name(&name).map_err(|error| broken(&error))?;
    send_within(limit, "the journal", stub, call.into()).await
}

thread_local! {
    static SEAL: OnceCell<Seal> = const { OnceCell::new() };
}

/// The seal of the deployment's cursors. The platform derives the number of an object from its name with a key of the
/// deployment's own, and this object's number is shown to nobody: so there is no secret to set, to keep and to lose.
///
/// # Errors
/// A fault when the script is not bound to its journals.
pub fn seal(env: &Env) -> Result<Seal, Failure> {
    SEAL.with(|known| {
        if let Some(seal) = known.get() {
            return Ok(seal.clone());
        }
        let namespace = env.durable_object(bindings::JOURNALS).map_err(|error| broken(&error))?;
        let id =
            namespace.id_from_name("the seal of the cursors").map_err(|error| broken(&error))?;
        Ok(known.get_or_init(|| Seal::new(&id.to_string(), &clock::fresh().to_string())).clone())
    })
}

async fn send(stub: Stub, call: Call) -> Result<Answer, Failure> {
    send_within(ANSWER_WITHIN, "the object", stub, call).await
}

async fn send_within(
    limit: Duration,
    what: &'static str,
    stub: Stub,
    call: Call,
) -> Result<Answer, Failure> {
    let (stub, within) = (stub.into_rpc::<JsValue>(), limit.as_millis() as f64);
    let answer = match call {
        Call::Request(request) => ask(&stub, request.inner(), &JsValue::UNDEFINED, within),
        Call::Post { by, path, body } => {
            post_text(&stub, &url(path), ASKER, by.as_deref(), &body, within)
        }
    };
    let answer = async { JsFuture::from(answer?).await };
    let answer = answer.await.map_err(|error| broken(&worker::Error::from(error)))?;
    if answer.is_undefined() {
        return Err(late(what, limit).into());
    }
    Ok(Answer::new(answer.unchecked_into()))
}

fn late(what: &'static str, limit: Duration) -> Fault {
    Fault::Unavailable(what.into(), format!("no answer within {limit:?}"))
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
        Either::Right(_) => Err(late(what, limit).into()),
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
