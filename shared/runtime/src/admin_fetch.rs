//! An administrator looks at what is parked, retries it, or discards it.
//!
//! | path | what it does |
//! |---|---|
//! | `GET /admin/dead-letters` | a page of sequences, with totals |
//! | `GET /admin/dead-letters/{id}` | one sequence, with a page of its letters |
//! | `POST /admin/dead-letters/{id}/retry` | delivers what is parked, in order, as far as it goes |
//! | `POST /admin/dead-letters/{id}/discard` | lets the first letter go, with a reason |

use edgefold_flow::{
    Catalogue,
    admin::{self, Discard, Outcome, PageWanted, check_role},
    park::{Place, Verdict},
};
use edgefold_kernel::{Failure, Fault, Id, Kind, Rejection, limits};
use worker::{Env, Method, Request, Response, Url, console_log};

use crate::{
    answer, auth_fetch,
    deliver_object::{self, Delivered, Parts, deliver},
    door_fetch::{expect_json, wrong_method},
    park_d1::{self, Failed, Found},
};

/// Serves what lies behind `/admin/dead-letters`.
///
/// # Errors
/// `UNAUTHENTICATED`, `FORBIDDEN`, what the path, the query or the body lacks, or a fault.
pub async fn serve(
    request: &mut Request,
    url: &Url,
    path: &[&str],
    env: &Env,
    catalogue: &'static Catalogue,
) -> Result<Response, Failure> {
    let session = auth_fetch::authenticate(request, env).await?;
    check_role(&session.principal)?;
    let by = &session.principal.subject;
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let answered = match (path, request.method()) {
        ([], Method::Get) => {
            answer::json(200, JSON, &park_d1::page(env, &PageWanted::parse(&query)?).await?)
        }
        ([id], Method::Get) => {
            let (after, limit) = admin::parse_letters(&query)?;
            answer::json(
                200,
                JSON,
                &park_d1::letters(env, found(env, id).await?, after, limit).await?,
            )
        }
        ([id, "retry"], Method::Post) => {
            let sequence = parked(env, id).await?;
            answer::json(200, JSON, &retry(env, catalogue, sequence, by).await?)
        }
        ([id, "discard"], Method::Post) => {
            expect_json(request)?;
            let (place, reason) = Discard::parse(&answer::body(request).await?)?;
            let sequence = parked(env, id).await?;
            answer::json(200, JSON, &discard(env, catalogue, sequence, place, &reason, by).await?)
        }
        ([] | [_], _) => return Err(wrong_method("GET")),
        ([_, "retry" | "discard"], _) => return Err(wrong_method("POST")),
        _ => {
            let detail = format!("there is nothing at {}", url.path());
            return Err(Rejection::new(Kind::NotFound, "UNKNOWN_PATH", detail).into());
        }
    };
    answered.map_err(|error| Fault::Defect(error.to_string()).into())
}

const JSON: &str = "application/json";

async fn found(env: &Env, id: &str) -> Result<Found, Failure> {
    let known = match id.parse::<u64>() {
        Ok(id) if id < 1 << 53 => park_d1::by_id(env, id).await?,
        _ => None,
    };
    known.ok_or_else(|| {
        let detail = format!("there is no sequence {id:?}");
        Rejection::new(Kind::NotFound, "UNKNOWN_SEQUENCE", detail).into()
    })
}

/// What is tried again by itself, or flows, needs nobody.
async fn parked(env: &Env, id: &str) -> Result<Found, Failure> {
    let found = found(env, id).await?;
    match found.view.status.as_str() {
        "PARKED" => Ok(found),
        status => {
            let detail = format!("the sequence is {status}, not PARKED");
            Err(Rejection::new(Kind::Conflict, "NOT_PARKED", detail).into())
        }
    }
}

/// Delivers what is parked until it flows again, fails, or was enough for one request.
async fn retry(
    env: &Env,
    catalogue: &'static Catalogue,
    found: Found,
    by: &Id,
) -> Result<Outcome, Failure> {
    let (id, sequence) = (found.view.id, found.sequence);
    let mut delivered = 0;
    while delivered < limits::RETRY_LETTERS {
        let mut parts = park_d1::parked(env, id, limits::RETRY_LETTERS - delivered).await?;
        let Delivered { done, failure } = deliver(env, catalogue, &sequence, &parts).await;
        delivered += done.len();
        park_d1::decide(env, id, done.iter(), ("DELIVERED", by, None)).await?;
        if let Some(failure) = failure {
            parts.retain(|place, _| !done.contains(place));
            let reason = Some(failure.to_string());
            let failed = Failed { sequence, left: Parts::new(), verdict: Verdict::Park, reason };
            park_d1::note(env, &[], &[failed]).await?;
            break;
        }
        // What has come meanwhile keeps it parked: it is delivered in the next round.
        if park_d1::free(env, id).await? {
            break;
        }
    }
    console_log!("{by} retried sequence {id}: {delivered} letters delivered");
    outcome(env, id, delivered, 0).await
}

/// Discards the first letter that is parked. What waits behind it goes on waiting for a retry.
async fn discard(
    env: &Env,
    catalogue: &'static Catalogue,
    found: Found,
    place: Place,
    reason: &str,
    by: &Id,
) -> Result<Outcome, Failure> {
    let (id, sequence) = (found.view.id, found.sequence);
    match park_d1::parked(env, id, 1).await?.first_key_value() {
        Some((first, part)) if *first == place => {
            deliver_object::discard(env, catalogue, &sequence, part, reason).await?;
        }
        first => {
            let first = first.map_or("none".into(), |(first, _)| admin::letter_id(*first));
            let detail = format!("only the first letter can be discarded, which is {first}");
            return Err(Rejection::new(Kind::Conflict, "NOT_FIRST", detail).into());
        }
    }
    park_d1::decide(env, id, [&place].into_iter(), ("DISCARDED", by, Some(reason))).await?;
    park_d1::free(env, id).await?;
    console_log!("{by} discarded letter {} of sequence {id}", admin::letter_id(place));
    outcome(env, id, 0, 1).await
}

async fn outcome(
    env: &Env,
    id: u64,
    delivered: usize,
    discarded: usize,
) -> Result<Outcome, Failure> {
    let found = park_d1::by_id(env, id).await?;
    let gone = || Fault::Unavailable("the database", format!("sequence {id} is gone"));
    Ok(Outcome { delivered, discarded, sequence: found.ok_or_else(gone)?.view })
}
