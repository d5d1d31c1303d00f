//! Requests are counted, each under the name of its sender.

use std::cell::RefCell;

use edgefold_flow::door::rate::{self, Counter};
use edgefold_kernel::Rejection;
use worker::{Env, console_error};

use super::allowance::allowance;
use crate::platform::{bindings, clock};

thread_local! {
    static COUNTER: RefCell<Counter> = RefCell::default();
}

/// Counts one more request under this name. Returns a refusal if it is one too many. If no limiter is bound, or it
/// fails, this isolate counts the requests that it sees.
pub(crate) async fn count(env: &Env, name: String) -> Option<Rejection> {
    let outcome = match env.rate_limiter(bindings::REQUESTS) {
        Ok(limiter) => limiter.limit(name.clone()).await,
        Err(_) => return count_here(env, &name),
    };
    match outcome {
        Ok(outcome) => (!outcome.success).then(rate::limited),
        Err(error) => {
            console_error!("the rate limiter failed: {error}");
            count_here(env, &name)
        }
    }
}

fn count_here(env: &Env, name: &str) -> Option<Rejection> {
    let (most, now) = (allowance(env).requests, clock::now());
    let may = COUNTER.with_borrow_mut(|counter| counter.count(name, most, now));
    (!may).then(rate::limited)
}
