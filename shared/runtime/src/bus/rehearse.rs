//! What is rare, for whoever tries a front end in development: an instance whose id begins with `slow-` answers the bus late, one
//! with `silent-` never. So others stay pending, and their deadlines pass. The doors of both answer as ever.

use std::time::Duration;

use edgefold_flow::door::environment::is_development;
use edgefold_kernel::{Failure, Fault, StreamId};
use worker::{Delay, Env};

const LATE: Duration = Duration::from_secs(5);

/// Waits before an instance is told something, if it is one of these.
///
/// # Errors
/// An instance that never answers is unavailable.
pub(super) async fn waits(env: &Env, to: &StreamId) -> Result<(), Failure> {
    let id = to.aggregate_id.as_str();
    let (is_slow, is_silent) = (id.starts_with("slow-"), id.starts_with("silent-"));
    let variable = |name: &str| env.var(name).ok().map(|variable| variable.to_string());
    if !(is_slow || is_silent) || !is_development(variable) {
        return Ok(());
    }
    if is_silent {
        let said = "in development it is silent, as its id says";
        return Err(Fault::Unavailable(id.to_owned().into(), said.into()).into());
    }
    Delay::from(LATE).await;
    Ok(())
}
