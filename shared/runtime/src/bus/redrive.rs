//! Parked letters are delivered once more.

use edgefold_flow::{
    Catalogue,
    route::park::{Parts, Sequence, Verdict},
};
use edgefold_kernel::{Failure, Id, limits};
use worker::Env;

use super::{
    deliver::{Delivered, deliver},
    parked::{self, Failed},
};

/// Delivers parked letters until the sequence flows again, fails, or has had its share for one call. Returns the number
/// of letters that have arrived.
///
/// # Errors
/// Fails if the store fails.
pub(crate) async fn redrive(
    env: &Env,
    catalogue: &'static Catalogue,
    (id, sequence): (u64, &Sequence),
    by: &Id,
) -> Result<usize, Failure> {
    let mut delivered = 0;
    while delivered < limits::RETRY_LETTERS {
        let parts = parked::parked(env, id, limits::RETRY_LETTERS - delivered).await?;
        let Delivered { done, failure } = match parts.is_empty() {
            true => Delivered::default(),
            false => deliver(env, catalogue, sequence, &parts).await,
        };
        delivered += done.len();
        parked::decide(env, id, done.iter(), ("DELIVERED", by, None)).await?;
        if failure.is_some() {
            let (sequence, left) = (sequence.clone(), Parts::new());
            let failed = Failed { sequence, left, verdict: Verdict::Park, reason: failure };
            parked::note(env, &[], &[failed]).await?;
            break;
        }
        // Letters that came meanwhile keep the sequence parked: the next round delivers them. If there was nothing to
        // deliver, another call is at it.
        if parked::free(env, id).await? || parts.is_empty() {
            break;
        }
    }
    Ok(delivered)
}
