//! A hold: what a source keeps about a destination that does not take its deliveries.
//!
//! 1. A source hands the queue one letter, with a delivery for each destination, and the consumer brings each to its
//!    destination.
//! 2. The destination answers with a receipt: how far it has come, which commands it refused, and the failure that stopped it.
//! 3. The consumer gives the receipts to the source, which keeps a **hold** for each destination that failed: from which
//!    version on, and why; everything else goes on.
//! 4. The source itself tries again, one attempt at a time and with growing pauses: for ever where the failure heals by itself,
//!    and a bounded number of times where it cannot; then the deliveries are **parked**.
//! 5. An administrator retries what is parked, or discards the version at which it stands; the events lie in the source, so
//!    nothing is copied, and nothing can get lost.

use edgefold_kernel::{Fault, StreamId, Subject, Timestamp, Version};
use serde::{Deserialize, Serialize};

use super::again::pause;
use crate::planted::{self, Planted};

/// Milliseconds until the list is told again that could not be told (1 min).
const LIST_AGAIN_MS: i64 = 60_000;

/// The standing of a destination that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// It is tried again by itself.
    Failing,
    /// It waits for an administrator.
    Parked,
    /// It flows again.
    Free,
}

/// What an administrator has done about a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decided {
    /// The version that was discarded; null for a retry.
    pub discarded: Option<Version>,
    /// The administrator.
    pub by: Subject,
    /// Instant.
    pub at: Timestamp,
    /// Reason of a discard.
    pub reason: Option<String>,
}

/// The mark of a destination that does not take its deliveries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// The destination.
    pub to: StreamId,
    /// It has everything up to this version.
    pub after: Version,
    /// It does not take this version, as far as is known.
    pub version: Version,
    /// Its standing.
    pub status: Status,
    /// Attempts since it last took something.
    pub attempts: u32,
    /// The failures among them that cannot heal.
    pub strikes: u32,
    /// Instant of the first failure.
    pub since: Timestamp,
    /// Instant of the last attempt.
    pub last: Timestamp,
    /// Instant at which something is due: an attempt, or a word to the list of the administrators.
    pub next: Timestamp,
    /// The failure.
    pub fault: Fault,
    /// The version that an administrator has discarded: the destination gets nothing of it, and goes on behind it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub discarded: Option<Version>,
    /// The last thing that an administrator did about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decided: Option<Decided>,
    /// Thousandths by which its pauses are longer, so that those who failed together do not come back together.
    #[serde(default)]
    pub spread: i64,
    /// True if the list of the administrators has it.
    #[serde(default)]
    pub is_known: bool,
    /// True if the list of the administrators says the same.
    #[serde(default)]
    pub is_listed: bool,
}

impl Hold {
    /// The hold of a destination that has just failed for the first time. `bound`: failures that cannot heal until it is
    /// parked.
    pub fn new(
        to: StreamId,
        after: Version,
        (version, fault): (Version, Fault),
        now: Timestamp,
        bound: u32,
    ) -> Self {
        let mut hold = Self {
            to,
            after,
            version,
            status: Status::Failing,
            attempts: 1,
            strikes: 0,
            since: now,
            last: now,
            next: now,
            fault: fault.clone(),
            discarded: None,
            decided: None,
            spread: 0,
            is_known: false,
            is_listed: false,
        };
        hold.fail(version, fault, now, bound);
        hold
    }

    /// The same hold, whose pauses are so many thousandths longer.
    #[must_use]
    pub fn spread(mut self, spread: i64) -> Self {
        self.spread = spread;
        self.next = self.last.plus_millis(self.pause());
        self
    }

    fn pause(&self) -> i64 {
        let pause = pause(self.attempts);
        pause.saturating_add(pause.saturating_mul(self.spread) / 1_000)
    }

    /// An attempt begins. It counts, and the next one has its instant, before anybody knows how it ends: an attempt that
    /// ends the script itself counts, too.
    pub fn begin(&mut self, now: Timestamp) {
        self.attempts = self.attempts.saturating_add(1);
        self.last = now;
        self.next = now.plus_millis(self.pause());
    }

    /// The attempt has failed.
    pub fn fail(&mut self, version: Version, fault: Fault, now: Timestamp, bound: u32) {
        if !fault.retryable() || planted::is(Planted::RetryableIsPoison) {
            self.strikes = self.strikes.saturating_add(1);
        }
        let is_parked = self.strikes >= bound || self.status == Status::Parked;
        (self.version, self.fault, self.is_listed) = (version, fault, false);
        self.status = if is_parked { Status::Parked } else { Status::Failing };
        self.next = now.plus_millis(self.pause());
    }

    /// The destination has taken everything up to this version.
    pub fn take(&mut self, mark: Version) {
        if mark > self.after {
            (self.after, self.attempts, self.strikes) = (mark, 0, 0);
            self.discarded = self.discarded.filter(|version| *version > mark);
            self.is_listed = false;
        }
    }

