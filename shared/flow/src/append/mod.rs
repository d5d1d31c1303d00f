//! Step 3, **append**: decided events become stored ones, all or none. The port that they are stored behind is
//! [`storage`]; [`ledger`] says where the outcomes of commands lie.

pub mod ledger;
pub mod storage;

use edgefold_kernel::{
    Envelope, Failure, Fault, Id, Kind, Metadata, Rejection, StreamId, Timestamp, Version,
    event::EventKind, limits,
};
use serde_json::value::RawValue;

use crate::door::Asker;

/// Time, fresh identifiers and the caller: only the shell knows them.
#[derive(Clone, Copy)]
pub struct Stamp<'a> {
    /// The instant of the request.
    pub now: Timestamp,
    /// Makes a new identifier: a UUIDv7.
    pub fresh: &'a dyn Fn() -> String,
    /// The caller.
    pub by: &'a Asker,
}

/// The cause of events. It is written into each of them.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The command that was decided.
    pub command_id: Id,
    /// The causes of the command.
    pub metadata: Metadata,
}

/// A decided event in its place in the stream. `data` are those that it is stored with, see
/// [`stored`](edgefold_kernel::event::stored).
pub fn record(
    kind: &EventKind,
    data: Box<RawValue>,
    stream: &StreamId,
    version: Version,
    cause: &Cause,
    stamp: &Stamp<'_>,
) -> Envelope {
    Envelope {
        id: (stamp.fresh)(),
        stream: stream.clone(),
        version,
        event_type: kind.name.to_owned(),
        schema_version: kind.version,
        time: stamp.now,
        command_id: cause.command_id.clone(),
        metadata: cause.metadata.clone(),
        data,
    }
}

/// Refuses a command that decides more events than one transaction should hold.
///
/// # Errors
/// `TOO_MANY_EVENTS` over [`limits::EVENTS_PER_COMMAND`].
pub fn check_count(count: usize) -> Result<(), Rejection> {
    if count > limits::EVENTS_PER_COMMAND {
        let detail = format!(
            "a command may append at most {} events, this one has {count}",
            limits::EVENTS_PER_COMMAND
        );
        return Err(Rejection::new(Kind::TooLarge, "TOO_MANY_EVENTS", detail));
    }
    Ok(())
}

/// The wire form of an event. Refuses one that no message could hold.
///
/// # Errors
/// `EVENT_TOO_LARGE` over [`limits::EVENT_BYTES`].
pub fn wire_form(event: &Envelope) -> Result<String, Failure> {
    let text = serde_json::to_string(event).map_err(|error| Fault::Defect(error.to_string()))?;
    if text.len() > limits::EVENT_BYTES {
        let most = limits::EVENT_BYTES;
        let detail = format!(
            "an event with its envelope may have at most {most} bytes, this one has {}",
            text.len()
        );
        return Err(Rejection::new(Kind::TooLarge, "EVENT_TOO_LARGE", detail).into());
    }
    Ok(text)
}

/// Refuses an event that concerns more instances than one letter can name.
///
/// # Errors
/// `TOO_MANY_DESTINATIONS` over [`limits::DESTINATIONS`].
pub fn check_destinations(count: usize) -> Result<(), Rejection> {
    if count > limits::DESTINATIONS {
        let most = limits::DESTINATIONS;
        let detail = format!("an event may concern at most {most} instances, this one {count}");
        return Err(Rejection::new(Kind::TooLarge, "TOO_MANY_DESTINATIONS", detail));
    }
    Ok(())
}
