//! From a correlation to everything that happened under it, over all aggregates. Each journal knows its events by it. The
//! commands that follow from an event are derived from the event, so that a command without a result is listed too.

use std::collections::BTreeSet;

use edgefold_kernel::{Envelope, Id, Kind, Principal, Rejection, StreamId, Timestamp, Version};
use serde::Serialize;

use crate::Catalogue;

/// `GET /correlations/{correlationId}`: as far as the journals have come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Caused {
    /// In the order of time; each event is followed by the commands that it asked for.
    pub entries: Vec<Entry>,
    /// `after` of the next page; null at the end.
    pub next: Option<u64>,
}

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum What {
    /// Something happened.
    Event,
    /// A command to another aggregate that followed from an event. Its results are the events with this command id. If
    /// it was refused and the sender reacted, the sender's event has the command id `refused.` and this one.
    Command,
}

/// One event or command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Event or command.
    pub kind: What,
    /// Type of the aggregate that it is of, or goes to.
    pub aggregate_type: String,
    /// The instance that it is of, or goes to.
    pub aggregate_id: Id,
    /// Stored name of the event type, or name of the command.
    pub name: String,
    /// Place of the event in its stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Id of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The command, or the one that led to the event.
    pub command_id: Id,
    /// Id of the event or command that directly caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<Id>,
    /// One id for everything that a request caused.
    pub correlation_id: Id,
    /// True if a caller from outside has named the cause: it may have grafted its command onto the chain of another.
    pub causation_claimed: bool,
    /// True if a caller from outside has named the correlation.
    pub correlation_claimed: bool,
    /// Sender of the command at the beginning of the chain; the name of its role for a reader that may not know it; `system` if
    /// there was no sender.
    pub actor: String,
    /// Role of that sender.
    pub actor_role: String,
    /// Service that sent it for that sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_via: Option<String>,
    /// Instant at which the event was decided; for a command, that of the event from which it followed.
    pub time: Timestamp,
}

impl Entry {
    /// The stream that it is of, or goes to.
    pub fn stream(&self) -> StreamId {
        StreamId::new(self.aggregate_type.as_str(), self.aggregate_id.clone())
    }
}

/// An event, and the commands that it asked for, as a caller reads them.
pub fn entries(catalogue: &Catalogue, who: &Principal, event: &Envelope) -> Vec<Entry> {
    let event = &*catalogue.shown(who, event);
    let (actor, actor_role) = event.metadata.acting();
    let correlated = |id: Option<&Id>| id.unwrap_or(&event.command_id).clone();
    let happened = Entry {
        kind: What::Event,
        aggregate_type: event.stream.aggregate_type.clone(),
        aggregate_id: event.stream.aggregate_id.clone(),
        name: event.event_type.clone(),
        version: Some(event.version),
        event_id: Some(event.id.clone()),
        command_id: event.command_id.clone(),
        causation_id: event.metadata.causation_id.clone(),
        correlation_id: correlated(event.metadata.correlation_id.as_ref()),
        causation_claimed: event.metadata.causation_claimed,
        correlation_claimed: event.metadata.correlation_claimed,
        actor: actor.to_owned(),
        actor_role: actor_role.to_owned(),
        actor_via: event.metadata.via.as_ref().map(ToString::to_string),
        time: event.time,
    };
    // What this code cannot read any more asked for something that it cannot name: the event is listed all the same.
    let asked = catalogue
        .entry(&event.stream.aggregate_type)
        .ok()
        .and_then(|entry| entry.errands(event).ok())
        .unwrap_or_default();
    let asked = asked.into_iter().filter_map(|message| {
        let metadata = message.metadata.unwrap_or_default();
        Some(Entry {
            kind: What::Command,
            aggregate_type: message.aggregate_type,
            aggregate_id: message.aggregate_id?,
            name: message.name,
            version: None,
            event_id: None,
            command_id: message.command_id?,
            causation_id: metadata.causation_id,
            causation_claimed: metadata.causation_claimed,
            correlation_id: correlated(metadata.correlation_id.as_ref()),
            ..happened.clone()
        })
    });
    let asked: Vec<_> = asked.collect();
    std::iter::once(happened).chain(asked).collect()
}

/// The entries of so many instances at most: each is asked whether the caller may see it. Those come first whose correlation nobody
/// from outside has named, so that a chain does not vanish among claims.
pub fn of_some(mut listed: Vec<Entry>, most: usize) -> Vec<Entry> {
    let mut instances = BTreeSet::new();
    for is_claimed in [false, true] {
        let of = listed.iter().filter(|entry| entry.correlation_claimed == is_claimed);
        for stream in of.map(Entry::stream) {
            if instances.len() < most {
                instances.insert(stream);
            }
        }
    }
    listed.retain(|entry| instances.contains(&entry.stream()));
    listed
}

/// The refusal of a correlation that is not known, or of which the caller may see nothing.
pub fn unknown(correlation: &Id) -> Rejection {
    let detail = format!("nothing is known of {correlation}");
    Rejection::new(Kind::NotFound, "UNKNOWN_CORRELATION", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, correlation_claimed: bool) -> Entry {
        let id = Id::parse(id).unwrap();
        Entry {
            kind: What::Event,
            aggregate_type: "door".into(),
            aggregate_id: id.clone(),
            name: "DoorOpened".into(),
            version: None,
            event_id: None,
            command_id: id.clone(),
            causation_id: None,
            correlation_id: id,
            causation_claimed: false,
            correlation_claimed,
            actor: "ana".into(),
            actor_role: "guest".into(),
            actor_via: None,
            time: Timestamp::default(),
        }
    }

    #[test]
    fn those_that_nobody_has_claimed_are_asked_first() {
        let listed = [("a", true), ("b", true), ("z", false), ("a", true), ("y", false)];
        let asked = |most| {
            let listed = listed.map(|(id, is_claimed)| entry(id, is_claimed)).to_vec();
            let left = of_some(listed, most);
            left.iter().map(|entry| entry.aggregate_id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(asked(1), ["z"]);
        assert_eq!(asked(3), ["a", "z", "a", "y"]);
        assert_eq!(asked(4), ["a", "b", "z", "a", "y"]);
    }
}
