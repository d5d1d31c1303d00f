//! An HTTP request from outside reaches the script, which checks it and hands it to the instance's object.

use std::collections::BTreeMap;

use edgefold_flow::{
    Catalogue, Message,
    command::{self, Incoming},
    contract,
    door::{
        Asker,
        header::{key, trace, traced},
        rate,
        ticket::Ticket,
        token::Caller,
    },
    graphql::gateway::Gateway,
    queued::{OnQueue, prefers_async},
    route::check_path,
};
use edgefold_kernel::{Failure, Fault, Id, Kind, Rejection, StreamId, limits};
use futures_util::future::join_all;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use worker::{Env, Method, RequestInit, Url};

use super::{Known, admin, projections, queued};
use crate::{
    door::{
        admit::{admit, target},
        allowance::allowance,
        auth,
        counter::count,
        gateway::WorkersGateway,
    },
    journal::correlation,
    platform::{
        answer, clock,
        http::{Request, Response},
        request::{decoded, expect_json, expect_parameters, page},
        stub,
    },
};

/// Serves every path but GraphQL's.
///
/// # Errors
/// Fails if the runtime refuses to build a response.
pub async fn serve(
    request: Request,
    caller: Known,
    env: &Env,
    catalogue: &'static Catalogue,
) -> worker::Result<Response> {
    let asked = request.path();
    // One slash at the end changes nothing.
    let path: Vec<&str> = asked.strip_suffix('/').unwrap_or(asked).split('/').skip(1).collect();
    let result = match (path.as_slice(), request.method()) {
        (["healthz"], Method::Get) => {
            return answer::json(200, "application/json", &serde_json::json!({"status": "ok"}));
        }
        (["readyz"], Method::Get) => return projections::ready(env, catalogue).await,
        (["commands"], Method::Post) => commanded(&request, caller, env, catalogue).await,
        (["aggregates", aggregate_type, id], Method::Get) => {
            let upgrade = request.header("upgrade").is_some();
            let path = if upgrade { contract::SOCKET } else { contract::STATE };
            look(&request, caller, env, catalogue, (aggregate_type, id), path).await
        }
        (["aggregates", aggregate_type, id, "events"], Method::Get) => {
            look(&request, caller, env, catalogue, (aggregate_type, id), contract::EVENTS).await
        }
        (["aggregates", aggregate_type, id, "commands", command_id], Method::Get) => {
            ended(&request, caller, env, catalogue, (aggregate_type, id, command_id)).await
        }
        (["admin", rest @ ..], _) => {
            let url = request.url()?;
            return admin::serve(&request, caller, &url, rest, env, catalogue).await;
        }
        (["tickets"], Method::Post) => ticket(caller, env).await,
        (["correlations", correlation_id], Method::Get) => {
            correlation(&request, caller, env, catalogue, correlation_id).await
        }
        (["healthz"] | ["readyz"], _) => return answer::wrong_method("GET, HEAD"),
        (
            ["aggregates", _, _]
            | ["aggregates", _, _, "events"]
            | ["aggregates", _, _, "commands", _]
            | ["correlations", _],
            _,
        ) => {
            return answer::wrong_method("GET, HEAD");
        }
        (["commands"] | ["tickets"], _) => return answer::wrong_method("POST"),
        _ => {
            Err(Rejection::new(Kind::NotFound, "UNKNOWN_PATH", format!("there is no path {asked}"))
                .into())
        }
    };
    match result {
        Ok(response) => Ok(response),
        Err(failure) => answer::failed(&failure),
    }
}

/// What is the same for everybody may be kept by anybody, for a while.
const PUBLIC: &str = "public, max-age=300";

/// Serves a document of JSON that never changes.
///
/// # Errors
/// Fails if the runtime refuses to build a response.
pub fn document(request: &Request, text: &'static str) -> worker::Result<Response> {
    match request.method() {
        Method::Get => {
            let answer = Response::of(200, "application/json", text.as_bytes());
            Ok(answer.with("cache-control", PUBLIC))
        }
        _ => answer::wrong_method("GET, HEAD"),
    }
}

/// Gives the caller a ticket, from the object that counts its sockets.
async fn ticket(caller: Known, env: &Env) -> Result<Response, Failure> {
    let caller = caller?;
    let name = rate::key(Some(&caller.principal), "");
    let answer = stub::session_named(env, &name, stub::post(contract::TICKET, &caller)?).await?;
    let ticket: Ticket = stub::read(answer).await?;
    let defect = |error: worker::Error| Fault::Defect(error.to_string());
    let answer = answer::json(201, "application/json", &ticket).map_err(defect)?;
    Ok(answer.with("cache-control", "no-store"))
}

