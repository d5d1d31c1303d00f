//! How long a caller should wait for what follows from its command, before it asks: by what the aggregate has to do at the moment.
//!
//! It is the retransmission timer of TCP (RFC 6298) over the times that the answers of others have taken lately, and more for
//! everything that waits before it. Nothing of it is stored. Whoever forgets it begins with the first second again, which harms
//! nobody: a caller that asks too early asks once more.

use std::collections::BTreeMap;

use edgefold_kernel::{Timestamp, limits};

/// A question that waits for its answer.
pub type Question = u64;

/// The questions that the instances of one aggregate have asked others, as far as one isolate knows them.
#[derive(Debug, Default)]
pub struct Pace {
    /// The instants at which those were asked that have no answer yet.
    waiting: BTreeMap<Question, Timestamp>,
    next: Question,
    lately: Option<Lately>,
}

/// The times that answers have taken lately, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lately {
    /// Their smoothed mean: SRTT of RFC 6298.
    pub mean: i64,
    /// Their smoothed deviation from it: RTTVAR.
    pub deviation: i64,
    /// Instant of the last one.
    pub at: Timestamp,
}

impl Lately {
    /// The times together with another one, weighted as RFC 6298 (section 2) has it.
    fn with(before: Option<Self>, took: i64, at: Timestamp) -> Self {
        match before {
            None => Self { mean: took, deviation: took / 2, at },
            Some(Self { mean, deviation, .. }) => Self {
                deviation: (3 * deviation + (mean - took).abs()) / 4,
                mean: (7 * mean + took) / 8,
                at,
            },
        }
    }
}

/// Milliseconds to wait for an answer. `left`: milliseconds until the deadline, which it never exceeds; `None` where nothing
/// follows. `backlog`: what waits before it. It grows with the backlog, and with the time that answers take.
pub fn confirm_within(left: Option<i64>, backlog: u64, lately: Option<Lately>) -> u32 {
    let Some(left) = left else { return 0 };
    let usual = lately.map_or(0, |it| it.mean.saturating_add(it.deviation.saturating_mul(4)));
    let before = i64::try_from(backlog).unwrap_or(i64::MAX).saturating_mul(limits::CONFIRM_EACH_MS);
    let wait = usual.max(limits::CONFIRM_LEAST_MS).saturating_add(before);
    u32::try_from(wait.min(left).max(0)).unwrap_or(u32::MAX)
}

impl Pace {
    /// Milliseconds to wait for an answer that comes at the latest at the deadline. `behind`: what waits in the instance itself.
    /// `own`: the question, if it was asked before.
    pub fn confirm_within(
        &mut self,
        deadline: Timestamp,
        behind: u64,
        own: Option<Question>,
        now: Timestamp,
    ) -> u32 {
        self.forget_old(now);
        let before = |own: Question| self.waiting.range(..own).count();
        let waiting = own.map_or(self.waiting.len(), before);
        let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
        let left = deadline.millis().saturating_sub(now.millis());
        confirm_within(Some(left), behind.saturating_add(waiting), self.lately)
    }

    /// A question is asked.
    pub fn asks(&mut self, now: Timestamp) -> Question {
        self.next += 1;
        self.waiting.insert(self.next, now);
        if self.waiting.len() > limits::PACE_QUESTIONS {
            self.waiting.pop_first();
        }
        self.next
    }

    /// Its answer has come.
    pub fn hears(&mut self, question: Question, now: Timestamp) {
        if let Some(asked_at) = self.waiting.remove(&question) {
            let took = now.millis().saturating_sub(asked_at.millis()).max(0);
            self.lately = Some(Lately::with(self.lately, took, now));
        }
    }

    /// Nobody waits for its answer any more.
    pub fn gives_up(&mut self, question: Question) {
        self.waiting.remove(&question);
    }

