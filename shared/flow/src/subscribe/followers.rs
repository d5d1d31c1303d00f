//! The followers of a source, and the version up to which each was told.
//!
//! That version is kept in memory only. The outbox cursor of a stream moves no further than all followers were told, so
//! a source that was evicted tells them again. A follower that cannot be reached holds the cursor back until its lease
//! ends.
//!
//! A partition of a category has no such cursor: after an eviction it tells everyone again.

use std::collections::BTreeMap;

use edgefold_kernel::{Timestamp, Version};

/// One follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Follower {
    /// Number of its operation that joined last: a leave that is older than it changes nothing.
    turn: u64,
    /// Instant at which its lease ends.
    until: Timestamp,
    /// Version of the source that it knows.
    told: Version,
    /// True while it is being told.
    flying: bool,
}

/// The followers of one source, by the name of their session.
#[derive(Clone, Debug, Default)]
pub struct Followers {
    known: BTreeMap<String, Follower>,
}

/// A session to tell, and the version that it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tell {
    /// The session.
    pub session: String,
    /// Number of its operation that joined last.
    pub turn: u64,
    /// It knows everything up to here.
    pub after: Version,
}

impl Followers {
    /// Restores a stored follower: it was told of every confirmed event.
    pub fn restore(&mut self, session: String, turn: u64, until: Timestamp, confirmed: Version) {
        self.known.insert(session, Follower { turn, until, told: confirmed, flying: false });
    }

    /// A session joins, or renews its lease. It learns from the answer how far the source has come. That answer may be lost,
    /// and other operations of the session may wait: one that followed before counts as told of no more than it was.
    pub fn join(&mut self, session: &str, turn: u64, until: Timestamp, head: Version) {
        let (told, flying) =
            self.known.get(session).map_or((head, false), |it| (it.told, it.flying));
        self.known.insert(session.to_owned(), Follower { turn, until, told, flying });
    }

    /// Removes a session. Returns false if it has joined again since.
    pub fn leave(&mut self, session: &str, turn: u64) -> bool {
        let leaves = self.known.get(session).is_some_and(|follower| follower.turn <= turn);
        if leaves {
            self.known.remove(session);
        }
        leaves
    }

    /// Removes a session that answered that it does not follow. Returns false if it has joined again since; then it is
    /// told again.
    pub fn gone(&mut self, session: &str, turn: u64) -> bool {
        let leaves = self.leave(session, turn);
        if !leaves {
            self.answered(session, None);
        }
        leaves
    }

    /// Removes and returns the sessions whose lease has ended.
    pub fn expire(&mut self, now: Timestamp) -> Vec<String> {
        let ended = self.known.iter().filter(|(_, follower)| follower.until <= now);
        let ended: Vec<_> = ended.map(|(session, _)| session.clone()).collect();
        self.known.retain(|_, follower| follower.until > now);
        ended
    }

    /// The sessions to tell now that the source is at `head`. Each is told by one call at a time.
    pub fn due(&mut self, head: Version) -> Vec<Tell> {
        let due = self.known.iter_mut().filter(|(_, it)| it.told < head && !it.flying);
        due.map(|(session, follower)| {
            follower.flying = true;
            Tell { session: session.clone(), turn: follower.turn, after: follower.told }
        })
        .collect()
    }

    /// Notes the answer of a session: the version that it knows, or `None` if it could not be reached.
    pub fn answered(&mut self, session: &str, told: Option<Version>) {
        if let Some(follower) = self.known.get_mut(session) {
            follower.flying = false;
            follower.told = follower.told.max(told.unwrap_or(0));
        }
    }

    /// Every follower was told up to here.
    pub fn told(&self) -> Version {
        self.known.values().map(|follower| follower.told).min().unwrap_or(Version::MAX)
    }

