//! Commands that go by a queue: the door answers once they lie on it, and their instance decides them later.
//!
//! What lies on the queue is the only copy until it is decided. So it is brought again until each command has an outcome: it was
//! accepted, it was refused, or it fails however often it is tried. The instance remembers every outcome, as long as those of
//! other commands: with it a message that comes twice changes nothing, and the one who sent it can ask. An instance that does not
//! exist remembers nothing, and none remembers what strangers have sent: what it has not accepted is kept in the object that counts
//! the sockets of the sender.
//!
//! **Order.** The queue keeps none. The commands of one request for one instance travel in one message and are decided in their
//! order. A message may name the command that has to be decided before, and is put back until that one has an outcome.

use edgefold_kernel::{Failure, Fault, Id, Principal, Rejection, StreamId, Timestamp, limits};
use serde::{Deserialize, Serialize};

use crate::{Accepted, Message, door::token::Caller};

/// Commands of one request for one instance, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queued {
    /// The instance.
    pub to: StreamId,
    /// Who sent them. The policy decides about this caller, as its token described it when they were sent.
    pub caller: Caller,
    /// Instant at which the door took them.
    pub sent_at: Timestamp,
    /// The command that is to be decided before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Before>,
    /// Complete messages.
    pub commands: Vec<Message>,
    /// Number of times that one of them has failed.
    #[serde(default)]
    pub failures: u32,
    /// Number of times that they had to wait for others.
    #[serde(default)]
    pub waits: u32,
    /// True if the queue has given them up: they end the script. They are not decided any more.
    #[serde(default)]
    pub is_given_up: bool,
}

/// A command that is to be decided before others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Before {
    /// Its id.
    pub command_id: Id,
    /// Instant at which it was sent, or later. From then on its outcome is remembered for a while; nobody waits for it longer.
    pub sent_at: Timestamp,
    /// True if the caller has named it, and the script does not know whether there is one.
    #[serde(default)]
    pub is_named: bool,
}

/// What an instance has made of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Taken {
    /// Each has an outcome.
    Done,
    /// The command before them has none yet.
    Early,
}

impl Queued {
    /// Commands that the door has just taken.
    pub fn new(
        to: StreamId,
        caller: Caller,
        sent_at: Timestamp,
        after: Option<Before>,
        commands: Vec<Message>,
    ) -> Self {
        // A repeat does not wait for itself.
        let is_among = |before: &Before| {
            commands.iter().any(|one| one.command_id.as_ref() == Some(&before.command_id))
        };
        let after = after.filter(|before| !is_among(before));
        Self { to, caller, sent_at, after, commands, failures: 0, waits: 0, is_given_up: false }
    }

    /// The text of its message; `None` if no message can hold it.
    ///
    /// # Errors
    /// It has no JSON form.
    pub fn text(&self) -> Result<Option<String>, Fault> {
        let text = serde_json::to_string(self).map_err(|error| Fault::Defect(error.to_string()))?;
        Ok(Some(text).filter(|text| text.len() <= limits::LETTER_BYTES))
    }

    /// The last of them, for the message that is to come after.
    pub fn last(&self) -> Option<Before> {
        let command_id = self.commands.last()?.command_id.clone()?;
        Some(Before { command_id, sent_at: self.sent_at, is_named: false })
    }

    /// True if the command before them may still get an outcome, where none is known of it: `ttl` is the time for which outcomes
    /// are remembered, in milliseconds.
    pub fn waits_for(&self, ttl: i64, now: Timestamp) -> Option<&Id> {
        let before = self.after.as_ref()?;
        let within = if before.is_named { ttl.min(limits::QUEUED_NAMED_MS) } else { ttl };
        (now < before.sent_at.plus_millis(within)).then_some(&before.command_id)
    }
}

/// The answer of the door: the command lies on the queue. Over HTTP: 202.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OnQueue {
    /// The command's id, made up when the caller gave none. Its outcome is found by it.
    pub command_id: Id,
    /// Stored name of the aggregate's type.
    pub aggregate_type: String,
    /// The instance that will decide it, made up when the caller gave none.
    pub aggregate_id: Id,
    /// True: it is not decided yet.
    pub queued: bool,
}

impl OnQueue {
    /// The answer to an admitted message; `None` if it was not admitted.
    pub fn of(message: &Message) -> Option<Self> {
        Some(Self {
            command_id: message.command_id.clone()?,
            aggregate_type: message.aggregate_type.clone(),
            aggregate_id: message.aggregate_id.clone()?,
            queued: true,
        })
    }

    /// Where its outcome will be found.
    pub fn location(&self) -> String {
        let Self { command_id, aggregate_type, aggregate_id, .. } = self;
        let (id, command_id) = (in_path(aggregate_id), in_path(command_id));
        format!("/aggregates/{aggregate_type}/{id}/commands/{command_id}")
    }
}

/// An id as a step of a path: it may hold any visible character but the slash.
fn in_path(id: &Id) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    id.as_str().bytes().map(byte).collect()
}

/// True if a caller prefers not to wait for the decision (RFC 7240, section 4.1).
pub fn prefers_async(prefer: &str) -> bool {
    let names = prefer.split(',').map(|one| one.split([';', '=']).next().unwrap_or_default());
    names.into_iter().any(|name| name.trim().eq_ignore_ascii_case("respond-async"))
}

/// The end of a command that came by a queue and was not accepted, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// The refusal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<Rejection>,
    /// The failure, if it was not refused: sent again, it is decided anew.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failed: Option<Fault>,
    /// Fingerprint of its content.
    pub content: String,
    /// Who sent it, and may ask.
    pub sender: Principal,
}

