//! One instance: its row in the read model, or what it was at a version or an instant.

use std::sync::Arc;

use async_graphql::{Context, Error, ID};
use edgefold_kernel::{Failure, Fault, Id, Rejection, StreamId, Timestamp, Version};
use serde::de::DeserializeOwned;

use super::{
    DateTime, faulted,
    gateway::{Gateway, row_at_least},
    int,
    page::{owner, read},
    refusal::invalid,
    unanswered,
};
use crate::{Participant, instance::When};

/// Which version of an instance a query is about. At most one of the three.
pub struct Which {
    /// At least this version of the read model.
    pub min_version: Option<i32>,
    /// Exactly this version, from the stream.
    pub at_version: Option<i32>,
    /// What it was at this instant, from the stream.
    pub at: Option<DateTime>,
}

/// An instance at some version, the current one or an earlier one: its state there, and when its stream began.
pub struct StateAt<S> {
    /// Identifier.
    pub id: ID,
    /// Version that the state is at.
    pub version: i32,
    /// When its first event was decided.
    pub began: DateTime,
    /// The state.
    pub state: S,
}

/// An instance of this aggregate: its row in the read model, or what it was at a version or an instant.
///
/// A field transposes it to `Option<Result<_>>`: then an error makes this field null, as the specification says of a
/// nullable one. A `Result<Option<_>>` would take the whole answer with it.
///
/// The statement takes the id, and the owner whose rows alone count, or null: what is not the caller's to see is not there.
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
    match when(&which)? {
        None => {
            let min = which.min_version.and_then(|version| Version::try_from(version).ok());
            let Some(owner) = owner::<A>(gateway)? else { return Ok(None) };
            let row = row_at_least(gateway, sql, id.as_str(), owner, min).await;
            row.map_err(unanswered)?.map(read).transpose()
        }
        Some(when) => match past(gateway, A::TYPE, id, when).await? {
            None => Ok(None),
            Some(StateAt { id, version, began, state }) => {
                let state = serde_json::from_value(state);
                let state =
                    state.map_err(|error| faulted(&Fault::Unreadable(error.to_string())))?;
                Ok(show(StateAt { id, version, began, state }))
            }
        },
    }
}

/// The moment that was asked for; `None`: the read model.
fn when(which: &Which) -> Result<Option<When>, Error> {
    match which {
        Which { min_version: _, at_version: None, at: None } => Ok(None),
        Which { min_version: None, at_version: Some(version), at: None } => {
            let version = Version::try_from(*version).map_err(|_| {
                invalid("INVALID_CURSOR", "atVersion", "atVersion: expected a version from 0")
            })?;
            Ok(Some(When::Version(version)))
        }
        Which { min_version: None, at_version: None, at: Some(DateTime(at)) } => {
            let instant = Timestamp::parse(at)
                .map_err(|said| invalid("INVALID_INSTANT", "at", format!("at: expected {said}")))?;
            Ok(Some(When::Instant(instant)))
        }
        _ => Err(invalid("INVALID_QUERY", "atVersion", "only one of minVersion, atVersion and at")),
    }
}

async fn past(
    gateway: &dyn Gateway,
    aggregate_type: &str,
    id: &ID,
    when: When,
) -> Result<Option<StateAt<serde_json::Value>>, Error> {
    gateway.principal().map_err(unanswered)?;
    let Ok(aggregate_id) = Id::parse(id.0.clone()) else { return Ok(None) };
    let stream = StreamId::new(aggregate_type, aggregate_id);
    let view = match gateway.state(stream.clone(), when).await {
        Err(Failure::Rejected(rejection)) if unknown(&rejection) => return Ok(None),
        view => view.map_err(unanswered)?,
    };
    let first = gateway.events(stream, 0, 1).await.map_err(unanswered)?;
    let began = first.events.first().map(|event| DateTime(event.time.to_string()));
    Ok(Some(StateAt {
        id: id.clone(),
        version: int(view.version),
        began: began.ok_or_else(|| {
            faulted(&Fault::Unreadable("a stream without a first event".to_owned()))
        })?,
        state: view.state,
    }))
}

/// Whether a refusal says that there is no such instance. A query answers null then.
pub(super) fn unknown(rejection: &Rejection) -> bool {
    rejection.code == "UNKNOWN_INSTANCE"
}
