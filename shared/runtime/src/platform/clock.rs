//! Time and fresh identifiers, which enter the pure steps as data.

use std::cell::RefCell;

use edgefold_flow::{Stamp, door::Asker};
use edgefold_kernel::{Id, Timestamp};
use js_sys::Date;
use uuid::{Builder, NoContext, Uuid};

/// Bytes of a UUIDv7 that are random.
const RANDOM: usize = 10;

thread_local! {
    /// Random bytes that no UUID was made of yet: the platform is asked for those of a hundred at once.
    static UNUSED: RefCell<Vec<[u8; RANDOM]>> = const { RefCell::new(Vec::new()) };
}

/// The instant of the current request. On Workers the clock stands still between I/O.
pub fn now() -> Timestamp {
    Timestamp::from_millis(Date::now() as i64)
}

/// A fresh UUIDv7 (RFC 9562) as text.
pub fn fresh() -> String {
    let millis = Date::now() as u64;
    let made = match random() {
        Some(random) => Builder::from_unix_timestamp_millis(millis, &random).into_uuid(),
        // It panics where the platform gives no random bytes.
        None => Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, millis / 1_000, 0)),
    };
    made.to_string()
}

/// Random bytes that were never given out.
fn random() -> Option<[u8; RANDOM]> {
    UNUSED.with_borrow_mut(|unused| {
        if unused.is_empty() {
            let mut bytes = [[0; RANDOM]; 100];
            getrandom::fill(bytes.as_flattened_mut()).ok()?;
            unused.extend(bytes);
        }
        unused.pop()
    })
}

/// A fresh UUIDv7 as identifier. (A UUID is always well formed.)
pub fn fresh_id() -> Id {
    Id::parse(fresh()).unwrap_or_else(|_| Id::nobody())
}

/// Time and fresh identifiers for one step of this caller.
pub fn stamp(by: &Asker) -> Stamp<'_> {
    Stamp { now: now(), fresh: &fresh, by }
}
