//! The instants at which something is tried again. They follow from what is stored, so an object that forgets everything but
//! its storage tries at the same instants.

use edgefold_kernel::{Timestamp, limits};

/// The next instant after `now` at which an event is sent again that was decided at `since` and has not arrived. The first
/// pause is `bound`, in milliseconds; later ones grow with the age of the event, to [`limits::SEND_AGAIN_AT_MOST_MS`]. For
/// somebody who waits `until` then, a pause takes at most a quarter of the time that is left.
pub fn sent_again(
    since: Timestamp,
    until: Option<Timestamp>,
    bound: i64,
    now: Timestamp,
) -> Timestamp {
    let (bound, mut at) = (bound.max(1), since);
    while at <= now {
        let age = at.millis().saturating_sub(since.millis());
        let mut pause = bound.max(age / 2).min(limits::SEND_AGAIN_AT_MOST_MS.max(bound));
        if let Some(left) = until.map(|until| until.millis() - at.millis()).filter(|left| *left > 0)
        {
            pause = pause.min((left / 4).max(limits::SEND_AGAIN_LEAST_MS));
        }
        at = at.plus_millis(pause);
        if pause == limits::SEND_AGAIN_AT_MOST_MS && at <= now {
            // From here on the pauses are equal: no need to count the days one by one.
            let rest = (now.millis() - at.millis()) / pause + 1;
            at = at.plus_millis(rest.saturating_mul(pause));
        }
    }
    at
}

/// Milliseconds that a destination rests after this many failures; they double each time, up to
/// [`limits::BUS_AGAIN_AT_MOST_MS`].
pub fn pause(attempts: u32) -> i64 {
    let doubled = 1_i64.checked_shl(attempts.saturating_sub(1).min(32)).unwrap_or(i64::MAX);
    limits::BUS_AGAIN_MS.saturating_mul(doubled).min(limits::BUS_AGAIN_AT_MOST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000)
    }

    /// The seconds at which an event of second 0 is sent again, up to this one.
    fn sent(bound: i64, until: Option<i64>, end: i64) -> Vec<i64> {
        let (mut now, mut found) = (at(0), Vec::new());
        loop {
            now = sent_again(at(0), until.map(at), bound * 1_000, now);
            if now > at(end) {
                return found;
            }
            found.push(now.millis() / 1_000);
        }
    }

    #[test]
    fn pauses_grow_with_the_age_and_shrink_before_the_instant_until_which_somebody_waits() {
        assert_eq!(sent(60, None, 500), [60, 120, 180, 270, 405]);
        assert_eq!(sent(60, Some(60), 60), [15, 26, 34, 41, 46, 51, 56]);
        assert_eq!(sent(60, Some(400), 130), [60, 120], "a far one changes nothing");
        assert_eq!(sent(2, Some(7), 9), [2, 4, 6, 9], "what is set is shorter anyway");
        assert_eq!(sent(60, Some(5), 70), [5, 65], "there is always another one");
    }

    #[test]
    fn the_instants_are_the_same_whenever_one_asks() {
        for until in [None, Some(at(60)), Some(at(86_400))] {
            let mut now = at(0);
            for _ in 0..200 {
                let next = sent_again(at(0), until, 60_000, now);
                for asked in [now, now.plus_millis(1), next.plus_millis(-1)] {
                    if asked < next {
                        assert_eq!(sent_again(at(0), until, 60_000, asked), next);
                    }
                }
                assert!(
                    next > now && next.millis() - now.millis() <= limits::SEND_AGAIN_AT_MOST_MS
                );
                now = next;
            }
        }
        let year = at(365 * 86_400);
        let next = sent_again(at(0), None, 60_000, year);
        assert!(next > year && next <= year.plus_millis(limits::SEND_AGAIN_AT_MOST_MS));
    }

    #[test]
    fn all_attempts_with_poison_together_take_longer_than_a_deploy() {
        let pauses: i64 = (1..limits::BUS_ATTEMPTS).map(pause).sum();
        assert_eq!(pauses, 615_000);
        assert_eq!(pause(u32::MAX), limits::BUS_AGAIN_AT_MOST_MS);
    }
}
