//! An HTTP request for GraphQL reaches the script.

use std::sync::Arc;

use async_graphql::{ObjectType, Schema, SubscriptionType, parser::types::OperationType};
use edgefold_flow::{
    Catalogue, contract,
    door::{
        Asker,
        allowance::Allowance,
        environment::is_development,
        header::trace,
        rate,
        token::{Caller, missing},
    },
    graphql::{
        admit::Admitted,
        gateway::Gateway,
        http::{self, Answer, Head, Media},
    },
    session::{self, Close, message::Asked},
};
use edgefold_kernel::Failure;
use worker::{Env, RequestInit, WebSocketPair, console_error};

use super::{Known, events};
use crate::{
    door::{
        allowance::allowance,
        auth,
        counter::{UnderWay, count},
        gateway::{WorkersGateway, log_faults},
    },
    platform::{
        answer,
        http::{Request, Response},
        stub,
    },
};

/// Path of the GraphiQL page on the development server. A deployed script has none.
const GRAPHIQL: &str = "/graphiql/";

/// Serves `/graphql`.
///
/// # Errors
/// Fails if the runtime refuses to build a response.
pub async fn serve<Q, M, S>(
    request: Request,
    caller: Known,
    env: Env,
    catalogue: &'static Catalogue,
    schema: &Schema<Q, M, S>,
) -> worker::Result<Response>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let upgrade = request.header("upgrade").unwrap_or_default();
    if upgrade.eq_ignore_ascii_case("websocket") {
        return open(&request, caller, &env).await;
    }
    let variable = |name: &str| env.var(name).ok().map(|variable| variable.to_string());
    if is_development(variable) && is_page(&request)? {
        return Ok(Response::empty(303).with("location", GRAPHIQL));
    }
    let media = match negotiate(&request) {
        Ok(media) => media,
        Err(unacceptable) => return send(unacceptable),
    };
    // A caller without a token may see the schema; resolvers refuse it. A token that is shown must be good.
    let caller = match request.header("authorization").map(str::to_owned) {
        None => None,
        Some(_) => match caller {
            Ok(caller) => Some(caller),
            Err(failure) => return failed(&failure, media),
        },
    };
    let allowance = allowance(&env);
    let Admitted { request: query, kind, cost } = match read(&request, media, &allowance).await {
        Ok(Ok(admitted)) => admitted,
        Ok(Err(refused)) => return send(refused),
        Err(failure) => return failed(&failure, media),
    };
    if kind == OperationType::Subscription {
        return match subscribe(&request, caller, &query, &env).await {
            Ok(response) => Ok(response),
            Err(failure) => failed(&failure, media),
        };
    }
    let address = request.header("cf-connecting-ip").unwrap_or_default();
    let name = rate::key(caller.as_ref().map(|caller| &caller.principal), address);
    // The request itself was counted before.
    if let Some(limited) = count(&env, name.clone(), cost.saturating_sub(1)).await {
        return send(http::refuse(&limited, media));
    }
    let under_way = match UnderWay::begin(&env, &name, cost) {
        Ok(under_way) => under_way,
        Err(limited) => return send(http::refuse(&limited, media)),
    };
    let trace = trace(|name| request.header(name).map(str::to_owned));
    let gateway: Arc<dyn Gateway> =
        Arc::new(WorkersGateway::new(env, catalogue, caller).traced(trace));
    let response = schema.execute(query.data(gateway)).await;
    log_faults(&response);
    let answer = send(http::answer(response, media));
    drop(under_way);
    answer
}

/// True if a browser opens this path as a page.
fn is_page(request: &Request) -> worker::Result<bool> {
    let (method, accept) =
        (request.method().to_string(), request.header("accept").map(str::to_owned));
    let head = Head { method: &method, accept: accept.as_deref(), content_type: None };
    Ok(http::wants_page(&head, request.url()?.query()))
}

