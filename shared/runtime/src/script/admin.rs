//! An administrator looks at parked letters, and retries or discards them.
//!
//! | path | what it does |
//! |---|---|
//! | `GET /admin/dead-letters` | a page of sequences, with totals |
//! | `GET /admin/dead-letters/{id}` | one sequence, with a page of its letters |
//! | `POST /admin/dead-letters/{id}/retry` | delivers parked letters in order, up to the first failure |
//! | `POST /admin/dead-letters/{id}/discard` | lets the first letter go, with a reason |

use edgefold_flow::{
    Catalogue,
    admin::{self, Discard, Outcome, Page, PageWanted, SequencePage, SequenceView},
    route::park::Place,
};
use edgefold_kernel::{Failure, Fault, Id, Kind, Principal, Rejection};
use worker::{Env, Method, Request, Response, Url, console_log};

use crate::{
    bus::{
        deliver,
        parked::{self, Found},
        redrive::redrive,
    },
    door::{allowance::allowance, auth},
    platform::{answer, request::expect_json},
};

/// Serves the paths under `/admin`.
///
/// # Errors
/// Fails if the runtime refuses to build a response.
pub async fn serve(
    request: &mut Request,
    url: &Url,
    path: &[&str],
    env: &Env,
    catalogue: &'static Catalogue,
) -> worker::Result<Response> {
    let by = match admitted(request, env, catalogue).await {
        Ok(principal) => principal.subject,
        Err(failure) => return answer::failed(&failure),
    };
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    match (path, request.method()) {
        (["dead-letters"], Method::Get) => answer::outcome(200, page(env, &query).await),
        (["dead-letters", id], Method::Get) => answer::outcome(200, look(env, id, &query).await),
        (["dead-letters", id, "retry"], Method::Post) => {
            answer::outcome(200, retry(env, catalogue, id, &by).await)
        }
        (["dead-letters", id, "discard"], Method::Post) => {
            let wanted = match expect_json(request) {
                Ok(()) => {
                    let most = allowance(env).body;
                    let body = answer::body(request, most).await;
                    body.and_then(|body| Ok(Discard::parse(&body, most)?))
                }
                Err(failure) => Err(failure),
            };
            let result = match wanted {
                Ok(wanted) => discard(env, catalogue, id, wanted, &by).await,
                Err(failure) => Err(failure),
            };
            answer::outcome(200, result)
        }
        (["dead-letters"] | ["dead-letters", _], _) => answer::wrong_method("GET"),
        (["dead-letters", _, "retry" | "discard"], _) => answer::wrong_method("POST"),
        _ => {
            let detail = format!("there is no path {}", url.path());
            answer::failed(&Rejection::new(Kind::NotFound, "UNKNOWN_PATH", detail).into())
        }
    }
}

async fn admitted(
    request: &Request,
    env: &Env,
    catalogue: &Catalogue,
) -> Result<Principal, Failure> {
    let principal = auth::authenticate(request, env, catalogue).await?.principal;
    catalogue.check_administers(&principal)?;
    Ok(principal)
}

async fn page(env: &Env, query: &[(String, String)]) -> Result<Page, Failure> {
    parked::page(env, &PageWanted::parse(query)?).await
}

async fn look(env: &Env, id: &str, query: &[(String, String)]) -> Result<SequencePage, Failure> {
    let (after, limit) = admin::parse_letters(query)?;
    parked::letters(env, found(env, id).await?, after, limit).await
}

async fn found(env: &Env, id: &str) -> Result<Found, Failure> {
    let known = match id.parse::<u64>() {
        Ok(id) if id < 1 << 53 => parked::by_id(env, id).await?,
        _ => None,
    };
    known.ok_or_else(|| {
        let detail = format!("there is no sequence with the id {id:?}");
        Rejection::new(Kind::NotFound, "UNKNOWN_SEQUENCE", detail).into()
    })
}

/// The sequence of this id, if it is parked: one that is failing or flowing needs no administrator.
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

async fn retry(
    env: &Env,
    catalogue: &'static Catalogue,
    id: &str,
    by: &Id,
) -> Result<Outcome, Failure> {
    let Found { view: SequenceView { id, .. }, sequence } = parked(env, id).await?;
    let delivered = redrive(env, catalogue, (id, &sequence), by).await?;
    console_log!("{by} retried sequence {id}: {delivered} letters delivered");
    outcome(env, id, delivered, 0).await
}

/// Discards the first parked letter. The letters behind it go on waiting for a retry.
async fn discard(
    env: &Env,
    catalogue: &'static Catalogue,
    id: &str,
    (place, reason): (Place, String),
    by: &Id,
) -> Result<Outcome, Failure> {
    let Found { view: SequenceView { id, .. }, sequence } = parked(env, id).await?;
    match parked::parked(env, id, 1).await?.first_key_value() {
        Some((first, part)) if *first == place => {
            deliver::discard(env, catalogue, &sequence, part, &reason).await?;
        }
        first => {
            let first = first.map_or("none".into(), |(first, _)| admin::letter_id(*first));
            let detail = format!("only the first letter can be discarded; it is {first}");
            return Err(Rejection::new(Kind::Conflict, "NOT_FIRST", detail).into());
        }
    }
    parked::decide(env, id, [&place].into_iter(), ("DISCARDED", by, Some(&reason))).await?;
    parked::free(env, id).await?;
    console_log!("{by} discarded letter {} of sequence {id}", admin::letter_id(place));
    outcome(env, id, 0, 1).await
}

async fn outcome(
    env: &Env,
    id: u64,
    delivered: usize,
    discarded: usize,
) -> Result<Outcome, Failure> {
    let found = parked::by_id(env, id).await?;
    let gone = || Fault::Unavailable("the database".into(), format!("sequence {id} is gone"));
    Ok(Outcome { delivered, discarded, sequence: found.ok_or_else(gone)?.view })
}
