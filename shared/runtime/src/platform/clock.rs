//! Time and fresh identifiers, which enter the pure steps as data.

use edgefold_flow::{Stamp, door::Asker};
use edgefold_kernel::{Id, Timestamp};
use worker::Date;

/// The instant of the current request. On Workers the clock stands still between I/O.
pub fn now() -> Timestamp {
    Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}

/// A fresh UUIDv7 (RFC 9562) as text.
pub fn fresh() -> String {
    let millis = Date::now().as_millis();
    let nanos = u32::try_from(millis % 1000).unwrap_or_default() * 1_000_000;
    uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, millis / 1000, nanos))
        .to_string()
}

/// A fresh UUIDv7 as identifier. (A UUID is always well formed.)
pub fn fresh_id() -> Id {
    Id::parse(fresh()).unwrap_or_else(|_| Id::nobody())
}

/// Time and fresh identifiers for one step of this caller.
pub fn stamp(by: &Asker) -> Stamp<'_> {
    Stamp { now: now(), fresh: &fresh, by }
}
