//! Results as HTTP responses.

use edgefold_flow::{
    command::{Problem, body_too_large},
    door::header::expect_uncoded,
};
use edgefold_kernel::{Failure, Fault, Id, Kind, Rejection};
use futures_util::TryStreamExt;
use serde::{Serialize, de::DeserializeOwned};
use worker::console_error;

use super::http::{Request, Response};

/// Content type of problems (RFC 9457).
pub const PROBLEM: &str = "application/problem+json";

/// A response with a JSON body.
///
/// # Errors
/// Fails if the body has no JSON form.
pub fn json(
    status: u16,
    content_type: &'static str,
    body: &impl Serialize,
) -> worker::Result<Response> {
    Ok(Response::of(status, content_type, serde_json::to_vec(body)?))
}

/// A response without a body.
///
/// # Errors
/// Never.
pub fn empty(status: u16) -> worker::Result<Response> {
    Ok(Response::empty(status))
}

/// The response to a request: a body with its status, or a problem.
///
/// # Errors
/// Fails if the runtime refuses to build it.
pub fn outcome(status: u16, result: Result<impl Serialize, Failure>) -> worker::Result<Response> {
    match result {
        Ok(body) => json(status, "application/json", &body),
        Err(failure) => failed(&failure),
    }
}

/// The same within the system: a fault keeps its text, for the log and the store of parked letters.
///
/// # Errors
/// Fails if the runtime refuses to build it.
pub fn inside(status: u16, result: Result<impl Serialize, Failure>) -> worker::Result<Response> {
    match result {
        Err(Failure::Faulted(fault)) => {
            console_error!("{}: {fault}", fault.code());
            let detail = fault.to_string();
            let problem = Problem { detail, ..Problem::of(&fault.into()) };
            json(problem.status, PROBLEM, &problem)
        }
        result => outcome(status, result),
    }
}

/// A refusal or a fault as problem. A fault's text goes to the log, its code to the caller.
///
/// # Errors
/// Fails if the runtime refuses to build it.
pub fn failed(failure: &Failure) -> worker::Result<Response> {
    failed_command(failure, None)
}

/// The same for a command: the problem names it.
///
/// # Errors
/// Fails if the runtime refuses to build it.
pub fn failed_command(failure: &Failure, command_id: Option<&Id>) -> worker::Result<Response> {
    if let Failure::Faulted(fault) = failure {
        console_error!("{}: {fault}", fault.code());
    }
    let problem = Problem::of(failure).of_command(command_id);
    Ok(challenged(json(problem.status, PROBLEM, &problem)?, failure))
}

/// Asks a caller without a good token for one.
#[must_use]
pub fn challenged(response: Response, failure: &Failure) -> Response {
    if response.status() != 401 {
        return response;
    }
    // RFC 6750: a wrong token is named as such, a missing one is only asked for.
    let is_missing =
        matches!(failure, Failure::Rejected(refusal) if refusal.code == "UNAUTHENTICATED");
    let asks = match is_missing {
        true => "Bearer realm=\"edgefold\"",
        false => "Bearer realm=\"edgefold\", error=\"invalid_token\"",
    };
    response.with("www-authenticate", asks)
}

/// The refusal of a method that a path does not take. It says which ones it takes, as RFC 9110 wants it.
///
/// # Errors
/// Never.
pub fn wrong_method(takes: &'static str) -> worker::Result<Response> {
    let detail = format!("this path takes {takes}");
    let refusal = Rejection::new(Kind::Method, "METHOD_NOT_ALLOWED", detail);
    Ok(failed(&refusal.into())?.with("allow", takes))
}

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// `UNSUPPORTED_ENCODING`, `BODY_TOO_LARGE`; a fault when the body breaks off.
pub async fn body(request: &Request, most: usize) -> Result<Vec<u8>, Failure> {
    expect_uncoded(request.header("content-encoding"))?;
    let broken =
        |error: worker::Error| Fault::Unavailable("the request's body".into(), error.to_string());
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    match length {
        Some(length) if most < length => Err(body_too_large(most).into()),
        Some(_) => Ok(request.bytes().await.map_err(broken)?),
        None => {
            let Some(mut stream) = request.stream() else { return Ok(Vec::new()) };
            let mut bytes = Vec::new();
            while let Some(chunk) = stream.try_next().await.map_err(broken)? {
                bytes.extend(chunk);
                if bytes.len() > most {
                    return Err(body_too_large(most).into());
                }
            }
            Ok(bytes)
        }
    }
}

/// Reads the body of a call between script and objects.
///
/// # Errors
/// A refusal when the body does not follow the contract.
pub async fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Failure> {
    let bytes = request
        .bytes()
        .await
        .map_err(|error| Fault::Unavailable("the request's body".into(), error.to_string()))?;
    parse(&bytes).map_err(|error| {
        Rejection::new(edgefold_kernel::Kind::Malformed, "MALFORMED_CALL", error).into()
    })
}

/// Reads JSON from bytes. Everything is read as text: one reader of each type in the script, and not one for bytes beside it.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    serde_json::from_str(text).map_err(|error| error.to_string())
}
