//! Whoever reads much lets others have their turn.

use std::collections::BTreeMap;

use edgefold_kernel::{Subject, Timestamp, limits};

/// When each principal that reads a journal's storage may read it next.
#[derive(Clone, Debug, Default)]
pub struct Pace(BTreeMap<Subject, Timestamp>);

impl Pace {
    /// Notes that a principal reads. Returns the milliseconds that it is to wait before it reads again: each of its readers has
    /// a turn of its own.
    pub fn pause(&mut self, who: &Subject, now: Timestamp) -> i64 {
        self.0.retain(|_, next| *next > now);
        let next = self.0.get(who).copied().unwrap_or(now).plus_millis(limits::SCAN_PAUSE_MS);
        self.0.insert(who.clone(), next);
        next.millis() - now.millis()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readers_of_one_principal_take_turns_and_hold_up_nobody_else() {
        let (mut pace, at) = (Pace::default(), Timestamp::from_millis);
        let who = |name: &str| Subject::parse(name).unwrap();
        let pause = limits::SCAN_PAUSE_MS;
        assert_eq!(pace.pause(&who("ana"), at(0)), pause);
        assert_eq!(pace.pause(&who("ana"), at(0)), 2 * pause, "her second reader");
        assert_eq!(pace.pause(&who("ben"), at(0)), pause);
        assert_eq!(pace.pause(&who("ana"), at(pause)), 2 * pause);
        assert_eq!(pace.pause(&who("ana"), at(100 * pause)), pause, "it is long ago");
        assert_eq!(pace.0.len(), 1, "nobody is remembered for longer");
    }
}