    /// Nothing is left to deliver.
    pub fn free(&mut self, now: Timestamp) {
        (self.status, self.is_listed, self.next) = (Status::Free, false, now);
    }

    /// The list of the administrators says the same as this hold, or could not be told. A failure that may be over in a
    /// moment is not listed.
    pub fn list(&mut self, is_listed: bool, now: Timestamp) {
        (self.is_listed, self.is_known) = (is_listed, self.is_known || is_listed);
        self.next = match self.status {
            Status::Failing => self.next,
            Status::Parked if is_listed => Timestamp::MAX,
            _ => now.plus_millis(LIST_AGAIN_MS),
        };
    }

    /// True if the list has to be told: of the second failure in a row and later ones, of what is parked, and of the end of
    /// what it knows.
    pub fn is_to_be_listed(&self) -> bool {
        !self.is_listed
            && match self.status {
                Status::Failing => self.attempts > 1 || self.is_known,
                Status::Parked => true,
                Status::Free => self.is_known,
            }
    }

    /// True if nothing is left to do about it.
    pub fn is_over(&self) -> bool {
        self.status == Status::Free && (self.is_listed || !self.is_known)
    }

    /// True if an attempt is due.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.status == Status::Failing && self.next <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000)
    }

    fn away() -> Fault {
        Fault::Unavailable("it".into(), "away".into())
    }

    fn poison() -> Fault {
        Fault::Defect("a panic".into())
    }

    fn to() -> StreamId {
        StreamId::new("room", edgefold_kernel::Id::parse("r").unwrap())
    }

    fn run(faults: impl IntoIterator<Item = Fault>, bound: u32) -> Hold {
        let mut faults = faults.into_iter();
        let first = faults.next().unwrap();
        let mut hold = Hold::new(to(), 3, (4, first), now(), bound);
        for fault in faults {
            let at = hold.next;
            assert!(hold.is_due(at) && !hold.is_due(at.plus_millis(-1)));
            hold.begin(at);
            hold.fail(4, fault, at, bound);
        }
        hold
    }

    #[test]
    fn what_heals_is_never_parked_and_what_cannot_is_after_enough_attempts() {
        let hold = run(std::iter::repeat_n(away(), 1_000), 8);
        assert_eq!((hold.status, hold.attempts, hold.strikes), (Status::Failing, 1_000, 0));
        let hold = run(std::iter::repeat_n(poison(), 7), 8);
        assert_eq!((hold.status, hold.strikes), (Status::Failing, 7));
        let hold = run(std::iter::repeat_n(poison(), 8), 8);
        assert_eq!((hold.status, hold.strikes), (Status::Parked, 8));
        assert!(!hold.is_due(Timestamp::MAX));
        let hold = run([poison(), away(), away(), away(), poison()], 3);
        assert_eq!((hold.status, hold.attempts, hold.strikes), (Status::Failing, 5, 2));
        assert_eq!(run([poison()], 1).status, Status::Parked);
    }

    #[test]
    fn an_attempt_counts_before_anybody_knows_how_it_ends() {
        let mut hold = run([away()], 8);
        let at = hold.next;
        assert_eq!(at, now().plus_millis(5_000));
        hold.begin(at);
        assert_eq!((hold.attempts, hold.next), (2, at.plus_millis(10_000)));
        let hold = run([away()], 8).spread(200);
        assert_eq!(hold.next, now().plus_millis(6_000), "not all at the same instant");
    }

    #[test]
    fn progress_begins_the_count_anew() {
        let mut hold = run([away(), away(), poison()], 8);
        hold.take(3);
        assert_eq!(hold.attempts, 3, "nothing was taken");
        hold.discarded = Some(6);
        hold.take(5);
        let found = (hold.after, hold.attempts, hold.strikes, hold.discarded);
        assert_eq!(found, (5, 0, 0, Some(6)));
        hold.take(6);
        assert_eq!(hold.discarded, None);
    }

    #[test]
    fn the_list_is_told_of_what_lasts_and_of_its_end() {
        let mut hold = run([away()], 8);
        assert!(!hold.is_to_be_listed(), "it may be over in a moment");
        hold.free(now());
        assert!(!hold.is_to_be_listed() && hold.is_over());
        let mut hold = run([away(), away()], 8);
        assert!(hold.is_to_be_listed());
        let next = hold.next;
        hold.list(false, now());
        assert!(hold.is_to_be_listed() && hold.next == next, "at the next attempt");
        hold.list(true, now());
        assert!(!hold.is_to_be_listed());
        hold.free(now());
        assert!(hold.is_to_be_listed() && !hold.is_over());
        hold.list(true, now());
        assert!(hold.is_over());
        let mut hold = run([poison()], 1);
        assert!(hold.is_to_be_listed());
        hold.list(false, now());
        assert!(hold.is_to_be_listed() && hold.next == now().plus_millis(60_000));
        hold.list(true, now());
        assert!(!hold.is_to_be_listed() && hold.next == Timestamp::MAX);
    }
}
