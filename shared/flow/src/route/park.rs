//! The waiting place of letters that cannot be delivered, so that poison never spreads.
//!
//! All letters from one source stream to one destination are a **sequence**, in the order of the source. A sequence
//! that fails is tried again at growing intervals. After a bounded number of attempts its letters are **parked**, and
//! later letters queue up behind them. All other sequences go on. An administrator retries or discards parked letters.

use std::collections::BTreeMap;

use edgefold_kernel::{Envelope, Id, StreamId, Timestamp, Version, limits};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Catalogue, Message, publish::Letter};

/// The purpose of a letter at its destination. The names are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Lane {
    /// An event that an instance wants.
    Event,
    /// A command that follows from an event.
    Errand,
    /// An event for the journal and the read models.
    Projection,
    /// A letter that this code cannot read.
    Unreadable,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Event, Self::Errand, Self::Projection, Self::Unreadable];

    /// Its stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "EVENT",
            Self::Errand => "ERRAND",
            Self::Projection => "PROJECTION",
            Self::Unreadable => "UNREADABLE",
        }
    }

    /// The lane of this stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == name)
    }
}

/// Letters that are delivered together and in order: those of one source for one destination.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence {
    /// The lane of the delivery.
    pub lane: Lane,
    /// The destination; `None` for a projection, and for a letter that cannot be read.
    pub destination: Option<StreamId>,
    /// The source stream. A letter that cannot be read has none: its fingerprint takes that place.
    pub source: StreamId,
}

/// Place of a letter in its sequence: the version of the event, and the number of the command that follows from it.
pub type Place = (Version, usize);

/// The part of a letter that belongs to one sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// An event.
    Event(Envelope),
    /// A command that follows from one.
    Errand(Message),
    /// The text of a letter that cannot be read.
    Text(String),
}

impl Part {
    /// The event, if it is one.
    pub fn event(&self) -> Option<&Envelope> {
        if let Self::Event(event) = self { Some(event) } else { None }
    }

    /// The command, if it is one.
    pub fn errand(&self) -> Option<&Message> {
        if let Self::Errand(message) = self { Some(message) } else { None }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Part {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Part".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let event = generator.subschema_for::<Envelope>();
        schemars::json_schema!({
            "description": "The content of a letter: an event, a command, or a text.",
            "oneOf": [
                {"properties": {"event": event}, "required": ["event"]},
                {"properties": {"errand": {"type": "object", "description": "A command that follows from an event, as it would be sent."}}, "required": ["errand"]},
                {"properties": {"text": {"type": "string", "description": "The text of a letter that cannot be read."}}, "required": ["text"]},
            ],
        })
    }
}

/// The parts of a letter, each in its sequence.
pub fn parts(catalogue: &Catalogue, letter: &Letter) -> Vec<(Sequence, Place, Part)> {
    let Letter { event, errands } = letter;
    let source = event.stream.clone();
    let part_of_event = |lane, destination| {
        let sequence = Sequence { lane, destination, source: source.clone() };
        (sequence, (event.version, 0), Part::Event(event.clone()))
    };
    let received = catalogue.destinations(event).into_iter();
    let received = received.map(|destination| part_of_event(Lane::Event, Some(destination)));
    let asked = errands.iter().enumerate().filter_map(|(index, message)| {
        let to = StreamId::new(message.aggregate_type.as_str(), message.aggregate_id.clone()?);
        let (lane, source) = (Lane::Errand, source.clone());
        let sequence = Sequence { lane, destination: Some(to), source };
        Some((sequence, (event.version, index), Part::Errand(message.clone())))
    });
    received.chain(asked).chain([part_of_event(Lane::Projection, None)]).collect()
}

/// A text that is no letter, in a sequence of its own, since nobody knows its order.
pub fn unreadable(text: &str) -> (Sequence, Place, Part) {
    let digest = Sha256::digest(text);
    let print: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let print = Id::parse(print).unwrap_or_else(|_| Id::nobody());
    let source = StreamId::new("", print);
    let sequence = Sequence { lane: Lane::Unreadable, destination: None, source };
    (sequence, (0, 0), Part::Text(text.to_owned()))
}

/// Parts of one sequence, in their order.
pub type Parts = BTreeMap<Place, Part>;

/// Parts by sequence. A letter that came twice is in it once.
pub type Sorted = BTreeMap<Sequence, Parts>;

/// The standing of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its letters arrive.
    Flowing,
    /// It has failed, and is tried again by itself.
    Failing {
        /// Failures since it last flowed.
        attempts: u32,
        /// Instant of the last failure.
        last: Timestamp,
    },
    /// It is parked.
    Parked,
    /// Unknown, because the store of parked letters is away.
    Unknown,
}

/// The next step for the letters of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Deliver it.
    Deliver,
    /// Park it behind the letters that are parked already.
    Behind,
    /// Let it come again after this many milliseconds.
    Wait(i64),
    /// Let it come again after its [`patience`].
    Later,
}

/// The next step for a sequence. Receivers and projections of events keep the order by themselves, so events go on
/// while the store of parked letters is away; only commands wait.
pub fn step(lane: Lane, standing: Standing, now: Timestamp) -> Step {
    match standing {
        Standing::Flowing => Step::Deliver,
        Standing::Parked => Step::Behind,
        Standing::Unknown if lane == Lane::Errand => Step::Later,
        Standing::Unknown => Step::Deliver,
        Standing::Failing { attempts, last } => {
            let left = last.plus_millis(pause(attempts)).millis() - now.millis();
            if left <= 0 { Step::Deliver } else { Step::Wait(left) }
        }
    }
}

