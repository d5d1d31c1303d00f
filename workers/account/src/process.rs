//! The process of an account: it frees money that was held for too long.

use edgefold_flow::prelude::*;

use crate::{
    Account,
    commands::{Command, ExpirePayment},
    state::State,
};

/// Milliseconds for which money is held for a payment (7 days, as card networks have it): long enough to pack and ship,
/// short enough that a forgotten payment does not lock anyone's money.
pub const HELD_FOR_MS: i64 = 7 * 24 * 60 * 60 * 1000;

impl Process for Account {
    /// The hold that ends first; of two that end together, the one that was made first.
    fn deadline(_id: &Id, state: &State) -> Option<Due<Command>> {
        let first = state.holds.iter().min_by_key(|hold| hold.expires_at)?;
        let command = ExpirePayment { payment_id: first.payment_id.clone() }.into();
        Some(Due { at: first.expires_at, command, set_by: first.set_by })
    }
}
