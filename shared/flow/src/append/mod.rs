//! Step 3, **append**: decided events become stored ones, all or none. The port that they are stored behind is
//! [`storage`].

pub mod storage;

use edgefold_kernel::{
    Envelope, EventSet, Fault, Id, Kind, Metadata, Rejection, StreamId, Timestamp, Version, limits,
};
use serde_json::value::RawValue;

use crate::door::Asker;

/// Time, fresh identifiers and who asks, which only the shell can know.
#[derive(Clone, Copy)]
pub struct Stamp<'a> {
    /// The instant of the request.
    pub now: Timestamp,
    /// Makes an identifier that nobody had before: a UUIDv7.
    pub fresh: &'a dyn Fn() -> String,
    /// On whose behalf.
    pub by: &'a Asker,
}

/// What led to events: it is written into each of them.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The command that was decided.
    pub command_id: Id,
    /// What caused the command.
    pub metadata: Metadata,
}

/// Gives a decided event its place in the stream.
///
/// # Errors
/// A fault when it has no stored form.
pub fn record<E: EventSet>(
    event: &E,
    stream: &StreamId,
    version: Version,
    cause: &Cause,
    stamp: &Stamp<'_>,
) -> Result<Envelope, Fault> {
    let kind = event.kind();
    let data =
        RawValue::from_string(event.write()?).map_err(|error| Fault::Defect(error.to_string()))?;
    let envelope = Envelope {
        id: (stamp.fresh)(),
        stream: stream.clone(),
        version,
        event_type: kind.name.to_owned(),
        schema_version: kind.version,
        time: stamp.now,
        command_id: cause.command_id.clone(),
        metadata: cause.metadata.clone(),
        data,
    };
    Ok(envelope)
}

/// Refuses a command that decides more events than one transaction should hold.
///
/// # Errors
/// `TOO_MANY_EVENTS` over [`limits::EVENTS_PER_COMMAND`].
pub fn check_count(count: usize) -> Result<(), Rejection> {
    if count > limits::EVENTS_PER_COMMAND {
        let detail = format!(
            "a command appends at most {} events, this one {count}",
            limits::EVENTS_PER_COMMAND
        );
        return Err(Rejection::new(Kind::TooLarge, "TOO_MANY_EVENTS", detail));
    }
    Ok(())
}
