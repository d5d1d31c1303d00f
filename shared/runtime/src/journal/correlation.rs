//! What happened under a correlation, read from the journals for `GET /correlations/{correlationId}`.

use std::collections::{BTreeSet, HashMap};

use edgefold_flow::{
    Catalogue,
    door::{Asker, rate, token::Caller},
    graphql::gateway::Gateway,
    journal::correlation::{Caused, Entry, entries, of_some, unknown},
};
use edgefold_kernel::{Failure, Id, StreamId, limits};
use worker::Env;

use crate::door::{
    counter::count,
    gateway::{WorkersGateway, seen},
};

/// Instances that are asked at once whether the caller may see them …
const AT_ONCE: usize = 50;
/// … and how many of them count as one more request.
const ASKED_FOR_ONE: usize = 5;

/// A page of the events and commands of a correlation, as far as the caller may see them. `after` counts entries that the
/// caller has seen: what it may not see leaves no trace.
///
/// # Errors
/// `UNKNOWN_CORRELATION` when there is nothing that the caller may see; a fault when a journal or an object cannot be asked.
pub async fn caused(
    env: &Env,
    catalogue: &'static Catalogue,
    caller: Caller,
    correlation: &Id,
    (after, limit): (u64, usize),
) -> Result<Caused, Failure> {
    let gateway = WorkersGateway::new(env.clone(), catalogue, Some(caller.clone()));
    let events = gateway.caused(correlation.clone()).await?;
    let who = &caller.principal;
    let listed = events.iter().flat_map(|event| entries(catalogue, who, event)).collect();
    let listed = of_some(listed, limits::CORRELATION_INSTANCES);
    let by = Asker::Somebody(caller.clone());
    let after = usize::try_from(after).unwrap_or(usize::MAX);
    let mut shown: Vec<Entry> = Vec::new();
    let mut sights: HashMap<StreamId, bool> = HashMap::new();
    for some in listed.chunks(AT_ONCE) {
        let new = some.iter().map(Entry::stream).filter(|stream| !sights.contains_key(stream));
        let new: BTreeSet<StreamId> = new.collect();
        if !new.is_empty() {
            // Each is a call of its object; the request itself was counted before.
            if let Some(limited) =
                count(env, rate::key(Some(who), ""), new.len() / ASKED_FOR_ONE).await
            {
                return Err(limited.into());
            }
            let may = seen(env, catalogue, &by, new.clone()).await?;
            sights.extend(new.into_iter().map(|stream| (stream.clone(), may.contains(&stream))));
        }
        let may = |entry: &&Entry| sights.get(&entry.stream()).is_some_and(|may| *may);
        shown.extend(some.iter().filter(may).cloned());
        // One more than the page says whether there is another one.
        if shown.len() > after.saturating_add(limit) {
            break;
        }
    }
    if shown.is_empty() {
        return Err(unknown(correlation).into());
    }
    let end = after.saturating_add(limit);
    let next = (shown.len() > end).then_some(end as u64);
    Ok(Caused { entries: shown.into_iter().skip(after).take(limit).collect(), next })
}
