//! Step 2, **decide**: idempotency first, then the expected version, then the rules.

use std::ops::RangeInclusive;

use edgefold_kernel::{Fault, Id, Kind, Rejection, Timestamp, Version, limits};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    planted::{self, Planted},
    queued::Ending,
};

/// The record of an accepted command, or of a refused one that followed from an event. The events themselves lie in the
/// stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its idempotency key.
    pub command_id: Id,
    /// [`fingerprint`] of the command's content; for a refused command that followed from an event, the refusal as JSON; for a
    /// refused or failed one that came by a queue, its [`Ending`] as JSON.
    pub fingerprint: String,
    /// Version before it.
    pub after: Version,
    /// Version after it; the same when nothing had to be appended.
    pub through: Version,
    /// Instant from which on the record may be deleted.
    pub expires_at: Timestamp,
}

impl Outcome {
    /// The refusal of a command that followed from an event. The command comes again with its letter and must stay
    /// refused, whatever has changed meanwhile: the instance that asked has gone on without it.
    pub fn refusal(&self) -> Option<Rejection> {
        // A fingerprint is not a JSON object.
        serde_json::from_str(&self.fingerprint).ok()
    }

    /// The end of a command that came by a queue and was not accepted.
    pub fn ending(&self) -> Option<Ending> {
        self.fingerprint.starts_with('{').then(|| serde_json::from_str(&self.fingerprint).ok())?
    }

    /// True if it came by a queue and failed.
    pub fn has_failed(&self) -> bool {
        self.ending().is_some_and(|ending| ending.refused.is_none())
    }

    /// True if its command has appended nothing. Then it is a row of its own; otherwise it lies in the row of the first event.
    pub fn is_bare(&self) -> bool {
        self.through == self.after
    }