async fn commanded(
    request: &Request,
    caller: Known,
    env: &Env,
    catalogue: &'static Catalogue,
) -> Result<Response, Failure> {
    let caller = caller?;
    expect_json(request)?;
    let own_id = request.header("idempotency-key").map(str::to_owned);
    let trace = trace(|name| request.header(name).map(str::to_owned));
    let allowance = allowance(env);
    let may_queue = request.header("prefer").is_some_and(prefers_async);
    let after = request.header(queued::AFTER).map(str::to_owned);
    match Incoming::parse(&answer::body(request, allowance.body).await?, &allowance)? {
        Incoming::One(message) => {
            let mut message = named(message.with_key(own_id)?);
            message.metadata = traced(message.metadata, &trace);
            let command_id = message.command_id.clone();
            if may_queue {
                let item = [Ok(message.clone())];
                match on_queue(&item, after, &caller, env, catalogue).await {
                    Ok(None) => {}
                    Ok(Some(response)) => return Ok(response),
                    Err(failure) => {
                        return answer::failed_command(&failure, command_id.as_ref())
                            .map_err(|error| Fault::Defect(error.to_string()).into());
                    }
                }
            }
            match send(message, caller, env, catalogue).await {
                Ok(response) => Ok(response),
                Err(failure) => answer::failed_command(&failure, command_id.as_ref())
                    .map_err(|error| Fault::Defect(error.to_string()).into()),
            }
        }
        Incoming::Many(_) if own_id.is_some() => {
            let detail = "a batch takes no such header; give each command its own commandId";
            Err(Rejection::shape("INVALID_FIELD", "Idempotency-Key", detail).into())
        }
        Incoming::Many(items) => {
            // The request itself was counted before.
            let name = rate::key(Some(&caller.principal), "");
            if let Some(limited) = count(env, name, items.len().saturating_sub(1)).await {
                return Err(limited.into());
            }
            let named = |item: Result<Message, Rejection>| {
                item.map(|message| {
                    let metadata = traced(message.metadata.clone(), &trace);
                    named(Message { metadata, ..message })
                })
            };
            let items: Vec<_> = items.into_iter().map(named).collect();
            let queued = match may_queue {
                true => on_queue(&items, after, &caller, env, catalogue).await,
                false => Ok(None),
            };
            let answers = match queued {
                Ok(Some(response)) => return Ok(response),
                Ok(None) => batch(items, caller, env, catalogue).await,
                // Each is told its id: it may lie on the queue all the same, and may be sent again.
                Err(Failure::Faulted(fault)) => {
                    let failed = |item: Result<Message, Rejection>| match item {
                        Ok(message) => refused(fault.clone().into(), message.command_id.as_ref()),
                        Err(refusal) => refused(refusal.into(), None),
                    };
                    items.into_iter().map(failed).collect()
                }
                Err(refusal) => return Err(refusal),
            };
            answer::json(200, "application/json", &answers)
                .map_err(|error| Fault::Defect(error.to_string()).into())
        }
    }
}

/// Puts commands on the queue for a caller that does not wait. `None` if that cannot be.
async fn on_queue(
    items: &[Result<Message, Rejection>],
    after: Option<String>,
    caller: &Caller,
    env: &Env,
    catalogue: &'static Catalogue,
) -> Result<Option<Response>, Failure> {
    let invalid =
        |said| Rejection::shape("INVALID_FIELD", queued::AFTER, format!("expected: {said}"));
    let after = after.map(|id| Id::parse(key(id)).map_err(invalid)).transpose()?;
    check_path(queued::AFTER, after.as_ref())?;
    let Some(answers) = queued::enqueue(items, after, caller, env, catalogue).await? else {
        return Ok(None);
    };
    let defect = |error: worker::Error| Fault::Defect(error.to_string());
    let response = match (items, answers.as_slice()) {
        ([_], [Ok(one)]) => {
            let response = answer::json(202, "application/json", one).map_err(defect)?;
            response.with("location", one.location())
        }
        _ => {
            let answers = items.iter().zip(answers).map(|(item, answer)| match answer {
                Ok(queued) => told(&WithStatus { queued, status: 202 }),
                Err(failure) => {
                    let id = item.as_ref().ok().and_then(|message| message.command_id.as_ref());
                    refused(failure, id)
                }
            });
            answer::json(202, "application/json", &answers.collect::<Vec<_>>()).map_err(defect)?
        }
    };
    Ok(Some(response.with("preference-applied", "respond-async")))
}

/// The message with an id: its answer names it, whatever becomes of it.
fn named(message: Message) -> Message {
    let command_id = message.command_id.or_else(|| Some(clock::fresh_id()));
    Message { command_id, ..message }
}

async fn send(
    message: Message,
    caller: Caller,
    env: &Env,
    catalogue: &'static Catalogue,
) -> Result<Response, Failure> {
    let message = admit(message, catalogue, &caller)?;
    let by = Asker::Somebody(caller);
    let request = stub::post_as(&by, contract::COMMAND, &message)?;
    Ok(stub::fetch(env, catalogue, &target(&message)?, request).await?.into())
}

