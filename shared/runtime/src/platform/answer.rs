//! Results as HTTP responses.

use edgefold_flow::{
    command::{Problem, body_too_large},
    door::header::expect_uncoded,
};
use edgefold_kernel::{Failure, Fault, Id, Kind, Rejection};
use futures_util::TryStreamExt;
use serde::{Serialize, de::DeserializeOwned};
use worker::{Headers, Request, Response, console_error};

/// Content type of problems (RFC 9457).
pub const PROBLEM: &str = "application/problem+json";

/// A response with a JSON body.
///
/// # Errors
/// Fails if the runtime refuses to build it.
pub fn json(status: u16, content_type: &str, body: &impl Serialize) -> worker::Result<Response> {
    let builder =
        Response::builder().with_status(status).with_header("content-type", content_type)?;
    Ok(builder.fixed(serde_json::to_vec(body)?))
}

/// A response without a body.
///
/// # Errors
/// Fails if the runtime refuses to build it.
pub fn empty(status: u16) -> worker::Result<Response> {
    Ok(Response::builder().with_status(status).empty())
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
    challenged(json(problem.status, PROBLEM, &problem)?, failure)
}

/// Asks a caller without a good token for one.
///
/// # Errors
/// Fails if the runtime refuses to write the header.
pub fn challenged(mut response: Response, failure: &Failure) -> worker::Result<Response> {
    if response.status_code() == 401 {
        // RFC 6750: a wrong token is named as such, a missing one is only asked for.
        let is_missing =
            matches!(failure, Failure::Rejected(refusal) if refusal.code == "UNAUTHENTICATED");
        let asks = match is_missing {
            true => "Bearer realm=\"edgefold\"",
            false => "Bearer realm=\"edgefold\", error=\"invalid_token\"",
        };
        response.headers_mut().set("www-authenticate", asks)?;
    }
    Ok(response)
}

/// The refusal of a method that a path does not take. It says which ones it takes, as RFC 9110 wants it.
///
/// # Errors
/// Fails if the runtime refuses to build it.
pub fn wrong_method(takes: &str) -> worker::Result<Response> {
    let detail = format!("this path takes {takes}");
    let refusal = Rejection::new(Kind::Method, "METHOD_NOT_ALLOWED", detail);
    let mut response = failed(&refusal.into())?;
    response.headers_mut().set("allow", takes)?;
    Ok(response)
}

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// `UNSUPPORTED_ENCODING`, `BODY_TOO_LARGE`; a fault when the body breaks off.
pub async fn body(request: &mut Request, most: usize) -> Result<Vec<u8>, Failure> {
    expect_uncoded(header(request.headers(), "content-encoding").as_deref())?;
    let broken =
        |error: worker::Error| Fault::Unavailable("the request's body".into(), error.to_string());
    match header(request.headers(), "content-length")
        .and_then(|length| length.parse::<usize>().ok())
    {
        Some(length) if length > most => Err(body_too_large(most).into()),
        Some(_) => Ok(request.bytes().await.map_err(broken)?),
        None => {
            let Ok(mut stream) = request.stream() else { return Ok(Vec::new()) };
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

/// One header, if it is there and readable.
pub fn header(headers: &Headers, name: &str) -> Option<String> {
    headers.get(name).ok().flatten()
}

/// Reads the body of a call between script and objects.
///
/// # Errors
/// A refusal when the body does not follow the contract.
pub async fn read<T: DeserializeOwned>(request: &mut Request) -> Result<T, Failure> {
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
