//! A list that is at least as new as what its caller has seen: read your writes.

use async_graphql::{Error, ID, InputObject};
use edgefold_kernel::{Id, StreamId, Version, limits};

use super::{AggregateType, refusal::invalid};
use crate::Participant;

/// An instance, and the version of it that a list must show, or a later one.
#[derive(InputObject)]
pub struct MinVersion {
    /// Type of the instance: that of the list's rows.
    #[graphql(name = "type")]
    aggregate_type: AggregateType,
    /// The instance.
    id: ID,
    /// Version of its stream, as the answer to a command names it.
    version: i32,
}

/// The versions that a list of this aggregate must show.
///
/// # Errors
/// `INVALID_FIELD` when there are too many, or one is of another type or no version of an instance.
pub(super) fn least<A: Participant>(
    wanted: Option<Vec<MinVersion>>,
) -> Result<Vec<(StreamId, Version)>, Error> {
    let wanted = wanted.unwrap_or_default();
    let wrong = |expected: String| {
        invalid("INVALID_FIELD", "minVersion", format!("minVersion: expected {expected}"))
    };
    if wanted.len() > limits::LIST_MIN_VERSIONS {
        return Err(wrong(format!("at most {} instances", limits::LIST_MIN_VERSIONS)));
    }
    let read = |MinVersion { aggregate_type, id, version }| {
        if aggregate_type.0 != A::TYPE {
            let shown = AggregateType(A::TYPE.to_owned()).shown();
            return Err(wrong(format!("the type {shown}: this list shows no other")));
        }
        let id = Id::parse(id.0).map_err(|said| wrong(format!("{said} as id")))?;
        let version = Version::try_from(version);
        let version = version.map_err(|_| wrong("a version from 0".to_owned()))?;
        Ok((StreamId::new(A::TYPE, id), version))
    };
    wanted.into_iter().map(read).collect()
}
