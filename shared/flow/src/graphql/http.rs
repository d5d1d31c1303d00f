//! GraphQL over HTTP: requests, and the form of responses.
//!
//! Source: <https://graphql.github.io/graphql-over-http/draft/>, as it stood in August 2026. Where its revisions differ from
//! each other, or from what the audits of the npm package `graphql-http` 1.23 and clients expect:
//!
//! | what | here | revisions |
//! |---|---|---|
//! | no `Accept` | `application/json`, as the audits ask | the same for the time before 2025; since May 2025 what the server likes |
//! | `data` and `errors` both, by name | 294 | since April 2026; 200 before |
//! | a document, an operation, variables that are not valid, by name | 400, as the audits ask | since April 2026: 422 |
//! | the same for `application/json` | 200, as the audits ask | since 2026: as by name |
//! | a caller who may not ask at all, or too much (401, 403, 413, 429, 503) | this status in either form | the same |
//! | all of it is unavailable for now: `data` is null, and a second attempt may succeed | 503 with `Retry-After`, in either form | 200 |
//!
//! *By name* is with `application/graphql-response+json`. An event stream has status 200 wherever something is answered, as
//! [its protocol](super::events) asks; a caller who may not ask at all gets the status, and JSON.

use std::{collections::BTreeSet, fmt};

use async_graphql::{Request, Response, ServerError, parser::types::OperationType};
use edgefold_kernel::{Failure, Fault, Kind, Rejection, limits};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    admit::{Admitted, admit, coded},
    events,
    refusal::entry,
    watch::is_too_large,
};
use crate::{
    command::parse_json,
    door::{
        document::{DocumentLimits, NO_HASHES, is_hash_alone},
        json,
    },
};

/// The form of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`
    GraphqlResponse,
    /// `application/json`, for clients that do not ask for another one by name.
    Json,
    /// `text/event-stream`, the only one in which a subscription is answered.
    EventStream,
}

impl Media {
    /// The value of `content-type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
        }
    }

    /// The form of a refusal, whose status says what is wrong: no stream begins.
    fn of_refusals(self) -> Self {
        if self == Self::EventStream { Self::Json } else { self }
    }
}

/// A response, ready to go out.
#[derive(Debug, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Its form.
    pub media: Media,
    /// The allowed methods, if the request used another one.
    pub allow: Option<&'static str>,
    /// Seconds after which what is unavailable now may be asked for again.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: Box<Body>,
}

impl Answer {
    /// The body in its form.
    pub fn text(&self) -> String {
        let body = self.body.to_string();
        if self.media == Media::EventStream { events::only(&body) } else { body }
    }
}

/// The body of a response. Its fields come in the order of the document.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Body {
    /// What was answered; `None` where nothing was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<async_graphql::Value>,
    /// The errors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Value>,
}

impl Body {
    /// The same as a value, whose fields have no order.
    pub fn json(&self) -> Value {
        json!(self)
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// The head of a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    /// `GET`, `POST` …
    pub method: &'a str,
    /// The header `accept`.
    pub accept: Option<&'a str>,
    /// The header `content-type`.
    pub content_type: Option<&'a str>,
}

/// Checks the head of a request, and finds the form of its response.
///
/// # Errors
/// 405, 406 or 415.
pub fn negotiate(head: &Head<'_>) -> Result<Media, Answer> {
    let media = acceptable(head.accept);
    match head.method {
        "GET" | "POST" => {}
        _ => {
            let refusal =
                Rejection::new(Kind::Method, "METHOD_NOT_ALLOWED", "this path takes GET and POST");
            return Err(Answer {
                allow: Some("GET, HEAD, POST"),
                ..refuse(&refusal, media.unwrap_or(Media::Json))
            });
        }
    }
    let Some(media) = media else {
        let detail = "this path answers application/graphql-response+json, application/json and text/event-stream";
        let refusal = Rejection::new(Kind::Unsupported, "NOT_ACCEPTABLE", detail);
        return Err(Answer { status: 406, ..refuse(&refusal, Media::Json) });
    };
    if head.method == "POST" && !is_json(head.content_type.unwrap_or_default()) {
        let detail = "expected a body of application/json, in UTF-8";
        let refusal = Rejection::new(Kind::Unsupported, "UNSUPPORTED_CONTENT_TYPE", detail);
        return Err(refuse(&refusal, media));
    }
    Ok(media)
}

/// True if a browser opens this path as a page: it asks for HTML and sends no document.
pub fn wants_page(head: &Head<'_>, query: Option<&str>) -> bool {
    let accepts =
        |accept: &str| accept.split(',').map(range).any(|(name, q)| name == "text/html" && q > 0.0);
    let has_document = query.is_some_and(|query| {
        form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "query")
    });
    head.method == "GET" && head.accept.is_some_and(accepts) && !has_document
}

