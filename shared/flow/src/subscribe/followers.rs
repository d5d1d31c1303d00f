//! The followers of a source, and the version up to which each was told.
//!
//! That version is kept in memory only. The outbox cursor of a stream moves no further than all followers were told, so
//! a source that was evicted tells them again. A follower that cannot be reached holds the cursor back until its lease
//! ends.
//!
//! A partition of a category has no such cursor: after an eviction it tells everyone again.

use std::collections::BTreeMap;

use edgefold_kernel::{Kind, Rejection, Timestamp, Version, limits};

/// Milliseconds for which the sessions of a principal are not asked again whether they are there: whoever is refused again and again
/// does not wake them each time.
const ASK_AGAIN_MS: i64 = 10_000;

/// A place among the followers, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The session.
    pub session: String,
    /// The principal, by the [name](crate::door::rate::key) under which it is counted; empty where an earlier release stored this.
    pub holder: String,
    /// Number of its operation that joined last: a leave that is older than it changes nothing.
    pub turn: u64,
    /// Instant at which it ends.
    pub until: Timestamp,
}

/// One follower.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Follower {
    holder: String,
    turn: u64,
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
    /// The principals whose sessions were asked lately.
    asked: BTreeMap<String, Timestamp>,
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
    pub fn restore(&mut self, Lease { session, holder, turn, until }: Lease, confirmed: Version) {
        let follower = Follower { holder, turn, until, told: confirmed, flying: false };
        self.known.insert(session, follower);
    }

    /// A session joins, or renews its lease. It learns from the answer how far the source has come. That answer may be lost,
    /// and other operations of the session may wait: one that followed before counts as told of no more than it was.
    pub fn join(&mut self, Lease { session, holder, turn, until }: Lease, head: Version) {
        let known = self.known.get(&session);
        let (told, flying) = known.map_or((head, false), |it| (it.told, it.flying));
        self.known.insert(session, Follower { holder, turn, until, told, flying });
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

    /// May this session join? It follows already, or there are fewer followers than this, and fewer of its principal: a few of those
    /// that open all the sockets they may would have every place.
    ///
    /// # Errors
    /// `TOO_MANY_FOLLOWERS`; `TOO_MANY_FOLLOWED` where its principal has as many places as it may.
    pub fn admit(&self, lease: &Lease, most: usize, of_one: usize) -> Result<(), Rejection> {
        if self.known.contains_key(&lease.session) {
            return Ok(());
        }
        if self.known.values().filter(|it| it.holder == lease.holder).count() >= of_one {
            let detail = format!("{of_one} of your sockets follow this already");
            return Err(Rejection::new(Kind::TooMany, "TOO_MANY_FOLLOWED", detail));
        }
        if self.known.len() >= most {
            let detail = format!("too many sessions follow this: {} at most", limits::FOLLOWERS);
            return Err(Rejection::new(Kind::Conflict, "TOO_MANY_FOLLOWERS", detail));
        }
        Ok(())
    }

    /// The sessions of a principal that was refused, each with its turn: they are to be asked whether their sockets are there still. One
    /// that died without a word would keep its place until it is told something. None if they were asked a moment ago.
    pub fn doubted(&mut self, holder: &str, now: Timestamp) -> Vec<(String, u64)> {
        self.asked.retain(|_, at| at.plus_millis(ASK_AGAIN_MS) > now);
        if self.asked.contains_key(holder) {
            return Vec::new();
        }
        self.asked.insert(holder.to_owned(), now);
        let own = self.known.iter().filter(|(_, it)| it.holder == holder);
        own.map(|(session, it)| (session.clone(), it.turn)).collect()
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

    fn lease(session: &str, turn: u64) -> Lease {
        Lease { session: session.into(), holder: "owner:ana".into(), turn, until: at(10) }
    }

    fn tell(session: &str, after: Version) -> Tell {
        Tell { session: session.into(), turn: 1, after }
    }

    #[test]
    fn a_follower_is_told_of_what_comes_after_it_joined_by_one_call_at_a_time() {
        let mut followers = Followers::default();
        followers.join(lease("a", 1), 3);
        assert_eq!(followers.due(3), []);
        assert_eq!(followers.due(4), [tell("a", 3)]);
        assert_eq!(followers.due(5), [], "it is being told");
        followers.answered("a", Some(4));
        assert_eq!(followers.due(5), [tell("a", 4)]);
    }

    #[test]
    fn what_could_not_be_told_is_told_again() {
        let mut followers = Followers::default();
        followers.join(lease("a", 1), 3);
        assert_eq!(followers.due(4), [tell("a", 3)]);
        followers.answered("a", None);
        assert_eq!((followers.told(), followers.due(4)), (3, vec![tell("a", 3)]));
    }

    #[test]
    fn nothing_counts_as_told_before_every_follower_knows_it() {
        let mut followers = Followers::default();
        assert_eq!(followers.told(), Version::MAX, "nobody follows");
        followers.join(lease("a", 1), 3);
        followers.join(lease("b", 1), 7);
        assert_eq!(followers.told(), 3);
        followers.due(8);
        followers.answered("a", Some(8));
        assert_eq!(followers.told(), 7);
    }

    #[test]
    fn after_an_eviction_what_was_not_confirmed_is_told_again() {
        let mut followers = Followers::default();
        followers.restore(lease("a", 1), 5);
        assert_eq!(followers.due(6), [tell("a", 5)]);
    }

    #[test]
    fn whoever_cannot_be_reached_holds_nothing_up_after_its_lease() {
        let mut followers = Followers::default();
        followers.join(lease("a", 1), 3);
        assert_eq!(followers.expire(at(9)), [""; 0]);
        assert_eq!(followers.expire(at(10)), ["a"]);
        assert!(followers.is_empty());
        followers.answered("a", Some(4));
        assert_eq!(followers.told(), Version::MAX);
    }

    #[test]
    fn who_joins_again_is_still_told_of_what_it_was_not() {
        let mut followers = Followers::default();
        followers.join(lease("a", 1), 8);
        assert_eq!(followers.due(9), [tell("a", 8)]);
        followers.answered("a", None);
        followers.join(lease("a", 2), 9);
        assert_eq!(followers.told(), 8);
        assert_eq!(followers.due(9), [Tell { turn: 2, ..tell("a", 8) }]);
    }

    #[test]
    fn who_joins_again_while_it_says_that_it_has_left_is_told_again() {
        let mut followers = Followers::default();
        followers.join(lease("a", 1), 8);
        assert_eq!(followers.due(9), [tell("a", 8)]);
        followers.join(lease("a", 2), 8);
        assert!(!followers.gone("a", 1), "it has joined again since");
        assert_eq!(followers.due(9), [Tell { turn: 2, ..tell("a", 8) }]);
        assert!(followers.gone("a", 2));
        assert!(followers.is_empty());
    }

    #[test]
    fn who_is_passed_over_is_told_of_what_it_was_not_all_the_same() {
        let mut followers = Followers::default();
        followers.join(lease("a", 1), 3);
        followers.join(lease("b", 1), 3);
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
        followers.join(lease("a", 2), 3);
        assert!(!followers.leave("a", 1));
        assert!(followers.leave("a", 2));
        assert!(!followers.leave("a", 2), "it has left");
    }

    #[test]
    fn there_is_room_for_so_many_and_for_who_is_there_already() {
        let mut followers = Followers::default();
        let of = |n: i64| Lease {
            holder: format!("owner:{n}"),
            until: at(n),
            ..lease(&format!("s-{n}"), 1)
        };
        let code = |followers: &Followers, n, most| {
            followers.admit(&of(n), most, 1).map_err(|refused| refused.code.into_owned())
        };
        for n in 0..limits::FOLLOWERS as i64 {
            assert_eq!(code(&followers, n, limits::FOLLOWERS), Ok(()));
            followers.join(of(n), 0);
        }
        let full = Err("TOO_MANY_FOLLOWERS".to_owned());
        assert_eq!(code(&followers, 0, limits::FOLLOWERS), Ok(()));
        assert_eq!(code(&followers, 1_000, limits::FOLLOWERS), full);
        followers.expire(at(0));
        assert_eq!(code(&followers, 1_000, limits::FOLLOWERS), Ok(()), "a lease has ended");
        let others = limits::FOLLOWERS - limits::FOLLOWERS_OF_ALL;
        assert_eq!(code(&followers, 1_000, others), full);
    }

    #[test]
    fn a_principal_has_so_many_places_also_those_that_were_stored_and_no_others() {
        let mut followers = Followers::default();
        let code = |followers: &Followers, lease: &Lease| {
            followers.admit(lease, 900, 2).map_err(|refused| refused.code.into_owned())
        };
        let full = Err("TOO_MANY_FOLLOWED".to_owned());
        followers.join(lease("a", 1), 0);
        followers.restore(lease("b", 1), 0);
        assert_eq!(code(&followers, &lease("c", 1)), full);
        assert_eq!(code(&followers, &lease("a", 2)), Ok(()), "it follows already");
        let bens = Lease { holder: "owner:ben".into(), ..lease("c", 1) };
        assert_eq!(code(&followers, &bens), Ok(()));
        followers.leave("a", 1);
        assert_eq!(code(&followers, &lease("c", 1)), Ok(()), "a place is free");
        for earlier in ["d", "e"] {
            followers.restore(Lease { holder: String::new(), ..lease(earlier, 1) }, 0);
        }
        assert_eq!(code(&followers, &lease("c", 1)), Ok(()), "nobody knows whose these are");
        assert_eq!(followers.doubted("owner:ana", at(0)), [("b".to_owned(), 1)]);
        assert_eq!(followers.doubted("owner:ana", at(ASK_AGAIN_MS - 1)), [], "a moment ago");
        assert_eq!(followers.doubted("owner:ben", at(ASK_AGAIN_MS - 1)), []);
        assert_eq!(followers.doubted("owner:ana", at(ASK_AGAIN_MS)).len(), 1);
        followers.join(lease("d", 2), 0);
        assert_eq!(code(&followers, &lease("c", 1)), full, "now it is known");
    }
}