/// The consequence of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is tried again after this many milliseconds.
    Again(i64),
    /// It is tried again after its [`patience`], since the attempts cannot be counted.
    Later,
    /// It is parked.
    Park,
}

/// The consequence for a sequence that has just failed and may be tried `bound` times.
pub fn verdict(standing: Standing, bound: u32) -> Verdict {
    let attempts = match standing {
        Standing::Failing { attempts, .. } => attempts.saturating_add(1),
        Standing::Flowing => 1,
        Standing::Parked => return Verdict::Park,
        Standing::Unknown => return Verdict::Later,
    };
    if attempts >= bound { Verdict::Park } else { Verdict::Again(pause(attempts)) }
}

/// Milliseconds that a letter rests when its destination is not to blame: half the age of its event. So the 100
/// attempts that the platform allows last longer than a day.
pub fn patience(event: Timestamp, now: Timestamp) -> i64 {
    let age = now.millis().saturating_sub(event.millis());
    (age / 2).clamp(limits::BUS_AGAIN_MS, limits::BUS_LATER_AT_MOST_MS)
}

/// Milliseconds that a sequence rests after this many failures; they double each time.
fn pause(attempts: u32) -> i64 {
    let doubled = 1_i64.checked_shl(attempts.saturating_sub(1).min(32)).unwrap_or(i64::MAX);
    limits::BUS_AGAIN_MS.saturating_mul(doubled).min(limits::BUS_AGAIN_AT_MOST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000)
    }

    fn failing(attempts: u32, ago: i64) -> Standing {
        Standing::Failing { attempts, last: now().plus_millis(-ago) }
    }

    #[test]
    fn a_sequence_is_delivered_waits_or_queues_up() {
        use Lane::{Errand, Event, Projection};
        for (case, lane, standing, expected) in [
            ("it flows", Event, Standing::Flowing, Step::Deliver),
            ("it is parked", Event, Standing::Parked, Step::Behind),
            ("it has just failed", Event, failing(1, 0), Step::Wait(5_000)),
            ("it failed a while ago", Errand, failing(1, 2_000), Step::Wait(3_000)),
            ("its pause is over", Errand, failing(1, 5_000), Step::Deliver),
            ("it has failed twice", Projection, failing(2, 4_000), Step::Wait(6_000)),
            ("it has failed for long", Event, failing(30, 0), Step::Wait(160_000)),
            ("it has failed for ever", Event, failing(u32::MAX, 0), Step::Wait(160_000)),
            ("an event, nobody knows", Event, Standing::Unknown, Step::Deliver),
            ("a projection, nobody knows", Projection, Standing::Unknown, Step::Deliver),
            ("a command, nobody knows", Errand, Standing::Unknown, Step::Later),
        ] {
            assert_eq!(step(lane, standing, now()), expected, "{case}");
        }
    }

    #[test]
    fn a_failure_leads_to_another_attempt_until_there_were_enough() {
        for (case, standing, bound, expected) in [
            ("the first", Standing::Flowing, 8, Verdict::Again(5_000)),
            ("the second", failing(1, 0), 8, Verdict::Again(10_000)),
            ("the seventh", failing(6, 0), 8, Verdict::Again(160_000)),
            ("the last", failing(7, 0), 8, Verdict::Park),
            ("beyond a bound that was lowered", failing(9, 0), 3, Verdict::Park),
            ("the only one", Standing::Flowing, 1, Verdict::Park),
            ("of what is parked", Standing::Parked, 8, Verdict::Park),
            ("that nobody can count", Standing::Unknown, 1, Verdict::Later),
        ] {
            assert_eq!(verdict(standing, bound), expected, "{case}");
        }
    }

    #[test]
    fn an_outage_of_a_day_does_not_use_up_the_attempts_of_the_platform() {
        let (mut at, mut attempts) = (now(), 0);
        while at < now().plus_millis(24 * 60 * 60 * 1000) {
            at = at.plus_millis(patience(now(), at));
            attempts += 1;
        }
        assert!(attempts < 100, "{attempts}");
        assert_eq!(patience(now(), now()), limits::BUS_AGAIN_MS);
        assert_eq!(patience(now().plus_millis(1), now()), limits::BUS_AGAIN_MS, "clocks differ");
    }

    #[test]
    fn all_attempts_together_take_longer_than_a_deploy() {
        let pauses: i64 = (1..limits::BUS_ATTEMPTS).map(pause).sum();
        assert_eq!(pauses, 475_000);
    }

    #[test]
    fn what_cannot_be_read_is_known_by_its_text() {
        let (sequence, place, part) = unreadable("?");
        assert_eq!((sequence.lane, place), (Lane::Unreadable, (0, 0)));
        assert_eq!(sequence.source.aggregate_id.as_str().len(), 64);
        assert_eq!(part, Part::Text("?".into()));
        assert_eq!(unreadable("?").0, sequence);
        assert_ne!(unreadable("!").0, sequence);
    }

    #[test]
    fn a_lane_is_read_back_from_its_name() {
        for lane in Lane::ALL {
            assert_eq!(Lane::parse(lane.as_str()), Some(lane));
        }
        assert_eq!(Lane::parse("event"), None);
    }
}