/// True if a content type is JSON in UTF-8.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/json")
        && parts.all(|part| match part.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// The best form that a header `accept` takes; none when it takes none.
fn acceptable(accept: Option<&str>) -> Option<Media> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return Some(Media::Json);
    };
    let ranges: Vec<(String, f32)> = accept.split(',').map(range).collect();
    let named = |essence: &str| ranges.iter().find(|(range, _)| range == essence).map(|(_, q)| *q);
    let any = named("application/*").or(named("*/*")).unwrap_or(0.0);
    let graphql = named("application/graphql-response+json");
    let json = named("application/json").unwrap_or(any);
    let events = named("text/event-stream").unwrap_or(0.0);
    let whole = [graphql, named("application/json")].into_iter().flatten();
    // Clients that read either form, and name both, get the one that is cheaper.
    if events > 0.0 && events >= any && whole.fold(0.0, f32::max) < events {
        return Some(Media::EventStream);
    }
    // A wildcard alone means application/json: clients that can read the other form name it.
    match graphql {
        Some(q) if q > 0.0 && q >= json => Some(Media::GraphqlResponse),
        _ if json > 0.0 => Some(Media::Json),
        None if any > 0.0 => Some(Media::GraphqlResponse),
        _ => None,
    }
}

/// One range of a header `accept` with its weight.
fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let q = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    (essence, q.map_or(1.0, |q| q.parse().unwrap_or(0.0)))
}

/// Reads the request in the body of a `POST`, of at most `most` bytes.
///
/// # Errors
/// 400 when it is not a request, 413 when it is too large.
pub fn posted(body: &[u8], most: usize, media: Media) -> Result<Request, Answer> {
    match parse_json(body, most) {
        Ok(Value::Object(members)) => well_formed(members, media),
        Ok(Value::Array(_)) => {
            let detail = "send one request at a time; several may run side by side";
            Err(malformed("BATCH_UNSUPPORTED", detail, media))
        }
        Ok(_) => {
            Err(malformed("MALFORMED_REQUEST", "expected an object with the member query", media))
        }
        Err(rejection) => Err(refuse(&rejection, media)),
    }
}

/// Reads the request in the query of a URL.
///
/// # Errors
/// 400 when it is not a request.
pub fn gotten(query: &str, media: Media) -> Result<Request, Answer> {
    let (mut members, mut names) = (Map::new(), BTreeSet::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !names.insert(name.to_string()) {
            let detail = format!("the parameter {name} comes twice");
            return Err(malformed("DUPLICATE_PARAMETER", &detail, media));
        }
        // An empty value counts as absent.
        if value.is_empty() && name != "query" {
            continue;
        }
        let value = match name.as_ref() {
            "variables" | "extensions" => {
                json::read(value.as_bytes()).map_err(|refusal| match &*refusal.code {
                    "MALFORMED_JSON" => {
                        malformed("MALFORMED_REQUEST", &format!("{name}: expected JSON"), media)
                    }
                    _ => refuse(&refusal, media),
                })?
            }
            _ => Value::String(value.into_owned()),
        };
        members.insert(name.into_owned(), value);
    }
    well_formed(members, media)
}

fn well_formed(mut members: Map<String, Value>, media: Media) -> Result<Request, Answer> {
    let expected = |name: &str, what: &str| {
        malformed("MALFORMED_REQUEST", &format!("{name}: expected {what}"), media)
    };
    if is_hash_alone(&members) {
        let (code, detail) = NO_HASHES;
        let error = coded(ServerError::new(detail, None), code);
        return Err(answer(Response::from_errors(vec![error]), media));
    }
    let Some(Value::String(query)) = members.remove("query") else {
        return Err(expected("query", "a document, as a string"));
    };
    let mut request = Request::new(query);
    request.operation_name = match members.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name),
        Some(_) => return Err(expected("operationName", "a string")),
    };
    match members.remove("variables") {
        None | Some(Value::Null) => {}
        Some(map @ Value::Object(_)) => {
            request.variables = async_graphql::Variables::from_json(map)
        }
        Some(_) => return Err(expected("variables", "a map")),
    }
    // Nothing here reads the extensions; their shape is part of the request's.
    match members.remove("extensions") {
        None | Some(Value::Null | Value::Object(_)) => Ok(request),
        Some(_) => Err(expected("extensions", "a map")),
    }
}