    /// The [`day`] on which it expires. It is stored under this day.
    pub fn day(&self) -> i64 {
        day(self.expires_at)
    }
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Day of an instant in UTC, counted from 1970. Outcomes are looked up, and deleted, by the day on which they expire.
pub fn day(at: Timestamp) -> i64 {
    at.millis().div_euclid(DAY_MS)
}

/// The first instant after a day.
pub fn end_of(day: i64) -> Timestamp {
    Timestamp::from_millis(day.saturating_add(1).saturating_mul(DAY_MS))
}

/// The days on which an outcome can expire that is remembered for `ttl` milliseconds and has not expired now. The clock
/// that it was stored by may have been ahead by [`limits::CLOCK_SKEW_MS`]: without that, a repeat around midnight could
/// miss it and be decided twice.
pub fn days_alive(now: Timestamp, ttl: i64) -> RangeInclusive<i64> {
    day(now)..=day(now.plus_millis(ttl).plus_millis(limits::CLOCK_SKEW_MS))
}

/// Fingerprint of a command's content: SHA-256 over its name and its canonical payload (keys sorted, no white space), in hex.
pub fn fingerprint(name: &str, payload: &Value) -> String {
    // serde_json keeps objects sorted by key, and prints without white space. A value always has a text.
    let text = serde_json::to_vec(payload).unwrap_or_default();
    let digest = Sha256::new().chain_update(name).chain_update([0]).chain_update(text).finalize();
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' + half - 10 });
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Checks that an earlier command of the same id had the same content, and was accepted.
///
/// # Errors
/// `IDEMPOTENCY_KEY_REUSED` when it had other content; its refusal, when it came by a queue and was refused.
pub fn check_repeat(earlier: &Outcome, fingerprint: &str) -> Result<(), Rejection> {
    if earlier.fingerprint == fingerprint {
        return Ok(());
    }
    if let Some(Ending { refused: Some(refused), content, .. }) = earlier.ending()
        && content == fingerprint
    {
        return Err(refused);
    }
    let detail = format!("command id {} was used for another command", earlier.command_id);
    Err(Rejection::shape("IDEMPOTENCY_KEY_REUSED", "commandId", detail))
}

/// Checks that the stream is at the version that the caller expects.
///
/// # Errors
/// `VERSION_CONFLICT` with the current version.
pub fn check_expected(expected: Option<Version>, current: Version) -> Result<(), Rejection> {
    match expected {
        Some(expected) if expected != current => {
            let detail = format!("expected version {expected}, but the stream is at {current}");
            Err(Rejection {
                field: Some("expectedVersion".into()),
                ..Rejection::new(Kind::Conflict, "VERSION_CONFLICT", detail)
            }
            .at(current))
        }
        _ => Ok(()),
    }
}

/// A refusal of a command that the system sent, as the answer to it or as a fault. Only a rule's refusal is an answer. The
/// system's own commands are well formed: one whose form this code does not take was sent by newer code, and waits for it.
///
/// # Errors
/// [`Fault::Newer`] for a name, a field or a form that this code does not know; [`Fault::Defect`] for any other refusal,
/// since the system may send what it sends.
pub fn answer_or_fault(refusal: Rejection) -> Result<Rejection, Fault> {
    match refusal.kind {
        Kind::Rule => Ok(refusal),
        Kind::Shape if planted::is(Planted::UnknownIsAnswer) => Ok(refusal),
        Kind::Shape | Kind::NotFound | Kind::Malformed => Err(Fault::Newer(refusal.to_string())),
        Kind::Conflict
        | Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::TooLarge
        | Kind::Method
        | Kind::Unsupported
        | Kind::TooMany => Err(Fault::Defect(refusal.to_string())),
    }
}

pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Fault {
    let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Fault::Defect(format!("a panic: {said}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn content_is_compared_without_regard_to_the_order_of_keys() {
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let print = |text: &str| fingerprint("Open", &parse(text));
        assert_eq!(
            print(r#"{"a":1,"b":{"c":2,"d":3}}"#),
            print(r#"{ "b": {"d":3, "c":2}, "a": 1 }"#)
        );
        assert_ne!(print(r#"{"a":1}"#), print(r#"{"a":2}"#));
        assert_ne!(fingerprint("Open", &json!({})), fingerprint("Close", &json!({})));
    }

    #[test]
    fn only_a_rule_answers_a_command_of_the_system() {
        for (kind, code) in [
            (Kind::Rule, None),
            (Kind::Shape, Some("NEWER_CODE_NEEDED")),
            (Kind::NotFound, Some("NEWER_CODE_NEEDED")),
            (Kind::Malformed, Some("NEWER_CODE_NEEDED")),
            (Kind::Conflict, Some("INTERNAL")),
            (Kind::Unauthenticated, Some("INTERNAL")),
            (Kind::Forbidden, Some("INTERNAL")),
            (Kind::TooLarge, Some("INTERNAL")),
            (Kind::Method, Some("INTERNAL")),
            (Kind::Unsupported, Some("INTERNAL")),
            (Kind::TooMany, Some("INTERNAL")),
        ] {
            let refusal = Rejection::new(kind, "SOME_CODE", "the reason").at(7);
            match (answer_or_fault(refusal.clone()), code) {
                (Ok(answer), None) => assert_eq!(answer, refusal),
                (Err(fault), Some(code)) => {
                    assert_eq!(fault.code(), code, "{kind:?}");
                    assert!(fault.to_string().ends_with("SOME_CODE: the reason"), "{fault}");
                }
                (result, _) => panic!("{kind:?}: {result:?}"),
            }
        }
    }

    #[test]
    fn an_outcome_that_is_alive_expires_on_one_of_two_days_and_near_midnight_of_three() {
        let (noon, ttl) = (DAY_MS / 2, limits::OUTCOME_TTL_MS);
        let days = |millis| days_alive(Timestamp::from_millis(millis), ttl);
        assert_eq!(days(100 * DAY_MS + noon), 100..=101);
        assert_eq!(days(100 * DAY_MS), 100..=101);
        assert_eq!(days(101 * DAY_MS - 1), 100..=102, "the clock may have been ahead");
        assert_eq!(days(-1), -1..=1, "before 1970, too");
        assert_eq!(end_of(100), Timestamp::from_millis(101 * DAY_MS));
        assert_eq!(day(end_of(100)), 101);
        assert_eq!(end_of(i64::MAX), Timestamp::MAX);
    }

    #[test]
    fn the_expected_version_is_absent_or_exact() {
        for (expected, current, agrees) in [
            (None, 0, true),
            (None, 7, true),
            (Some(0), 0, true),
            (Some(0), 7, false),
            (Some(7), 7, true),
            (Some(6), 7, false),
            (Some(8), 7, false),
            (Some(1), 0, false),
        ] {
            let verdict = check_expected(expected, current);
            assert_eq!(verdict.is_ok(), agrees, "{expected:?} at {current}");
            if let Err(refusal) = verdict {
                assert_eq!((refusal.status(), refusal.current_version), (409, Some(current)));
            }
        }
    }
}
