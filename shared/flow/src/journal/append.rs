//! What a stream sends to its journal, and the answer.

use edgefold_kernel::{Envelope, Id, Timestamp, Version};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Names one journalled event of a stream. The journal finds it by this, so it needs no other index over the streams: the
/// same row answers what a correlation has caused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Link {
    /// Version of the event.
    pub version: Version,
    /// Its correlation: that of its metadata or, where there is none, the id of the command that led to it.
    pub correlation: Id,
}

impl Link {
    /// The name of an event.
    pub fn of(event: &Envelope) -> Self {
        let correlation = event.metadata.correlation_id.as_ref().unwrap_or(&event.command_id);
        Self { version: event.version, correlation: correlation.clone() }
    }
}

/// `POST /append` to the journal of the stream's category and partition: events that follow each other. The journal stores the
/// text as it comes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Append {
    /// The instance.
    pub id: Id,
    /// The published event before the first of these; left out when the first published event of the stream is among these.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Link>,
    /// Ascending, each in its wire form. Between two of them lie only events that are not published. Without any it is a
    /// question: does the journal have the event before them?
    pub events: Vec<Box<RawValue>>,
    /// The row after the last of them, or after a later event.
    pub row: Row,
}

impl Append {
    /// The text of an append whose events are texts already, with commas between them.
    ///
    /// # Errors
    /// Fails if a part of it has no JSON form.
    pub fn text(
        id: &Id,
        before: Option<&Link>,
        events: &str,
        row: &Row,
    ) -> serde_json::Result<String> {
        let (id, row) = (serde_json::to_string(id)?, serde_json::to_string(row)?);
        let before = match before {
            Some(link) => format!(r#""before":{},"#, serde_json::to_string(link)?),
            None => String::new(),
        };
        Ok(format!(r#"{{"id":{id},{before}"events":[{events}],"row":{row}}}"#))
    }
}

/// What lists and subscriptions show of an instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Version that the state is at.
    pub version: Version,
    /// Instant of the stream's first event.
    pub began: Timestamp,
    /// Schema version of the state.
    pub state_version: u32,
    /// The state, as [`Participant::outline`](crate::Participant::outline) shows it; null where it is larger than
    /// [`limits::OUTLINE_BYTES`](edgefold_kernel::limits::OUTLINE_BYTES), and in a question.
    pub state: Box<RawValue>,
}

/// The answer of the journal. It comes when the events are sure to be processed: they are, or an alarm is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Appended {
    /// It has all of them, at positions up to this one. Repeats were dropped.
    Taken {
        /// Position of the last of them; in answer to a question, that of the event before them, or 0.
        position: u64,
    },
    /// It does not have the event before them: it was restored to an earlier state. The stream looks for the last event that it
    /// has, and goes on from there.
    Lacks,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_append_reads_as_the_append() {
        let id = |text: &str| Id::parse(text).unwrap();
        let before = Link { version: 7, correlation: id("c\"1") };
        let state = RawValue::from_string(r#"{"a":1}"#.into()).unwrap();
        let row = Row { version: 9, began: Timestamp::default(), state_version: 2, state };
        for (before, events) in [(Some(&before), "{},[1]"), (None, "")] {
            let text = Append::text(&id("o\\1"), before, events, &row).unwrap();
            let read: Append = serde_json::from_str(&text).unwrap();
            assert_eq!((read.id.as_str(), read.before.as_ref()), ("o\\1", before));
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
    }
}
