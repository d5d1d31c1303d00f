//! One instance: its row in the read model, or its state at a version or an instant.

use std::sync::Arc;

use async_graphql::{Context, Error, ID};
use edgefold_kernel::{Failure, Fault, Id, Rejection, Scope, StreamId, Timestamp, Version};
use serde::de::DeserializeOwned;

use super::{
    DateTime, faulted,
    gateway::{Gateway, behind, row_at_least},
    int,
    page::read,
    refusal::invalid,
    unanswered,
};
use crate::{Participant, contract::RowView, instance::When};

/// The version of an instance that a query asks for. At most one of the three.
pub struct Which {
    /// At least this version of the read model.
    pub min_version: Option<i32>,
    /// Exactly this version, from the stream.
    pub at_version: Option<i32>,
    /// The state at this instant, from the stream.
    pub at: Option<DateTime>,
}

/// An instance at some version, the current one or an earlier one: its state there, and when its stream began.
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

/// An instance of this aggregate: its row, now or at a version or an instant. A caller that may list all rows gets the
/// row of the read model. For any other caller the instance is asked, as only it knows whether the caller may see it.
///
/// A field transposes it to `Option<Result<_>>`: then an error makes this field null, as the specification says of a
/// nullable one. A `Result<Option<_>>` would take the whole answer with it.
///
/// The statement takes the id.
///
/// # Errors
/// `READ_MODEL_BEHIND`, `VERSION_AHEAD`, `INVALID_INSTANT`, or `INVALID_QUERY` when more than one of the three is asked
/// for; a fault.
pub async fn one<A: Participant, T: DeserializeOwned>(
    context: &Context<'_>,
    sql: &'static str,
    id: &ID,
    which: Which,
    show: impl FnOnce(StateAt<A::State>) -> Option<T>,
) -> Result<Option<T>, Error> {
    let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
    let principal = gateway.principal().map_err(unanswered)?;
    let when = when(&which)?;
    let least = which.min_version.and_then(|version| Version::try_from(version).ok());
    if when == When::Now && A::may_list(principal) == Scope::All {
        let row = row_at_least(gateway, sql, id.as_str(), least).await;
        return row.map_err(unanswered)?.map(read).transpose();
    }
    let Ok(aggregate_id) = Id::parse(id.0.clone()) else { return Ok(None) };
    let found = match gateway.row(StreamId::new(A::TYPE, aggregate_id), when).await {
        Err(Failure::Rejected(rejection)) if unknown(&rejection) => None,
        found => Some(found.map_err(unanswered)?),
    };
    if let Some(least) = least {
        let version = found.as_ref().map_or(0, |found| found.version);
        behind(version, least).map_err(unanswered)?;
    }
    let Some(RowView { version, began, state }) = found else { return Ok(None) };
    let state = serde_json::from_value(state);
    let state = state.map_err(|error| faulted(&Fault::Unreadable(error.to_string())))?;
    let (version, began) = (int(version), DateTime(began.to_string()));
    Ok(show(StateAt { id: id.clone(), version, began, state }))
}

/// The moment that was asked for.
fn when(which: &Which) -> Result<When, Error> {
    match which {
        Which { min_version: _, at_version: None, at: None } => Ok(When::Now),
        Which { min_version: None, at_version: Some(version), at: None } => {
            let version = Version::try_from(*version).map_err(|_| {
                invalid("INVALID_CURSOR", "atVersion", "atVersion: expected a version from 0")
            })?;
            Ok(When::Version(version))
        }
        Which { min_version: None, at_version: None, at: Some(DateTime(at)) } => {
            let instant = Timestamp::parse(at)
                .map_err(|said| invalid("INVALID_INSTANT", "at", format!("at: expected {said}")))?;
            Ok(When::Instant(instant))
        }
        _ => Err(invalid(
            "INVALID_QUERY",
            "atVersion",
            "give only one of minVersion, atVersion and at",
        )),
    }
}

/// True if a refusal says that there is no such instance. The query then answers null.
pub(super) fn unknown(rejection: &Rejection) -> bool {
    rejection.code == "UNKNOWN_INSTANCE"
}