/// Admits a request that came by this method.
///
/// # Errors
/// The refusals of [`admit`]; 405 for a mutation by `GET`; 400 for a subscription in another form than an event stream.
pub fn admitted(
    request: Request,
    method: &str,
    media: Media,
    settings: &DocumentLimits,
) -> Result<Admitted, Answer> {
    let admitted = admit(request, settings)
        .map_err(|error| answer(Response::from_errors(vec![error]), media))?;
    match admitted.kind {
        OperationType::Mutation if method == "GET" => {
            let refusal =
                Rejection::new(Kind::Method, "METHOD_NOT_ALLOWED", "send mutations by POST");
            Err(Answer { allow: Some("POST"), ..refuse(&refusal, media) })
        }
        OperationType::Subscription if media != Media::EventStream => {
            let detail = "open a websocket for subscriptions, or accept text/event-stream";
            Err(malformed("SUBSCRIPTION_UNSUPPORTED", detail, media))
        }
        _ => Ok(admitted),
    }
}

/// The response to an executed request.
pub fn answer(response: Response, media: Media) -> Answer {
    let Response { data, errors, .. } = response;
    // An error of a field has a path; one without is of the request, and nothing was executed.
    let executed = (data != async_graphql::Value::Null
        || errors.iter().any(|error| !error.path.is_empty()))
        && !errors.iter().any(is_too_large);
    let passes = |error: &ServerError| error.source::<Fault>().is_some_and(Fault::retryable);
    let retry_after = errors.iter().any(passes).then_some(limits::RETRY_AFTER_S);
    let is_unavailable =
        retry_after.is_some() && data == async_graphql::Value::Null && errors.iter().all(passes);
    let errors: Vec<ServerError> =
        errors.into_iter().map(|error| with_code(error, executed)).collect();
    let media = if is_unavailable { media.of_refusals() } else { media };
    let status = match (executed, media) {
        _ if is_unavailable => 503,
        (true, Media::GraphqlResponse) if !errors.is_empty() => PARTIAL_SUCCESS,
        (false, Media::GraphqlResponse) => 400,
        _ => 200,
    };
    let errors = errors.iter().map(|error| json!(error)).collect();
    let body = Box::new(Body { data: executed.then_some(data), errors });
    Answer { status, media, allow: None, retry_after, body }
}

/// Data and errors both, as the draft says it; only with `application/graphql-response+json`.
const PARTIAL_SUCCESS: u16 = 294;

/// Gives every error a code: one of ours, or one for an error of the schema's validation.
fn with_code(error: ServerError, executed: bool) -> ServerError {
    let known =
        error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some());
    match (known, executed) {
        (true, _) => error,
        (false, true) => coded(error, "INVALID_ARGUMENT"),
        (false, false) => coded(error, "GRAPHQL_VALIDATION_FAILED"),
    }
}

fn malformed(code: &'static str, detail: &str, media: Media) -> Answer {
    refuse(&Rejection::new(Kind::Malformed, code, detail), media)
}

/// A refusal of the request itself, as a response of GraphQL.
pub fn refuse(rejection: &Rejection, media: Media) -> Answer {
    failed(rejection.status(), rejection.clone().into(), media)
}

/// A fault before anything was executed, as a response of GraphQL: its code, never its text.
pub fn fault(fault: &Fault, media: Media) -> Answer {
    failed(fault.status(), fault.clone().into(), media)
}

fn failed(status: u16, failure: Failure, media: Media) -> Answer {
    let body = Box::new(Body { data: None, errors: vec![entry(failure)] });
    let retry_after = (status == 503).then_some(limits::RETRY_AFTER_S);
    let media = media.of_refusals();
    Answer { status, media, allow: None, retry_after, body }
}
