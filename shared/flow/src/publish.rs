//! Step 4, **publish**: the stored events *are* the outbox. A cursor runs over them; the events after it go to the bus,
//! together with the commands that follow from them.

use edgefold_kernel::{
    Envelope, Failure, Fault, Id, Kind, Metadata, Rejection, Timestamp, Version, limits,
};
use serde::{Deserialize, Serialize};

use crate::{Errand, Message};

/// A message on the bus: an event and the commands that follow from it. JSON text of at most [`limits::LETTER_BYTES`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// The event.
    pub event: Envelope,
    /// The commands to other aggregates that follow from it. A refusal goes back to the event's stream.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errands: Vec<Message>,
}

impl Letter {
    /// The letter of a stored event. The commands in it carry ids that are derived from the event's, so that a repeat is
    /// a duplicate.
    ///
    /// # Errors
    /// [`Fault::Defect`] when a derived id is not valid.
    pub fn new(event: Envelope, errands: Vec<Errand>) -> Result<Self, Fault> {
        let metadata = caused_by(&event)?;
        let message = |(index, errand): (usize, Errand)| {
            Ok(Message {
                aggregate_type: errand.to.aggregate_type,
                aggregate_id: Some(errand.to.aggregate_id),
                name: errand.name.to_owned(),
                payload: errand.payload,
                command_id: Some(derived_id(&event, index)?),
                expected_version: None,
                metadata: Some(metadata.clone()),
            })
        };
        let errands = errands.into_iter().enumerate().map(message).collect::<Result<_, Fault>>()?;
        Ok(Self { event, errands })
    }

    /// Its text on the bus.
    ///
    /// # Errors
    /// [`Fault::Defect`] when it has no JSON form.
    pub fn text(&self) -> Result<String, Fault> {
        serde_json::to_string(self).map_err(|error| Fault::Defect(error.to_string()))
    }
}

/// Text of an event's letter on the bus. Refuses an event whose letter would not fit a queue message: it could never be
/// delivered.
///
/// # Errors
/// `EVENT_TOO_LARGE` over [`limits::LETTER_BYTES`].
pub fn checked_text(letter: &Letter) -> Result<String, Failure> {
    let text = letter.text()?;
    if text.len() > limits::LETTER_BYTES {
        let most = limits::LETTER_BYTES;
        let detail = format!(
            "an event with its envelope and the commands that follow may have at most {most} bytes, this one has {}",
            text.len()
        );
        return Err(Rejection::new(Kind::TooLarge, "EVENT_TOO_LARGE", detail).into());
    }
    Ok(text)
}

/// Id of the command number `index` that follows from an event.
///
/// # Errors
/// [`Fault::Defect`] when the event's id is not valid.
pub fn derived_id(event: &Envelope, index: usize) -> Result<Id, Fault> {
    Id::parse(format!("{}.{index}", event.id)).map_err(|said| Fault::Defect(said.to_owned()))
}

/// Beginning of the id under which an instance notes that its errand was refused; the errand's id follows.
pub const REFUSED: &str = "refused.";

/// Beginning of the id of a deadline's command; the id of the stream's latest event follows.
pub const DEADLINE: &str = "deadline.";

