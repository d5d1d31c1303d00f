//! An administrator looks at what is held back, retries or discards it.
//!
//! | path | what it does |
//! |---|---|
//! | `GET /admin/dead-letters` | a page of sequences that fail or are parked, with totals |
//! | `GET /admin/dead-letters/{id}` | one sequence, with a page of what waits in it |
//! | `POST /admin/dead-letters/{id}/retry` | tries it now, in order, up to the first failure |
//! | `POST /admin/dead-letters/{id}/discard` | lets the version go at which it stands, with a reason |
//! | `POST /admin/dead-letters/retry` | tries all that a query finds, a page in each call |
//! | `POST /admin/dead-letters/discard` | the same for a discard |
//!
//! What concerns projections is in [`projections`](super::projections).
//!
//! The list lies in D1, and may lag behind; the holds themselves lie in the sources, and are asked there.

use edgefold_flow::{
    Catalogue,
    admin::{self, BulkOutcome, Discard, Outcome, Page, PageWanted, SequencePage, SequenceView},
    contract::{
        self, HoldAsked, HoldDiscarded, HoldFound, HoldOutcome, HoldRetried, UNKNOWN_SEQUENCE,
    },
    journal::order::Order,
    publish::hold::Status,
};
use edgefold_kernel::{Failure, Kind, Principal, Rejection, Subject};
use futures_util::{StreamExt, stream};
use worker::{Env, Method, Url, send::SendFuture};

use super::{Known, projections};
use crate::{
    bus::listed,
    door::allowance::allowance,
    platform::{
        answer,
        http::{Request, Response},
        request::{expect_json, parameters},
        stub,
    },
};

/// Sources that one call asks at once.
const AT_ONCE: usize = 10;

/// Serves the paths under `/admin`.
///
/// # Errors
/// Fails if the runtime refuses to build a response.
pub async fn serve(
    request: &Request,
    caller: Known,
    url: &Url,
    path: &[&str],
    env: &Env,
    catalogue: &'static Catalogue,
) -> worker::Result<Response> {
    let by = match admitted(caller, catalogue) {
        Ok(principal) => principal.subject,
        Err(failure) => return answer::failed(&failure),
    };
    let query = match parameters(url) {
        Ok(query) => query,
        Err(refused) => return answer::failed(&refused.into()),
    };
    let desk = Desk { env, catalogue, by };
    match (path, request.method()) {
        (["projections"], Method::Get) => {
            answer::outcome(200, projections::list(env, catalogue).await)
        }
        (["projections", name], Method::Get) => {
            answer::outcome(200, projections::look(env, catalogue, name).await)
        }
        (["projections", name, order], Method::Post) if Order::named(order).is_some() => {
            let order = Order::named(order).unwrap_or(Order::Retry);
            answer::outcome(200, projections::order(env, catalogue, name, order).await)
        }
        (["projections"] | ["projections", _], _) => answer::wrong_method("GET, HEAD"),
        (["projections", _, order], _) if Order::named(order).is_some() => {
            answer::wrong_method("POST")
        }
        (["dead-letters"], Method::Get) => answer::outcome(200, desk.page(&query).await),
        (["dead-letters", "retry"], Method::Post) => {
            answer::outcome(200, desk.every(&query, None).await)
        }
        (["dead-letters", "discard"], Method::Post) => {
            let result = match discard(request, env, false).await {
                Ok(_) if query.iter().all(|(name, _)| name == "after" || name == "limit") => {
                    // All that is held back at once is nobody's intention.
                    let said = "name what is discarded: status, code, or an end";
                    Err(Rejection::shape("MISSING_FIELD", "status", said).into())
                }
                Ok(discard) => desk.every(&query, Some(discard)).await,
                Err(failure) => Err(failure),
            };
            answer::outcome(200, result)
        }
        (["dead-letters", "retry" | "discard"], _) => answer::wrong_method("POST"),
        (["dead-letters", id], Method::Get) => answer::outcome(200, desk.look(id, &query).await),
        (["dead-letters", id, "retry"], Method::Post) => answer::outcome(200, desk.retry(id).await),
        (["dead-letters", id, "discard"], Method::Post) => {
            let result = match discard(request, env, true).await {
                Ok(discard) => desk.discard(id, discard).await,
                Err(failure) => Err(failure),
            };
            answer::outcome(200, result)
        }
        (["dead-letters"] | ["dead-letters", _], _) => answer::wrong_method("GET, HEAD"),
        (["dead-letters", _, "retry" | "discard"], _) => answer::wrong_method("POST"),
        _ => {
            let detail = format!("there is no path {}", url.path());
            answer::failed(&Rejection::new(Kind::NotFound, "UNKNOWN_PATH", detail).into())
        }
    }
}

