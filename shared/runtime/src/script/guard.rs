//! An HTTP request from outside reaches the script. Its origin and its rate are checked, the same way at every door and
//! at the upgrade to a websocket.

use edgefold_flow::{
    Catalogue,
    door::{origin, rate, token::Caller},
    graphql::http::{self, Head},
};
use edgefold_kernel::{Rejection, limits};
use worker::{Env, Headers, Method, Request, RequestInit, Response, web_sys};

use super::{Known, graphql};
use crate::{
    door::{allowance::origins, auth, counter::count},
    platform::answer,
};

/// Hands an admitted request to its door, with its caller, and adds the CORS headers to the answer.
///
/// # Errors
/// Fails if the runtime refuses to build a response.
pub async fn guarded(
    request: Request,
    env: &Env,
    catalogue: &Catalogue,
    door: impl AsyncFnOnce(Request, Known) -> worker::Result<Response>,
) -> worker::Result<Response> {
    let page = answer::header(request.headers(), "origin");
    if let Some(page) = &page {
        let own = request.url()?.origin().ascii_serialization();
        let origins = origins(env);
        if let Err(rejection) = origins.check(page, &own) {
            return marked(refused(&request, &rejection)?, None);
        }
        if is_preflight(&request) {
            let mut answer = answer::empty(204)?;
            for (name, value) in origins.preflight() {
                answer.headers_mut().set(name, value)?;
            }
            return marked(answer, Some(page));
        }
    }
    // What can be got can be asked for without its body (RFC 9110, section 9.3.2).
    let is_head = request.method() == Method::Head;
    let caller = auth::authenticate(&request, env, catalogue).await;
    let response = match over_limit(&request, env, caller.as_ref().ok()).await {
        Some(rejection) => refused(&request, &rejection)?,
        None => door(of_known_method(request)?, caller).await?,
    };
    let response = marked(response, page.as_deref())?;
    if !is_head {
        return Ok(response);
    }
    let (status, headers) = (response.status_code(), response.headers().clone());
    Ok(Response::builder().with_status(status).with_headers(headers).empty())
}

/// The request as the doors understand it: `HEAD` as `GET`. The `worker` crate takes a method that it does not know for `GET`,
/// and a door would answer it as such. Such a request gets a method that is known, and that no door takes.
fn of_known_method(request: Request) -> worker::Result<Request> {
    let method = match request.method() {
        Method::Head => Method::Get,
        known if request.inner().method() == known.as_ref() => return Ok(request),
        _ => Method::Patch,
    };
    let headers = request.headers().clone();
    // Only `GET` upgrades to a websocket.
    headers.delete("upgrade")?;
    let mut init = RequestInit::new();
    init.with_method(method).with_headers(headers);
    Request::new_with_init(request.url()?.as_str(), &init)
}

fn is_preflight(request: &Request) -> bool {
    let asks = answer::header(request.headers(), "access-control-request-method");
    request.method() == Method::Options && asks.is_some()
}

/// Counts the request. Returns a refusal if it is one too many.
async fn over_limit(request: &Request, env: &Env, caller: Option<&Caller>) -> Option<Rejection> {
    // Health checks are not counted: they must always get an answer.
    if matches!(request.path().as_str(), "/healthz" | "/readyz") {
        return None;
    }
    let address = match caller {
        Some(_) => None,
        None => answer::header(request.headers(), "cf-connecting-ip"),
    };
    let principal = caller.map(|Caller { principal, .. }| principal);
    count(env, rate::key(principal, &address.unwrap_or_default()), 1).await
}

/// A refusal in the form of the door that was asked.
fn refused(request: &Request, rejection: &Rejection) -> worker::Result<Response> {
    let is_upgrade = answer::header(request.headers(), "upgrade").is_some();
    if request.path().trim_end_matches('/') != "/graphql" || is_upgrade {
        return answer::failed(&rejection.clone().into());
    }
    let accept = answer::header(request.headers(), "accept");
    let head = Head { method: "GET", accept: accept.as_deref(), content_type: None };
    match http::negotiate(&head) {
        Ok(media) => graphql::send(http::refuse(rejection, media)),
        Err(unacceptable) => graphql::send(unacceptable),
    }
}

/// Adds the headers of every answer: CORS; whoever keeps it keeps it for this caller alone, or not at all; it is what its
/// content type says; and, after too many requests or while something is away, `Retry-After`. The headers of an object's answer cannot be changed, so
/// they are copied.
fn marked(response: Response, page: Option<&str>) -> worker::Result<Response> {
    let headers = Headers(web_sys::Headers::new_with_headers(&response.headers().0)?);
    headers.append("vary", "Authorization, Origin")?;
    headers.set("x-content-type-options", "nosniff")?;
    if !headers.has("cache-control")? {
        // Only what has a tag can be asked for again with it; the answer is then judged anew.
        let is_tagged = headers.has("etag")?;
        headers.set("cache-control", if is_tagged { "private, no-cache" } else { "no-store" })?;
    }
    for (name, value) in page.into_iter().flat_map(origin::headers) {
        headers.set(name, value)?;
    }
    match response.status_code() {
        429 => headers.set("retry-after", &limits::RATE_PERIOD_S.to_string())?,
        503 => headers.set("retry-after", &limits::RETRY_AFTER_S.to_string())?,
        _ => {}
    }
    Ok(response.with_headers(headers))
}