    /// An instance that is unloaded hears no answer, and answers that are not recent say nothing of the load.
    fn forget_old(&mut self, now: Timestamp) {
        let is_old = |at: Timestamp| at.plus_millis(limits::PACE_RECENT_MS) < now;
        while self.waiting.first_key_value().is_some_and(|(_, at)| is_old(*at)) {
            self.waiting.pop_first();
        }
        self.lately = self.lately.filter(|lately| !is_old(lately.at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn took(mean: i64, deviation: i64) -> Option<Lately> {
        Some(Lately { mean, deviation, at: at(0) })
    }

    const LEFT: [i64; 8] = [i64::MIN, -1, 0, 1, 999, 1_000, 60_000, i64::MAX];
    const BACKLOG: [u64; 7] = [0, 1, 10, 500, 10_000, u64::MAX / 2, u64::MAX];

    fn times() -> [Option<Lately>; 6] {
        [
            None,
            took(0, 0),
            took(20, 5),
            took(3_000, 0),
            took(3_000, 2_000),
            took(i64::MAX, i64::MAX),
        ]
    }

    #[test]
    fn it_is_never_beyond_the_deadline() {
        for (left, backlog) in LEFT.into_iter().flat_map(|left| BACKLOG.map(|it| (left, it))) {
            for lately in times() {
                let wait = i64::from(confirm_within(Some(left), backlog, lately));
                assert!(wait <= left.max(0), "{left} {backlog} {lately:?}: {wait}");
            }
        }
    }

    #[test]
    fn it_grows_with_the_backlog_with_the_time_of_answers_and_with_the_time_that_is_left() {
        let ascends = |waits: Vec<u32>| assert!(waits.is_sorted(), "{waits:?}");
        for left in LEFT {
            for lately in times() {
                ascends(BACKLOG.map(|it| confirm_within(Some(left), it, lately)).to_vec());
            }
            for backlog in BACKLOG {
                ascends(times().map(|it| confirm_within(Some(left), backlog, it)).to_vec());
            }
        }
        for (backlog, lately) in BACKLOG.into_iter().flat_map(|it| times().map(|time| (it, time))) {
            ascends(LEFT.map(|left| confirm_within(Some(left), backlog, lately)).to_vec());
        }
        let minute = |backlog, lately| confirm_within(Some(60_000), backlog, lately);
        assert_eq!([minute(0, None), minute(0, took(20, 5))], [1_000; 2], "the least");
        assert_eq!([minute(50, None), minute(0, took(900, 100))], [1_500, 1_300]);
        assert_eq!(minute(100_000, None), 60_000);
    }

    #[test]
    fn it_is_nothing_where_nothing_follows() {
        for (backlog, lately) in BACKLOG.into_iter().flat_map(|it| times().map(|time| (it, time))) {
            assert_eq!(confirm_within(None, backlog, lately), 0);
        }
    }

    #[test]
    fn questions_without_an_answer_and_slow_answers_lengthen_it_until_they_are_old() {
        let mut pace = Pace::default();
        let minute =
            |pace: &mut Pace, now: i64| pace.confirm_within(at(now + 60_000), 0, None, at(now));
        assert_eq!(minute(&mut pace, 0), 1_000);
        let questions: Vec<_> = (0..100).map(|_| pace.asks(at(0))).collect();
        assert_eq!(minute(&mut pace, 0), 2_000);
        assert_eq!(pace.confirm_within(at(60_000), 0, Some(questions[10]), at(0)), 1_100);
        assert_eq!(
            pace.confirm_within(at(1_200), 0, None, at(0)),
            1_200,
            "no longer than the deadline"
        );
        for question in &questions[..50] {
            pace.hears(*question, at(4_000));
        }
        assert_eq!(pace.lately.map(|it| it.mean), Some(4_000));
        assert!(minute(&mut pace, 4_000) >= 4_500);
        questions[50..].iter().for_each(|question| pace.gives_up(*question));
        pace.hears(questions[99], at(9_000));
        assert_eq!(pace.lately.map(|it| it.mean), Some(4_000), "nobody waited for that one");
        let later = 4_001 + limits::PACE_RECENT_MS;
        assert_eq!(minute(&mut pace, later), 1_000);
        pace.asks(at(later));
        assert_eq!(minute(&mut pace, later + limits::PACE_RECENT_MS), 1_010);
        assert_eq!(minute(&mut pace, later + limits::PACE_RECENT_MS + 1), 1_000);
    }

    #[test]
    fn it_remembers_no_more_questions_than_it_may() {
        let mut pace = Pace::default();
        for _ in 0..limits::PACE_QUESTIONS + 5 {
            pace.asks(at(0));
        }
        assert_eq!(pace.waiting.len(), limits::PACE_QUESTIONS);
    }
}