fn admitted(caller: Known, catalogue: &Catalogue) -> Result<Principal, Failure> {
    let principal = caller?.principal;
    catalogue.check_administers(&principal)?;
    Ok(principal)
}

async fn discard(request: &Request, env: &Env, is_one: bool) -> Result<Discard, Failure> {
    expect_json(request)?;
    let most = allowance(env).body;
    let body = answer::body(request, most).await?;
    Ok(Discard::parse(&body, most, is_one)?)
}

/// An administrator at work.
struct Desk<'a> {
    env: &'a Env,
    catalogue: &'static Catalogue,
    by: Subject,
}

impl Desk<'_> {
    async fn page(&self, query: &[(String, String)]) -> Result<Page, Failure> {
        listed::page(self.env, &PageWanted::parse(query)?).await
    }

    /// The list says where the sequence begins and ends; its source says the rest.
    async fn look(&self, id: &str, query: &[(String, String)]) -> Result<SequencePage, Failure> {
        let (after, limit) = admin::parse_items(query)?;
        let found = self.found(id).await?;
        let asked = HoldAsked { to: found.destination.clone(), after, limit };
        let HoldFound { hold, items, has_more } = self.call(&found, contract::HOLD, &asked).await?;
        let next = items.last().map(|last| last.version).filter(|_| has_more);
        let items = items.into_iter().map(Into::into).collect();
        Ok(SequencePage { sequence: SequenceView::new(found.id, found.source, &hold), items, next })
    }

    async fn found(&self, id: &str) -> Result<SequenceView, Failure> {
        let known = match id.parse::<u64>() {
            Ok(id) if id < 1 << 53 => listed::by_id(self.env, id).await?,
            _ => None,
        };
        known.ok_or_else(|| {
            let detail = format!("there is no sequence with the id {id:?}");
            Rejection::new(Kind::NotFound, UNKNOWN_SEQUENCE, detail).into()
        })
    }

    async fn retry(&self, id: &str) -> Result<Outcome, Failure> {
        self.retry_one(self.found(id).await?).await
    }

    async fn retry_one(&self, found: SequenceView) -> Result<Outcome, Failure> {
        let asked = HoldRetried { to: found.destination.clone(), by: self.by.clone() };
        let outcome = self.call(&found, contract::HOLD_RETRY, &asked).await?;
        Ok(shown(found, &outcome))
    }

    async fn discard(&self, id: &str, discard: Discard) -> Result<Outcome, Failure> {
        self.discard_one(self.found(id).await?, discard).await
    }

    async fn discard_one(
        &self,
        found: SequenceView,
        Discard { version, reason }: Discard,
    ) -> Result<Outcome, Failure> {
        let (to, by) = (found.destination.clone(), self.by.clone());
        let asked = HoldDiscarded { to, version, by, reason };
        let outcome = self.call(&found, contract::HOLD_DISCARD, &asked).await?;
        Ok(shown(found, &outcome))
    }

    /// Retries or discards all sequences of a page that a query finds.
    async fn every(
        &self,
        query: &[(String, String)],
        discard: Option<Discard>,
    ) -> Result<BulkOutcome, Failure> {
        let Page { sequences, next, .. } = self.page(query).await?;
        let tried = sequences.len();
        let one = async |found| match discard.clone() {
            Some(discard) => self.discard_one(found, discard).await,
            None => self.retry_one(found).await,
        };
        let all = sequences.into_iter().map(|found| SendFuture::new(one(found)));
        let results: Vec<_> = stream::iter(all).buffer_unordered(AT_ONCE).collect().await;
        let reached: Vec<_> = results.into_iter().flatten().collect();
        let is_free = |outcome: &&Outcome| outcome.sequence.status == Status::Free;
        Ok(BulkOutcome {
            tried,
            freed: reached.iter().filter(is_free).count(),
            delivered: reached.iter().map(|outcome| outcome.delivered).sum(),
            unreached: tried - reached.len(),
            next,
        })
    }

    /// Asks the source of a sequence.
    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        found: &SequenceView,
        path: &'static str,
        body: &impl serde::Serialize,
    ) -> Result<T, Failure> {
        let answer = stub::call(self.env, self.catalogue, &found.source, path, body).await;
        if let Err(Failure::Rejected(refusal)) = &answer
            && refusal.code == UNKNOWN_SEQUENCE
        {
            // It flows, and the list has not heard of it.
            listed::forget(self.env, found.id).await?;
        }
        answer
    }
}

/// What has become of a sequence, as it is shown.
fn shown(found: SequenceView, outcome: &HoldOutcome) -> Outcome {
    let sequence = SequenceView::new(found.id, found.source, &outcome.hold);
    Outcome { delivered: outcome.delivered, sequence }
}
