//! The followers of a journal's partition. Each is told only of events that concern its subscriptions: most callers have a few
//! rows of many, and a session that sleeps is woken by those alone.

use std::collections::BTreeMap;

use edgefold_kernel::{Fault, Rejection, Timestamp, limits};

use super::{
    Followers,
    followers::{Lease, Tell},
};
use crate::{
    journal::{
        Partition, Storage,
        follow::{Shape, concerned},
    },
    participant::RowFilter,
};

/// A session that listens.
#[derive(Clone, Debug, PartialEq)]
struct Listener {
    /// What it wants to hear of; everything when there is none.
    filters: Vec<RowFilter>,
    /// Position at which it was last told something.
    told: u64,
}

/// The followers of a partition.
#[derive(Clone, Debug, Default)]
pub struct Listeners {
    followers: Followers,
    known: BTreeMap<String, Listener>,
    /// Position up to which it is known whom the events concern; none before the first look.
    looked: Option<u64>,
}

impl Listeners {
    /// Restores a stored follower. What it was told is not known, so it is told again.
    pub fn restore(&mut self, lease: Lease, filters: Vec<RowFilter>) {
        self.known.insert(lease.session.clone(), Listener { filters, told: 0 });
        self.followers.restore(lease, 0);
    }

    /// A session joins, with everything that it follows this partition for, or renews its lease.
    pub fn join(&mut self, lease: Lease, filters: Vec<RowFilter>, head: u64) {
        self.looked.get_or_insert(head);
        self.known.insert(lease.session.clone(), Listener { filters, told: head });
        self.followers.join(lease, head);
    }

    /// See [`Followers::leave`].
    pub fn leave(&mut self, session: &str, turn: u64) -> bool {
        let leaves = self.followers.leave(session, turn);
        if leaves {
            self.known.remove(session);
        }
        leaves
    }

    /// See [`Followers::gone`].
    pub fn gone(&mut self, session: &str, turn: u64) -> bool {
        let leaves = self.followers.gone(session, turn);
        if leaves {
            self.known.remove(session);
        }
        leaves
    }

    /// See [`Followers::expire`].
    pub fn expire(&mut self, now: Timestamp) -> Vec<String> {
        let ended = self.followers.expire(now);
        ended.iter().for_each(|session| drop(self.known.remove(session)));
        ended
    }

    /// The sessions to tell. Those whom nothing concerns that has come since the last look are left alone.
    ///
    /// # Errors
    /// Fails if the journal cannot be read.
    pub fn due<S: Storage>(
        &mut self,
        partition: &Partition<S>,
        shape: &Shape<'_>,
    ) -> Result<Vec<Tell>, Fault> {
        let head = partition.head()?;
        let looked = self.looked.unwrap_or(head).min(head);
        if looked < head {
            let is_quiet = |it: &&mut Listener| {
                !it.filters.is_empty() && head - it.told.min(head) < limits::QUIET_EVENTS
            };
            let mut quiet: BTreeMap<_, _> = self
                .known
                .iter_mut()
                .filter_map(|(session, it)| Some((session.as_str(), Some(it).filter(is_quiet)?)))
                .collect();
            let filters = quiet.iter().map(|(key, it)| (*key, it.filters.as_slice())).collect();
            for session in concerned(partition, shape, looked, filters)? {
                quiet.remove(session);
            }
            self.followers.pass_over(quiet.into_keys(), (looked, head));
        }
        self.looked = Some(head);
        Ok(self.followers.due(head))
    }

    /// Notes the answer of a session: the position that it knows, or `None` if it could not be reached.
    pub fn answered(&mut self, session: &str, told: Option<u64>) {
        self.followers.answered(session, told);
        if let (Some(listener), Some(told)) = (self.known.get_mut(session), told) {
            listener.told = listener.told.max(told);
        }
    }

    /// Every session was told up to here of what concerns it.
    pub fn told(&self) -> u64 {
        self.followers.told()
    }

    /// See [`Followers::admit`]. The last places are for callers that may list every row.
    ///
    /// # Errors
    /// As there.
    pub fn admit(&self, lease: &Lease, lists_all: bool, of_one: usize) -> Result<(), Rejection> {
        let kept = if lists_all { 0 } else { limits::FOLLOWERS_OF_ALL };
        self.followers.admit(lease, limits::FOLLOWERS - kept, of_one)
    }

    /// See [`Followers::doubted`].
    pub fn doubted(&mut self, holder: &str, now: Timestamp) -> Vec<(String, u64)> {
        self.followers.doubted(holder, now)
    }

    /// True if nobody follows.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}
