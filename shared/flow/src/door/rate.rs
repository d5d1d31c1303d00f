//! The rate limit: the name under which a caller's requests are counted, and a counter for where the platform has none.

use std::{
    collections::{BTreeMap, VecDeque},
    net::Ipv6Addr,
};

use edgefold_kernel::{Kind, Principal, Rejection, Timestamp, limits};

use super::signature::digest;

/// The name under which requests are counted: the principal, or the address of a caller without a good token. Sockets bear
/// it as their tag, of which the platform takes 256 characters: of a long subject it is the digest.
pub fn key(principal: Option<&Principal>, address: &str) -> String {
    match principal {
        // Neither sign stands in a role, so a digest is nobody's subject.
        Some(Principal { subject, role }) if subject.as_str().len() > limits::ID_BYTES => {
            let digest = digest(subject.as_str());
            let digest =
                digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
            format!("{}#{digest}", role.as_str())
        }
        Some(Principal { subject, role }) => format!("{}:{}", role.as_str(), subject.as_str()),
        None => format!("address:{}", network(address)),
    }
}

/// The network of an address: the owner of one IPv6 address has 2^64 of them, so their common part is counted.
fn network(address: &str) -> String {
    match address.parse::<Ipv6Addr>() {
        Ok(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => address.to_owned(),
    }
}

/// Counts requests where the platform does not: those that one isolate has seen, in one period of
/// [`limits::RATE_PERIOD_S`] after the other.
#[derive(Debug, Default)]
pub struct Counter {
    since: Timestamp,
    counts: BTreeMap<String, usize>,
}

impl Counter {
    /// Counts so many more requests under this name. Returns false if they are too many.
    pub fn count(&mut self, name: &str, cost: usize, most: usize, now: Timestamp) -> bool {
        let over = self.since.plus_millis(i64::from(limits::RATE_PERIOD_S) * 1_000);
        if now >= over {
            *self = Self { since: now, counts: BTreeMap::new() };
        }
        // Names beyond the limit share one count: a caller that makes up many names must not escape the limit.
        let has_place = self.counts.len() < limits::RATE_NAMES || self.counts.contains_key(name);
        let count = self.counts.entry(if has_place { name } else { OTHERS }.to_owned());
        let count = count.or_default();
        *count = count.saturating_add(cost);
        *count <= most
    }
}

/// The operations that an isolate answers at the moment, of all callers.
#[derive(Debug, Default)]
pub struct UnderWay {
    begun: u64,
    /// Number, end of its time, name, cost: the one that began first is the first.
    all: VecDeque<(u64, Timestamp, String, usize)>,
}

impl UnderWay {
    /// Begins an operation that counts as so many requests; gives its number. `None` if the caller of this name has too many of
    /// them; one alone is never too many.
    pub fn begin(&mut self, name: &str, cost: usize, most: usize, now: Timestamp) -> Option<u64> {
        while self.all.front().is_some_and(|(_, until, ..)| *until <= now) {
            self.all.pop_front();
        }
        let own = self.all.iter().filter(|(_, _, of, _)| of == name).map(|(.., cost)| cost);
        let before: usize = own.sum();
        if before > 0 && before.saturating_add(cost) > most {
            return None;
        }
        self.begun += 1;
        let until = now.plus_millis(limits::GRAPHQL_UNDER_WAY_MS);
        self.all.push_back((self.begun, until, name.to_owned(), cost));
        Some(self.begun)
    }

    /// The operation of this number has ended.
    pub fn end(&mut self, number: u64) {
        self.all.retain(|(other, ..)| *other != number);
    }
}

/// No [`key`] is empty.
const OTHERS: &str = "";

/// The refusal of a request too many.
pub fn limited() -> Rejection {
    let detail = format!("too many requests: try again in {} s", limits::RATE_PERIOD_S);
    Rejection::new(Kind::TooMany, "RATE_LIMITED", detail)
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Id, Role, Subject};

    use super::*;

    #[test]
    fn what_one_caller_has_under_way_is_bounded_and_what_was_dropped_does_not_count_for_ever() {
        let at = Timestamp::from_millis;
        let mut all = UnderWay::default();
        let first = all.begin("ana", 900, 500, at(0)).unwrap();
        assert_eq!(all.begin("ana", 1, 500, at(0)), None, "one alone may be larger");
        assert!(all.begin("ben", 400, 500, at(0)).is_some());
        assert!(all.begin("ben", 100, 500, at(0)).is_some());
        assert_eq!(all.begin("ben", 1, 500, at(0)), None);
        all.end(first);
        assert!(all.begin("ana", 500, 500, at(1)).is_some());
        let over = limits::GRAPHQL_UNDER_WAY_MS;
        assert_eq!(all.begin("ben", 1, 500, at(over - 1)), None);
        assert!(all.begin("ben", 500, 500, at(over)).is_some(), "nobody has said that they ended");
        assert_eq!(all.all.len(), 2);
    }

    #[test]
    fn a_principal_is_counted_by_role_and_subject_and_a_stranger_by_address() {
        let ana = Principal::new(Id::parse("ana").unwrap(), Role::new("owner"));
        assert_eq!(key(Some(&ana), "203.0.113.7"), "owner:ana");
        let long = |end| Subject::parse("x".repeat(limits::SUBJECT_BYTES - 1) + end).unwrap();
        let role = Role::parse("a".repeat(limits::ROLE_BYTES)).unwrap();
        let keys = ["a", "b"].map(|end| key(Some(&Principal::new(long(end), role.clone())), ""));
        assert!(keys[0] != keys[1] && keys[0].len() <= 256, "{keys:?}");
        assert_eq!(key(None, "203.0.113.7"), "address:203.0.113.7");
        assert_eq!(key(None, "2001:db8:1:2:3:4:5:6"), key(None, "2001:db8:1:2::9"));
        assert_ne!(key(None, "2001:db8:1:2::9"), key(None, "2001:db8:1:3::9"));
    }

    #[test]
    fn everybody_may_call_so_often_in_each_period() {
        let period = i64::from(limits::RATE_PERIOD_S) * 1_000;
        let (mut counter, start) = (Counter::default(), 1_000_000);
        let mut may = |name, at| counter.count(name, 1, 2, Timestamp::from_millis(at));
        assert_eq!(
            [may("ana", start), may("ana", start), may("ana", start + 1)],
            [true, true, false]
        );
        assert!(may("ben", start + 1), "another one has a share of his own");
        assert!(!may("ana", start + period - 1));
        assert_eq!([0, 1, 2].map(|more| may("ana", start + period + more)), [true, true, false]);
    }

    #[test]
    fn what_costs_more_counts_more() {
        let mut counter = Counter::default();
        let mut may = |cost| counter.count("ana", cost, 100, Timestamp::from_millis(1 << 40));
        assert_eq!([may(99), may(1), may(1)], [true, true, false]);
        assert!(!may(usize::MAX));
    }

    #[test]
    fn those_who_find_no_place_share_one_and_those_who_have_one_keep_it() {
        let mut counter = Counter::default();
        let mut may =
            |name: &str, most| counter.count(name, 1, most, Timestamp::from_millis(1 << 40));
        assert!(may("ana", 2));
        for number in 1..limits::RATE_NAMES {
            assert!(may(&number.to_string(), 2));
        }
        assert_eq!([may("ben", 2), may("eve", 2), may("kim", 2)], [true, true, false]);
        assert_eq!([may("ana", 2), may("ana", 2)], [true, false]);
        assert_eq!(counter.counts.len(), limits::RATE_NAMES + 1);
    }
}