/// Opens a websocket: an object of its own serves it from here on. The client shows its token there, or has shown it here.
async fn open(request: &Request, caller: Known, env: &Env) -> worker::Result<Response> {
    let offered = request.header("sec-websocket-protocol").map(str::to_owned);
    if !session::message::is_offered(offered.as_deref()) {
        let (pair, close) = (WebSocketPair::new()?, Close::SubprotocolNotAcceptable);
        pair.server.accept()?;
        pair.server.close(Some(close.code()), Some(close.reason()))?;
        return Ok(Response::socket(pair.client));
    }
    let caller = match auth::upgrading(request, caller, env).await {
        Ok(caller) => Some(caller),
        // Browsers show nothing here, and a proxy may use the header for itself.
        Err(Failure::Rejected(refused)) if refused.code == "UNAUTHENTICATED" => None,
        Err(failure) => return answer::failed(&failure),
    };
    let headers = request.headers()?;
    headers.delete(contract::ASKER)?;
    if let Some(caller) = caller {
        headers.set(contract::ASKER, &Asker::Somebody(caller).text())?;
    }
    let mut init = RequestInit::new();
    init.with_headers(headers);
    let inner = worker::Request::new_with_init(&stub::url(contract::SOCKET), &init)?;
    match stub::session(env, None, inner).await {
        Ok(response) => Ok(response.into()),
        Err(failure) => answer::failed(&failure),
    }
}

/// Finds the form of the response.
fn negotiate(request: &Request) -> Result<Media, Answer> {
    let method = request.method().to_string();
    let accept = request.header("accept").map(str::to_owned);
    let content_type = request.header("content-type").map(str::to_owned);
    http::negotiate(&Head {
        method: &method,
        accept: accept.as_deref(),
        content_type: content_type.as_deref(),
    })
}

/// Reads and admits what is asked.
async fn read(
    request: &Request,
    media: Media,
    allowance: &Allowance,
) -> Result<Result<Admitted, Answer>, Failure> {
    let method = request.method().to_string();
    let asked = if method == "POST" {
        match answer::body(request, allowance.body).await {
            Ok(body) => http::posted(&body, allowance.body, media),
            Err(Failure::Rejected(rejection)) => Err(http::refuse(&rejection, media)),
            Err(fault) => return Err(fault),
        }
    } else {
        let query = request.url().ok().and_then(|url| url.query().map(str::to_owned));
        http::gotten(&query.unwrap_or_default(), media)
    };
    Ok(asked.and_then(|asked| http::admitted(asked, &method, media, &allowance.graphql)))
}

/// Answers a subscription. Its session counts it.
async fn subscribe(
    request: &Request,
    caller: Option<Caller>,
    query: &async_graphql::Request,
    env: &Env,
) -> Result<Response, Failure> {
    let caller = caller.ok_or_else(missing)?;
    if request.is_head() {
        return Ok(events::head());
    }
    events::stream(env, caller, &Asked::of(query)).await
}

/// A request that failed before anything was executed, in the form that it asked for. A fault's text goes to the log.
fn failed(failure: &Failure, media: Media) -> worker::Result<Response> {
    let answer = match failure {
        Failure::Rejected(rejection) => http::refuse(rejection, media),
        Failure::Faulted(fault) => {
            console_error!("{}: {fault}", fault.code());
            http::fault(fault, media)
        }
    };
    Ok(answer::challenged(send(answer)?, failure))
}

/// A response of GraphQL over HTTP.
///
/// # Errors
/// Fails if the runtime refuses to build it.
pub fn send(answer: Answer) -> worker::Result<Response> {
    let content_type = answer.media.content_type();
    let mut response = Response::of(answer.status, content_type, answer.text().into_bytes());
    if let Some(allow) = answer.allow {
        response = response.with("allow", allow);
    }
    if let Some(seconds) = answer.retry_after {
        response = response.with("retry-after", seconds.to_string());
    }
    Ok(response)
}
