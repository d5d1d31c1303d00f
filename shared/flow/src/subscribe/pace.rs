//! Whoever reads much lets others have their turn: it pays for the events that it looks at by the time until it may go on, whether
//! they are shown to it or not.

use std::collections::BTreeMap;

use edgefold_kernel::{Subject, Timestamp, limits};

/// When each principal that reads a journal has paid for what it has read.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Events that one may look at in a second.
    rate: usize,
    /// In microseconds since 1970.
    paid: BTreeMap<Subject, i64>,
}

impl Pace {
    /// A journal of which a principal may look at so many events in a second, at least one.
    pub fn of(rate: usize) -> Self {
        Self { rate: rate.max(1), paid: BTreeMap::new() }
    }

    /// A principal is about to look at so many events. Returns the milliseconds until its turn: its readers come one after the other.
    /// Whoever is close to the head does not wait for those of its own that are not. `None`: it has to come back later.
    pub fn turn(&mut self, who: &Subject, events: usize, now: Timestamp) -> Option<i64> {
        let now = now.millis().saturating_mul(1_000);
        self.paid.retain(|_, paid| *paid > now);
        let paid = self.paid.get(who).copied().unwrap_or(now);
        let ahead = if events <= limits::PULL_EVENTS { limits::SCAN_AHEAD_MS } else { 0 };
        let wait = ((paid - now) / 1_000 - ahead).max(0);
        if wait > limits::SCAN_WAIT_MS {
            return None;
        }
        self.paid.insert(who.clone(), paid.saturating_add(self.cost(events)));
        Some(wait)
    }

    /// So many events of a turn were not looked at.
    pub fn give_back(&mut self, who: &Subject, events: usize) {
        let cost = self.cost(events);
        if let Some(paid) = self.paid.get_mut(who) {
            *paid = paid.saturating_sub(cost);
        }
    }

    fn cost(&self, events: usize) -> i64 {
        let cost = events.saturating_mul(1_000_000) / self.rate;
        i64::try_from(cost).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = limits::SCAN_EVENTS;
    const PAUSE: i64 = 50;
    const RATE: usize = PAGE * 1_000 / PAUSE as usize;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn who(name: &str) -> Subject {
        Subject::parse(name).unwrap()
    }

    #[test]
    fn the_readers_of_one_principal_take_turns_and_hold_up_nobody_else() {
        let mut pace = Pace::of(RATE);
        assert_eq!(pace.turn(&who("ana"), PAGE, at(0)), Some(0));
        assert_eq!(pace.turn(&who("ana"), PAGE, at(0)), Some(PAUSE), "her second reader");
        assert_eq!(pace.turn(&who("ben"), PAGE, at(0)), Some(0));
        assert_eq!(pace.turn(&who("ana"), PAGE, at(PAUSE)), Some(PAUSE));
        assert_eq!(pace.turn(&who("ana"), PAGE, at(100 * PAUSE)), Some(0), "it is long ago");
        assert_eq!(pace.paid.len(), 1, "nobody is remembered for longer");
    }

    #[test]
    fn what_is_paid_for_is_what_was_looked_at() {
        let mut pace = Pace::of(RATE);
        pace.turn(&who("ana"), PAGE, at(0));
        pace.give_back(&who("ana"), PAGE / 2);
        assert_eq!(pace.turn(&who("ana"), PAGE, at(0)), Some(PAUSE / 2));
        for _ in 0..PAGE {
            pace.turn(&who("ben"), 1, at(0));
        }
        assert_eq!(pace.turn(&who("ben"), PAGE, at(0)), Some(PAUSE), "many small ones are a page");
        pace.give_back(&who("cleo"), PAGE);
        assert_eq!(pace.turn(&who("cleo"), PAGE, at(0)), Some(0));
    }

    #[test]
    fn whoever_is_close_to_the_head_does_not_wait_for_its_readers_that_are_not() {
        let (mut pace, near) = (Pace::of(RATE), limits::PULL_EVENTS);
        let pages = limits::SCAN_AHEAD_MS / PAUSE;
        for n in 0..pages {
            assert_eq!(pace.turn(&who("ana"), PAGE, at(0)), Some(n * PAUSE));
            assert_eq!(pace.clone().turn(&who("ana"), near, at(0)), Some(0));
        }
        pace.turn(&who("ana"), PAGE, at(0));
        assert_eq!(pace.turn(&who("ana"), near, at(0)), Some(PAUSE), "it pays, too");
    }

    #[test]
    fn whoever_asks_for_too_much_at_once_comes_back_later_and_pays_for_nothing() {
        let mut pace = Pace::of(RATE);
        let turns = (0..1_000).map_while(|_| pace.turn(&who("ana"), PAGE, at(0))).count();
        assert_eq!(turns as i64, limits::SCAN_WAIT_MS / PAUSE + 1);
        assert_eq!(pace.turn(&who("ana"), PAGE, at(PAUSE)), Some(limits::SCAN_WAIT_MS));
    }
}
