//! **Claim**: a process over two aggregates, with a deadline.
//!
//! It is PENDING until the resource has answered, then CONFIRMED or DECLINED; EXPIRED when the answer does not come in time.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod process;
pub mod policy;
pub mod lists;

use edgefold_flow::prelude::*;

/// One owner's claim on days of one resource.
#[derive(Debug)]
pub struct Claim;

impl Aggregate for Claim {
    const TYPE: &'static str = "claim";
    const STATE_VERSION: u32 = 3;

    type Command = commands::Command;
    type Event = events::Event;
}