/// The end of a command that its instance has not accepted and does not keep, because there is no stream or the sender is a
/// stranger to it, as the object keeps it that counts the sender's sockets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Apart {
    /// The instance.
    pub of: StreamId,
    /// The command.
    pub command_id: Id,
    /// Its end.
    pub ending: Ending,
    /// Instant from which on it may be forgotten.
    pub expires_at: Timestamp,
}

/// Asks for what is kept [apart](Apart) of these commands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApartWanted {
    /// The instance.
    pub of: StreamId,
    /// The commands.
    pub command_ids: Vec<Id>,
}

/// What has become of a command, as its instance tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ended {
    /// It was accepted.
    Accepted(Accepted),
    /// It was refused.
    Refused {
        /// The refusal.
        refused: Rejection,
    },
    /// It failed however often it was tried.
    Failed {
        /// The failure.
        failed: Fault,
    },
}

impl From<Ended> for Result<Accepted, Failure> {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Accepted(accepted) => Ok(accepted),
            Ended::Refused { refused } => Err(refused.into()),
            Ended::Failed { failed } => Err(failed.into()),
        }
    }
}

impl From<Ending> for Ended {
    fn from(Ending { refused, failed, .. }: Ending) -> Self {
        let unknown = || Fault::Defect("an ending without a reason".to_owned());
        match refused {
            Some(refused) => Self::Refused { refused },
            None => Self::Failed { failed: failed.unwrap_or_else(unknown) },
        }
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::Role;
    use serde_json::json;

    use super::*;

    fn id(text: &str) -> Id {
        Id::parse(text).unwrap()
    }

    fn queued(payload: serde_json::Value) -> Queued {
        let caller = Caller::new(
            Principal::new(id("ana"), Role::parse("guest").unwrap()),
            Timestamp::from_millis(9),
        );
        let message = Message {
            aggregate_type: "door".into(),
            aggregate_id: Some(id("12A")),
            name: "OpenDoor".into(),
            payload,
            command_id: Some(id("c-1")),
            expected_version: None,
            metadata: None,
        };
        let to = StreamId::new("door", id("12A"));
        Queued::new(to, caller, Timestamp::from_millis(5), None, vec![message])
    }

    #[test]
    fn a_preference_is_found_among_others_by_its_name_alone() {
        for prefers in [
            "respond-async",
            "Respond-Async",
            "wait=10, respond-async",
            "respond-async; foo=1 , x",
            " respond-async ",
        ] {
            assert!(prefers_async(prefers), "{prefers}");
        }
        for other in
            ["", "respond-asynchronously", "wait=10", "return=respond-async", "x; respond-async"]
        {
            assert!(!prefers_async(other), "{other}");
        }
    }

    #[test]
    fn a_message_is_read_as_it_was_written_and_one_that_is_too_large_is_none() {
        let small = queued(json!({"wide": true}));
        let text = small.text().unwrap().unwrap();
        assert_eq!(serde_json::from_str::<Queued>(&text).unwrap(), small);
        assert_eq!(queued(json!({"note": "x".repeat(limits::LETTER_BYTES)})).text(), Ok(None));
    }

    #[test]
    fn a_command_is_waited_for_as_long_as_its_outcome_would_be_remembered() {
        let after = queued(json!({})).last();
        assert_eq!(
            after,
            Some(Before {
                command_id: id("c-1"),
                sent_at: Timestamp::from_millis(5),
                is_named: false
            })
        );
        let next = Queued { after, ..queued(json!({})) };
        let waits = |now| next.waits_for(1_000, Timestamp::from_millis(now)).map(Id::as_str);
        assert_eq!([waits(5), waits(1_004)], [Some("c-1"); 2]);
        assert_eq!(waits(1_005), None);
        assert_eq!(queued(json!({})).waits_for(1_000, Timestamp::from_millis(5)), None);
        let Queued { to, caller, sent_at, commands, .. } = queued(json!({}));
        let itself = Some(Before { command_id: id("c-1"), sent_at, is_named: true });
        assert_eq!(Queued::new(to, caller, sent_at, itself, commands).after, None);
    }

    #[test]
    fn a_command_that_its_caller_has_named_is_waited_for_an_hour() {
        let sent_at = Timestamp::from_millis(5);
        let before = |is_named| Some(Before { command_id: id("never"), sent_at, is_named });
        let waits = |is_named, after_ms| {
            let next = Queued { after: before(is_named), ..queued(json!({})) };
            next.waits_for(24 * 3_600_000, sent_at.plus_millis(after_ms)).is_some()
        };
        assert!(waits(true, 3_599_999) && !waits(true, 3_600_000));
        assert!(waits(false, 3_600_000), "one that the script has put on the queue has an outcome");
    }

    #[test]
    fn the_address_of_an_outcome_names_any_id() {
        let mut message = queued(json!({})).commands.remove(0);
        message.command_id = Some(id("a#b?c%"));
        let location = OnQueue::of(&message).unwrap().location();
        assert_eq!(location, "/aggregates/door/12A/commands/a%23b%3Fc%25");
    }

    #[test]
    fn what_has_become_of_a_command_is_read_as_it_was_written() {
        let refused = Rejection::rule("DOOR_LOCKED", "locked").at(3);
        let failed = Fault::Defect("a panic".into());
        for ended in [Ended::Refused { refused }, Ended::Failed { failed }] {
            let text = serde_json::to_string(&ended).unwrap();
            assert_eq!(serde_json::from_str::<Ended>(&text).unwrap(), ended);
        }
    }
}