/// Sends commands to their instances: those for one instance in one call, in order; the instances side by side. Answers
/// in the order in which they came.
async fn batch(
    items: Vec<Result<Message, Rejection>>,
    caller: Caller,
    env: &Env,
    catalogue: &'static Catalogue,
) -> Vec<Box<RawValue>> {
    let mut answers = vec![RawValue::NULL.to_owned(); items.len()];
    let mut calls: BTreeMap<StreamId, (Vec<usize>, Vec<Message>)> = BTreeMap::new();
    for (index, (item, answer)) in items.into_iter().zip(&mut answers).enumerate() {
        let command_id = item.as_ref().ok().and_then(|message| message.command_id.clone());
        let admitted =
            item.map_err(Failure::from).and_then(|message| admit(message, catalogue, &caller));
        match admitted.and_then(|message| Ok((target(&message)?, message))) {
            Ok((to, message)) => {
                let (indexes, messages) = calls.entry(to).or_default();
                indexes.push(index);
                messages.push(message);
            }
            Err(failure) => *answer = refused(failure, command_id.as_ref()),
        }
    }
    let by = &Asker::Somebody(caller);
    let calls = calls.into_iter().map(|(to, (indexes, messages))| async move {
        let found = async {
            let request = stub::post_as(by, contract::COMMANDS, &messages)?;
            stub::read::<Vec<Box<RawValue>>>(stub::fetch(env, catalogue, &to, request).await?).await
        };
        let found = found.await.unwrap_or_else(|failure| {
            let ids = messages.iter().map(|message| message.command_id.as_ref());
            ids.map(|id| refused(failure.clone(), id)).collect()
        });
        indexes.into_iter().zip(found).collect::<Vec<_>>()
    });
    for (index, found) in join_all(calls).await.into_iter().flatten() {
        if let Some(answer) = answers.get_mut(index) {
            *answer = found;
        }
    }
    answers
}

/// The answer to a queued command among others.
#[derive(Serialize)]
struct WithStatus {
    #[serde(flatten)]
    queued: OnQueue,
    status: u16,
}

fn refused(failure: Failure, command_id: Option<&Id>) -> Box<RawValue> {
    told(&command::answer(&Err(failure), command_id))
}

fn told(answer: &impl Serialize) -> Box<RawValue> {
    to_raw_value(answer).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Says what has become of a command: for those who may see its instance, and for the one who sent it by a queue.
async fn ended(
    request: &Request,
    caller: Known,
    env: &Env,
    catalogue: &'static Catalogue,
    (aggregate_type, id, command_id): (&str, &str, &str),
) -> Result<Response, Failure> {
    let caller = caller?;
    let defect = |error: worker::Error| Fault::Defect(error.to_string());
    let entry = catalogue.entry(aggregate_type)?;
    let stream = StreamId::new(entry.aggregate_type, decoded("aggregateId", id)?);
    let command_id = decoded("commandId", command_id)?;
    expect_parameters(&request.url().map_err(defect)?, &[])?;
    let gateway = WorkersGateway::new(env.clone(), catalogue, Some(caller));
    let found = match gateway.outcome(stream, command_id.clone()).await {
        Err(Failure::Rejected(refused)) if refused.code == "UNKNOWN_INSTANCE" => None,
        found => found?,
    };
    let unknown = || {
        let detail = format!("nothing is known of a command {command_id} here, or not yet");
        Rejection::new(Kind::NotFound, "UNKNOWN_OUTCOME", detail)
    };
    let result = found.ok_or_else(unknown)?.into();
    let shown = command::answer(&result, Some(&command_id));
    answer::json(200, "application/json", &shown)
        .map_err(|error| Fault::Defect(error.to_string()).into())
}

/// Hands a request to look at an instance, or to watch it, to its object.
async fn look(
    request: &Request,
    caller: Known,
    env: &Env,
    catalogue: &Catalogue,
    (aggregate_type, id): (&str, &str),
    path: &str,
) -> Result<Response, Failure> {
    let caller = match path {
        contract::SOCKET => auth::upgrading(request, caller, env).await?,
        _ => caller?,
    };
    let by = Asker::Somebody(caller);
    let entry = catalogue.entry(aggregate_type)?;
    let id = decoded("aggregateId", id)?;
    let url = address(request)?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut init = RequestInit::new();
    let defect = |error: worker::Error| Fault::Defect(error.to_string());
    init.with_headers(request.headers().map_err(defect)?);
    let inner = worker::Request::new_with_init(&stub::url(&format!("{path}{query}")), &init);
    let inner = inner.map_err(defect)?;
    let to = StreamId::new(entry.aggregate_type, id);
    Ok(stub::fetch(env, catalogue, &to, stub::on_behalf(inner, &by)?).await?.into())
}

fn address(request: &Request) -> Result<Url, Fault> {
    request.url().map_err(|error| Fault::Defect(error.to_string()))
}

/// Lists the events and commands that a command caused.
async fn correlation(
    request: &Request,
    caller: Known,
    env: &Env,
    catalogue: &'static Catalogue,
    correlation_id: &str,
) -> Result<Response, Failure> {
    let caller = caller?;
    let correlation_id = decoded("correlationId", correlation_id)?;
    let page = page(&address(request)?, limits::LIST_ROWS)?;
    let caused = correlation::caused(env, catalogue, caller, &correlation_id, page).await?;
    answer::json(200, "application/json", &caused)
        .map_err(|error| Fault::Defect(error.to_string()).into())
}