/// True for the ids that commands of the system have: those of [`derived_id`], and those that begin with [`REFUSED`] or
/// [`DEADLINE`]. No caller may choose one: the outcome of its command would stand where that of the system's belongs, and
/// the system's would count as a repeat.
pub fn is_reserved(command_id: &Id) -> bool {
    let id = command_id.as_str();
    let is_derived = id.rsplit_once('.').is_some_and(|(event, index)| {
        is_uuid(event) && !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_derived || id.starts_with(REFUSED) || id.starts_with(DEADLINE)
}

/// True for 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
fn is_uuid(text: &str) -> bool {
    let is_hex = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.split('-').all(is_hex)
}

/// The causes of a command that follows from an event.
///
/// # Errors
/// [`Fault::Defect`] when the event's id is not valid.
pub fn caused_by(event: &Envelope) -> Result<Metadata, Fault> {
    let event_id = Id::parse(event.id.as_str()).map_err(|said| Fault::Defect(said.to_owned()))?;
    Ok(Metadata {
        correlation_id: event
            .metadata
            .correlation_id
            .clone()
            .or_else(|| Some(event.command_id.clone())),
        causation_id: Some(event_id),
        traceparent: event.metadata.traceparent.clone(),
        actor: event.metadata.actor.clone(),
    })
}

/// Milliseconds until unconfirmed events are sent again: this pause, or half the time to the deadline that waits for an
/// answer. So a lost letter does not cost the deadline.
pub fn again_within(pause: i64, deadline: Option<Timestamp>, now: Timestamp) -> i64 {
    pause.min((left(deadline, now) / 2).max(limits::SEND_AGAIN_LEAST_MS))
}

/// Events decided up to this instant are sent again now: they are as old as the bound, or as the deadline is far away.
pub fn overdue_since(bound: i64, deadline: Option<Timestamp>, now: Timestamp) -> Timestamp {
    now.plus_millis(-bound.min(left(deadline, now).max(limits::SEND_AGAIN_LEAST_MS)))
}

fn left(deadline: Option<Timestamp>, now: Timestamp) -> i64 {
    deadline.map_or(i64::MAX, |at| at.millis().saturating_sub(now.millis()))
}

/// Texts for one call of `sendBatch`, with the version up to which they cover the stream.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    /// JSON texts of letters.
    pub texts: Vec<String>,
    /// Events up to here are in it.
    pub through: Version,
    /// Instant of the oldest event in it, where that is known.
    pub oldest: Option<Timestamp>,
    bytes: usize,
}

impl Batch {
    /// Adds the letter of the event at this version. Returns false, and adds nothing, if the batch would exceed the
    /// queue's limits.
    pub fn add(&mut self, version: Version, text: impl Into<String> + AsRef<str>) -> bool {
        let bytes = self.bytes + text.as_ref().len();
        let fits =
            self.texts.len() < limits::QUEUE_BATCH_MESSAGES && bytes <= limits::QUEUE_BATCH_BYTES;
        if fits {
            (self.bytes, self.through) = (bytes, version);
            self.texts.push(text.into());
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds at which an event of second 0 is sent again, with a deadline at this second; up to the deadline or
    /// 200.
    fn sent(bound: i64, deadline: Option<i64>) -> Vec<i64> {
        let at = |second: i64| Timestamp::from_millis(second * 1_000);
        let (deadline, end) = (deadline.map(at), deadline.unwrap_or(200));
        let (mut now, mut found) = (0, Vec::new());
        loop {
            now += again_within(bound * 1_000, deadline, at(now)) / 1_000;
            if now >= end {
                return found;
            }
            if overdue_since(bound * 1_000, deadline, at(now)) >= at(0) {
                found.push(now);
            }
        }
    }

    #[test]
    fn ids_of_the_systems_own_commands_are_reserved() {
        let event = "0190a7a0-0000-7000-8000-00000000000a";
        let reserved = [
            format!("{event}.0"),
            format!("{event}.12"),
            format!("{}.1", event.to_uppercase()),
            format!("refused.{event}.0"),
            format!("deadline.{event}"),
            "refused.".into(),
            "deadline.x".into(),
        ];
        let free = [
            event.into(),
            format!("{event}."),
            format!("{event}.x"),
            format!("{event}.1x"),
            format!("{event}.-1"),
            format!("{event}.1.2"),
            format!("x{event}.1"),
            format!("{}.1", &event[1..]),
            format!("{}.1", event.replace('-', "")),
            format!("{}.1", event.replace('a', "g")),
            format!("retry-of-{event}.1"),
            "order-7.1".into(),
            "refused".into(),
            "Refused.x".into(),
            "not-refused.x".into(),
            "deadlines.x".into(),
            ".1".into(),
            "-".into(),
        ];
        let judged = |ids: &[String], expected| {
            for id in ids {
                assert_eq!(is_reserved(&Id::parse(id.as_str()).unwrap()), expected, "{id}");
            }
        };
        judged(&reserved, true);
        judged(&free, false);
    }

    #[test]
    fn what_is_lost_is_sent_again_before_the_deadline_that_waits_for_it() {
        assert_eq!(sent(60, None), [60, 120, 180]);
        assert_eq!(sent(60, Some(60)), [30, 45, 55]);
        assert_eq!(sent(20, Some(60)), [20, 40, 50]);
        assert_eq!(sent(60, Some(400))[..2], [60, 120], "a far one changes nothing");
        assert_eq!(sent(2, Some(7)), [2, 4, 6], "what is set is never exceeded");
        assert!(sent(60, Some(5)).is_empty(), "too near for any help");
    }
}
