//! An HTTP request from outside reaches the script. Its origin and its rate are checked, the same way at every door and
//! at the upgrade to a websocket.

use edgefold_flow::{
    Catalogue,
    door::{
        origin::{self, Origins},
        rate,
        token::Caller,
    },
    graphql::http::{self, Head},
};
use edgefold_kernel::{Rejection, limits};
use worker::{Env, Headers, Method, Request, RequestInit, Response};

use super::graphql;
use crate::{
    door::{auth, counter::count},
    platform::answer,
};

/// Hands an admitted request to its door, and adds the CORS headers to the answer.
///
/// # Errors
/// Fails if the runtime refuses to build a response.
pub async fn guarded(
    request: Request,
    env: &Env,
    catalogue: &Catalogue,
    door: impl AsyncFnOnce(Request) -> worker::Result<Response>,
) -> worker::Result<Response> {
    let page = answer::header(request.headers(), "origin");
    if let Some(page) = &page {
        let own = request.url()?.origin().ascii_serialization();
        let origins = Origins::read(|name| env.var(name).ok().map(|value| value.to_string()));
        if let Err(rejection) = origins.check(page, &own) {
            return marked(refused(&request, &rejection)?, None);
        }
        if is_preflight(&request) {
            let mut answer = answer::empty(204)?;
            for (name, value) in origin::PREFLIGHT {
                answer.headers_mut().set(name, value)?;
            }
            return marked(answer, Some(page));
        }
    }
    let response = match over_limit(&request, env, catalogue).await {
        Some(rejection) => refused(&request, &rejection)?,
        None => door(of_known_method(request)?).await?,
    };
    marked(response, page.as_deref())
}

/// The `worker` crate takes a method that it does not know for `GET`, and a door would answer it as such. Such a request
/// gets a method that is known, and that no door takes.
fn of_known_method(request: Request) -> worker::Result<Request> {
    if request.inner().method() == request.method().as_ref() {
        return Ok(request);
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Patch).with_headers(request.headers().clone());
    Request::new_with_init(request.url()?.as_str(), &init)
}

fn is_preflight(request: &Request) -> bool {
    let asks = answer::header(request.headers(), "access-control-request-method");
    request.method() == Method::Options && asks.is_some()
}

/// Counts the request. Returns a refusal if it is one too many.
async fn over_limit(request: &Request, env: &Env, catalogue: &Catalogue) -> Option<Rejection> {
    // Health checks are not counted: they must always get an answer.
    if request.path() == "/healthz" {
        return None;
    }
    let caller = auth::authenticate(request, env, catalogue).await.ok();
    let address = answer::header(request.headers(), "cf-connecting-ip").unwrap_or_default();
    let principal = caller.as_ref().map(|Caller { principal, .. }| principal);
    count(env, rate::key(principal, &address)).await
}

/// A refusal in the form of the door that was asked.
fn refused(request: &Request, rejection: &Rejection) -> worker::Result<Response> {
    let is_upgrade = answer::header(request.headers(), "upgrade").is_some();
    if request.path() != "/graphql" || is_upgrade {
        return answer::failed(&rejection.clone().into());
    }
    let accept = answer::header(request.headers(), "accept");
    let head = Head { method: "GET", accept: accept.as_deref(), content_type: None };
    match http::negotiate(&head) {
        Ok(media) => graphql::send(http::refuse(rejection, media)),
        Err(unacceptable) => graphql::send(unacceptable),
    }
}

/// Adds the CORS headers and, after too many requests, `Retry-After`. The headers of an object's answer cannot be
/// changed, so they are copied.
fn marked(response: Response, page: Option<&str>) -> worker::Result<Response> {
    let headers = Headers::new();
    for (name, value) in response.headers() {
        headers.append(&name, &value)?;
    }
    headers.append("vary", "Origin")?;
    for (name, value) in page.into_iter().flat_map(origin::headers) {
        headers.set(name, value)?;
    }
    if response.status_code() == 429 {
        headers.set("retry-after", &limits::RATE_PERIOD_S.to_string())?;
    }
    Ok(response.with_headers(headers))
}
