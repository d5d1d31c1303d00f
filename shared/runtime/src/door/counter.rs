//! Requests are counted, each under the name of its sender.

use std::{cell::RefCell, time::Duration};

use edgefold_flow::door::rate::{self, Counter};
use edgefold_kernel::{Fault, Rejection};
use futures_util::future::join_all;
use worker::{Env, console_error};

use super::allowance::allowance;
use crate::platform::{bindings, clock, stub};

const LIMITER: &str = "the rate limiter";

/// Time that the platform's limiter may take. It answers within milliseconds; every request waits for it.
const LIMITER_WITHIN: Duration = Duration::from_secs(1);

thread_local! {
    static COUNTER: RefCell<Counter> = RefCell::default();
    static UNDER_WAY: RefCell<rate::UnderWay> = RefCell::default();
}

/// An operation that is answered at the moment.
pub(crate) struct UnderWay(u64);

impl UnderWay {
    /// Begins one that counts as so many requests.
    ///
    /// # Errors
    /// `RATE_LIMITED` when this caller has too many of them.
    pub(crate) fn begin(env: &Env, name: &str, cost: usize) -> Result<Self, Rejection> {
        let (most, now) = (allowance(env).under_way, clock::now());
        let begun = UNDER_WAY.with_borrow_mut(|all| all.begin(name, cost, most, now));
        begun.map(Self).ok_or_else(rate::limited)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.with_borrow_mut(|all| all.end(self.0));
    }
}

/// Counts so many more requests under this name. Returns a refusal if they are too many. If no limiter is bound, or it
/// fails or does not answer, this isolate counts the requests that it sees.
pub(crate) async fn count(env: &Env, name: String, cost: usize) -> Option<Rejection> {
    if cost == 0 {
        return None;
    }
    let Ok(limiter) = env.rate_limiter(bindings::REQUESTS) else {
        return count_here(env, &name, cost);
    };
    // The platform counts one at a time, in memory beside the script.
    let asked = async {
        let all = join_all((0..cost).map(|_| limiter.limit(name.clone()))).await;
        let all: Result<Vec<_>, _> = all.into_iter().collect();
        all.map_err(|error| Fault::Unavailable(LIMITER.into(), error.to_string()))
    };
    match stub::within(LIMITER_WITHIN, LIMITER, asked).await {
        Ok(outcomes) => {
            let is_over = outcomes.iter().any(|outcome| !outcome.success);
            is_over.then(rate::limited)
        }
        Err(error) => {
            console_error!("the rate limiter does not count: {error}");
            count_here(env, &name, cost)
        }
    }
}

fn count_here(env: &Env, name: &str, cost: usize) -> Option<Rejection> {
    let (most, now) = (allowance(env).requests, clock::now());
    let may = COUNTER.with_borrow_mut(|counter| counter.count(name, cost, most, now));
    (!may).then(rate::limited)
}
