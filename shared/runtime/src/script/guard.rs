//! An HTTP request from outside reaches the script. Its origin and its rate are checked, the same way at every door and
//! at the upgrade to a websocket.

use edgefold_flow::{
    Catalogue,
    door::{origin, rate, token::Caller},
    graphql::http::{self, Head},
};
use edgefold_kernel::{Rejection, limits};
use worker::{Env, Method};

use super::{Known, graphql};
use crate::{
    door::{allowance::origins, auth, counter::count},
    platform::{
        answer,
        http::{Request, Response},
    },
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
    let page = request.header("origin").map(str::to_owned);
    if let Some(page) = &page {
        let own = request.url()?.origin().ascii_serialization();
        let origins = origins(env);
        if let Err(rejection) = origins.check(page, &own) {
            return Ok(marked(refused(&request, &rejection)?, None));
        }
        if is_preflight(&request) {
            let mut answer = Response::empty(204);
            for (name, value) in origins.preflight() {
                answer = answer.with(name, value.to_owned());
            }
            return Ok(marked(answer, Some(page)));
        }
    }
    let is_head = request.is_head();
    let caller = auth::authenticate(&request, env, catalogue).await;
    let response = match over_limit(&request, env, caller.as_ref().ok()).await {
        Some(rejection) => refused(&request, &rejection)?,
        None => door(request, caller).await?,
    };
    let response = marked(response, page.as_deref());
    Ok(if is_head { response.bodiless() } else { response })
}

fn is_preflight(request: &Request) -> bool {
    let asks = request.header("access-control-request-method");
    request.method() == Method::Options && asks.is_some()
}

/// Counts the request. Returns a refusal if it is one too many.
async fn over_limit(request: &Request, env: &Env, caller: Option<&Caller>) -> Option<Rejection> {
    // Health checks are not counted: they must always get an answer.
    if matches!(request.path(), "/healthz" | "/readyz") {
        return None;
    }
    let address = match caller {
        Some(_) => None,
        None => request.header("cf-connecting-ip").map(str::to_owned),
    };
    let principal = caller.map(|Caller { principal, .. }| principal);
    count(env, rate::key(principal, &address.unwrap_or_default()), 1).await
}

/// A refusal in the form of the door that was asked.
fn refused(request: &Request, rejection: &Rejection) -> worker::Result<Response> {
    let is_upgrade = request.header("upgrade").is_some();
    if request.path().trim_end_matches('/') != "/graphql" || is_upgrade {
        return answer::failed(&rejection.clone().into());
    }
    let accept = request.header("accept").map(str::to_owned);
    let head = Head { method: "GET", accept: accept.as_deref(), content_type: None };
    match http::negotiate(&head) {
        Ok(media) => graphql::send(http::refuse(rejection, media)),
        Err(unacceptable) => graphql::send(unacceptable),
    }
}

/// Adds the headers of every answer: CORS; whoever keeps it keeps it for this caller alone, or not at all; it is what its
/// content type says; and, after too many requests or while something is away, `Retry-After`.
fn marked(response: Response, page: Option<&str>) -> Response {
    let mut response =
        response.with("vary", "Authorization, Origin").with("x-content-type-options", "nosniff");
    if !response.has("cache-control") {
        response = response.with("cache-control", "no-store");
    }
    for (name, value) in page.into_iter().flat_map(origin::headers) {
        response = response.with(name, value.to_owned());
    }
    match response.status() {
        429 => response.with("retry-after", limits::RATE_PERIOD_S.to_string()),
        503 => response.with("retry-after", limits::RETRY_AFTER_S.to_string()),
        _ => response,
    }
}
