//! One instance, now or then. Its own object answers, always fresh.

use std::sync::Arc;

use async_graphql::{Context, Error, ID};
use edgefold_kernel::{Failure, Fault, Id, Rejection, StreamId, Timestamp, Version};
use serde::de::DeserializeOwned;

use super::{DateTime, gateway::Gateway, int, refusal::invalid, unanswered};
use crate::{Participant, contract::RowView, instance::When};

/// The version of an instance that a query asks for, the current one when none is named. At most one of the two.
pub struct Which {
    /// Exactly this version.
    pub at_version: Option<i32>,
    /// The state at this instant.
    pub at: Option<DateTime>,
}

/// An instance at some version, the current one or an earlier one: its state there, and when its stream began.
#[derive(Clone, Debug)]
pub struct StateAt<S> {
    /// Identifier.
    pub id: ID,
    /// Version that the state is at.
    pub version: i32,
    /// Instant of its first event.
    pub began: DateTime,
    /// The state.
    pub state: S,
}

/// An instance of this aggregate, now or at a version or an instant, as its own object shows it to the caller.
///
/// A field transposes it to `Option<Result<_>>`: then an error makes this field null, as the specification says of a
/// nullable one. A `Result<Option<_>>` would take the whole answer with it.
///
/// # Errors
/// `VERSION_AHEAD`, `INVALID_INSTANT`, or `INVALID_QUERY` when both are asked for; a fault.
pub async fn one<A: Participant, T>(
    context: &Context<'_>,
    id: &ID,
    which: Which,
    view: impl FnOnce(StateAt<A::State>) -> Option<T>,
) -> Result<Option<T>, Error> {
    let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
    gateway.principal().map_err(unanswered)?;
    let when = when(&which)?;
    let Ok(aggregate_id) = Id::parse(id.0.clone()) else { return Ok(None) };
    match gateway.row(StreamId::new(A::TYPE, aggregate_id), when).await {
        Err(Failure::Rejected(rejection)) if unknown(&rejection) => Ok(None),
        found => Ok(view(found.and_then(|row| Ok(seen_at(id.clone(), row)?)).map_err(unanswered)?)),
    }
}

/// What an object shows of its instance.
pub(super) fn seen_at<S: DeserializeOwned>(
    id: ID,
    RowView { version, began, state }: RowView,
) -> Result<StateAt<S>, Fault> {
    let state = serde_json::from_value(state);
    let state = state.map_err(|error| Fault::Unreadable(error.to_string()))?;
    Ok(StateAt { id, version: int(version), began: DateTime(began.to_string()), state })
}

/// The moment that was asked for.
fn when(which: &Which) -> Result<When, Error> {
    match which {
        Which { at_version: None, at: None } => Ok(When::Now),
        Which { at_version: Some(version), at: None } => {
            let version = Version::try_from(*version).map_err(|_| {
                invalid("INVALID_CURSOR", "atVersion", "atVersion: expected a version from 0")
            })?;
            Ok(When::Version(version))
        }
        Which { at_version: None, at: Some(DateTime(at)) } => {
            let instant = Timestamp::parse(at)
                .map_err(|said| invalid("INVALID_INSTANT", "at", format!("at: expected {said}")))?;
            Ok(When::Instant(instant))
        }
        _ => Err(invalid("INVALID_QUERY", "atVersion", "give only one of atVersion and at")),
    }
}

/// True if a refusal says that there is no such instance. The query then answers null.
pub(super) fn unknown(rejection: &Rejection) -> bool {
    rejection.code == "UNKNOWN_INSTANCE"
}