    /// A source has come from one position to another, and nothing in between concerns these sessions: those that know of all
    /// before it count as told.
    pub(super) fn pass_over<'a>(
        &mut self,
        sessions: impl IntoIterator<Item = &'a str>,
        (from, to): (u64, u64),
    ) {
        for session in sessions {
            if let Some(follower) = self.known.get_mut(session)
                && follower.told >= from
                && !follower.flying
            {
                follower.told = follower.told.max(to);
            }
        }
    }

    /// True if this session may join: it follows already, or there are fewer followers than this.
    pub fn has_room(&self, session: &str, most: usize) -> bool {
        self.known.contains_key(session) || self.known.len() < most
    }

    /// True if there are no followers.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::limits;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn tell(session: &str, after: Version) -> Tell {
        Tell { session: session.into(), turn: 1, after }
    }

    #[test]
    fn a_follower_is_told_of_what_comes_after_it_joined_by_one_call_at_a_time() {
        let mut followers = Followers::default();
        followers.join("a", 1, at(10), 3);
        assert_eq!(followers.due(3), []);
        assert_eq!(followers.due(4), [tell("a", 3)]);
        assert_eq!(followers.due(5), [], "it is being told");
        followers.answered("a", Some(4));
        assert_eq!(followers.due(5), [tell("a", 4)]);
    }

    #[test]
    fn what_could_not_be_told_is_told_again() {
        let mut followers = Followers::default();
        followers.join("a", 1, at(10), 3);
        assert_eq!(followers.due(4), [tell("a", 3)]);
        followers.answered("a", None);
        assert_eq!((followers.told(), followers.due(4)), (3, vec![tell("a", 3)]));
    }

    #[test]
    fn nothing_counts_as_told_before_every_follower_knows_it() {
        let mut followers = Followers::default();
        assert_eq!(followers.told(), Version::MAX, "nobody follows");
        followers.join("a", 1, at(10), 3);
        followers.join("b", 1, at(10), 7);
        assert_eq!(followers.told(), 3);
        followers.due(8);
        followers.answered("a", Some(8));
        assert_eq!(followers.told(), 7);
    }

    #[test]
    fn after_an_eviction_what_was_not_confirmed_is_told_again() {
        let mut followers = Followers::default();
        followers.restore("a".into(), 1, at(10), 5);
        assert_eq!(followers.due(6), [tell("a", 5)]);
    }

    #[test]
    fn whoever_cannot_be_reached_holds_nothing_up_after_its_lease() {
        let mut followers = Followers::default();
        followers.join("a", 1, at(10), 3);
        assert_eq!(followers.expire(at(9)), [""; 0]);
        assert_eq!(followers.expire(at(10)), ["a"]);
        assert!(followers.is_empty());
        followers.answered("a", Some(4));
        assert_eq!(followers.told(), Version::MAX);
    }

    #[test]
    fn who_joins_again_is_still_told_of_what_it_was_not() {
        let mut followers = Followers::default();
        followers.join("a", 1, at(10), 8);
        assert_eq!(followers.due(9), [tell("a", 8)]);
        followers.answered("a", None);
        followers.join("a", 2, at(10), 9);
        assert_eq!(followers.told(), 8);
        assert_eq!(followers.due(9), [Tell { turn: 2, ..tell("a", 8) }]);
    }

    #[test]
    fn who_joins_again_while_it_says_that_it_has_left_is_told_again() {
        let mut followers = Followers::default();
        followers.join("a", 1, at(10), 8);
        assert_eq!(followers.due(9), [tell("a", 8)]);
        followers.join("a", 2, at(10), 8);
        assert!(!followers.gone("a", 1), "it has joined again since");
        assert_eq!(followers.due(9), [Tell { turn: 2, ..tell("a", 8) }]);
        assert!(followers.gone("a", 2));
        assert!(followers.is_empty());
    }

    #[test]
    fn who_is_passed_over_is_told_of_what_it_was_not_all_the_same() {
        let mut followers = Followers::default();
        followers.join("a", 1, at(10), 3);
        followers.join("b", 1, at(10), 3);
        followers.due(4);
        followers.answered("a", Some(4));
        followers.pass_over(["a", "b"], (4, 6));
        assert_eq!(followers.due(6), [], "b is being told");
        followers.answered("b", None);
        followers.pass_over(["a", "b", "c"], (6, 7));
        assert_eq!(followers.due(7), [tell("b", 3)], "it does not know of 4");
        assert_eq!(followers.told(), 3);
    }

    #[test]
    fn a_leave_that_was_overtaken_by_a_join_changes_nothing() {
        let mut followers = Followers::default();
        followers.join("a", 2, at(10), 3);
        assert!(!followers.leave("a", 1));
        assert!(followers.leave("a", 2));
        assert!(!followers.leave("a", 2), "it has left");
    }

    #[test]
    fn there_is_room_for_so_many_and_for_who_is_there_already() {
        let mut followers = Followers::default();
        for n in 0..limits::FOLLOWERS {
            assert!(followers.has_room(&format!("s-{n}"), limits::FOLLOWERS));
            followers.join(&format!("s-{n}"), 1, at(n as i64), 0);
        }
        assert!(followers.has_room("s-0", limits::FOLLOWERS));
        assert!(!followers.has_room("another", limits::FOLLOWERS));
        followers.expire(at(0));
        assert!(followers.has_room("another", limits::FOLLOWERS), "the lease of one has ended");
        assert!(!followers.has_room("another", limits::FOLLOWERS - limits::FOLLOWERS_OF_ALL));
    }
}
