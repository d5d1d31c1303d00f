//! Step 3, **append**: decided events become stored ones, all or none. The port that they are stored behind is
//! [`storage`].

pub mod storage;

use edgefold_kernel::{
    Envelope, EventSet, Failure, Fault, Id, Kind, Metadata, Rejection, StreamId, Timestamp,
    Version, limits,
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

/// The text in which an event is stored, and the event as it reads from that text: nothing is committed that could not be
/// read again. What is folded is what was read.
///
/// # Errors
/// `EVENT_UNREADABLE` when the text reads as another event, or as none; a fault when there is no text.
pub fn stored<E: EventSet>(event: &E) -> Result<(Box<RawValue>, E), Failure> {
    let kind = event.kind();
    let text = event.write()?;
    let reason = match E::read(kind.name, kind.version, &text) {
        Ok(read) if read == *event => {
            let data = RawValue::from_string(text);
            let data = data.map_err(|error| Fault::Defect(format!("{}: {error}", kind.name)))?;
            return Ok((data, read));
        }
        Ok(_) => format!("{} would read as something else", kind.name),
        Err(fault) => fault.to_string(),
    };
    let detail = format!("what follows from this command could not be read again: {reason}");
    Err(Rejection::shape("EVENT_UNREADABLE", "payload", detail).into())
}

/// Gives a decided event its place in the stream. Gives it as it will read from there, too.
///
/// # Errors
/// The refusals of [`stored`].
pub fn record<E: EventSet>(
    event: &E,
    stream: &StreamId,
    version: Version,
    cause: &Cause,
    stamp: &Stamp<'_>,
) -> Result<(Envelope, E), Failure> {
    let kind = event.kind();
    let (data, read) = stored(event)?;
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
    Ok((envelope, read))
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

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Described, Shape, events};
    use serde::{Deserialize, Serialize};

    use super::*;

    /// Test: a number that JSON does not have, and a text that reads without its blanks.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Measured {
        value: f64,
        #[serde(serialize_with = "trimmed")]
        unit: String,
    }

    impl Described for Measured {
        const SHAPE: Shape = Shape::Bool;
    }

    fn trimmed<S: serde::Serializer>(text: &str, sink: S) -> Result<S::Ok, S::Error> {
        sink.serialize_str(text.trim())
    }

    events! {
        /// Test.
        enum MeterEvent { "Measured" v 1 => Measured(Measured) }
    }

    #[test]
    fn an_event_that_could_not_be_read_again_is_refused() {
        let measured = |value, unit: &str| MeterEvent::from(Measured { value, unit: unit.into() });
        let good = measured(-2.5e-3, "K");
        let (text, read) = stored(&good).unwrap();
        assert_eq!((text.get(), read), (r#"{"value":-0.0025,"unit":"K"}"#, good));
        for bad in [measured(f64::NAN, "K"), measured(f64::INFINITY, "K"), measured(1.0, " K")] {
            let Err(Failure::Rejected(refusal)) = stored(&bad) else { panic!("{bad:?} is stored") };
            assert_eq!((refusal.status(), refusal.code.as_ref()), (422, "EVENT_UNREADABLE"));
        }
    }
}
