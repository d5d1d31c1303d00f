//! **Probe**: an aggregate that misbehaves on request, so that the acceptance tests see what the runtime makes of it.
//!
//! | file | what is special about it |
//! |---|---|
//! | [`object`] | its class, which is slow at times |
//! | [`projection`] | a projection by hand that fails on request |
//! | [`api`] | fields of the GraphQL schema that panic on request |

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod process;
pub mod policy;
pub mod object;
pub mod projection;
pub mod api;

use edgefold_flow::prelude::*;

/// Something that counts, unless it panics.
#[derive(Debug)]
pub struct Probe;

impl Aggregate for Probe {
    const TYPE: &'static str = "probe";
    /// So short that a test can wait for it.
    const OUTCOME_TTL_MS: i64 = 2_000;

    type Command = commands::Command;
    type Event = events::Event;
}

impl Lists for Probe {}
