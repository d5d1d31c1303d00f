//! What an account does by itself: it frees what was held for too long.

use edgefold_flow::Due;

use crate::{
    commands::{AccountCommand, ExpirePayments},
    reducer::State,
};

/// How long money is held for a payment, in milliseconds (7 days), as card networks have it: long enough to pack and ship,
/// short enough that nobody's money is locked by what was forgotten.
pub const HELD_FOR_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// The hold that ends first.
pub fn deadline(state: &State) -> Option<Due<AccountCommand>> {
    let at = state.as_ref()?.holds.iter().map(|hold| hold.expires_at).min()?;
    Some(Due { at, command: ExpirePayments {}.into() })
}
