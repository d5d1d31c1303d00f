//! **Account**: money. A ledger that never goes below its limit, and holds money for payments until they are captured,
//! released or expire.
//!
//! All amounts are whole numbers of minor units. The sum of the entries is the balance, always.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod process;
pub mod policy;
pub mod lists;

use edgefold_flow::prelude::*;

/// The money of one owner in one currency.
#[derive(Debug)]
pub struct Account;

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    const STATE_VERSION: u32 = 3;

    type Command = commands::Command;
    type Event = events::Event;
}
