//! **Resource**: a supplier that others depend on. It holds days for claims, and no two holds overlap, ever.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod policy;
pub mod lists;

use edgefold_flow::prelude::*;

/// One resource of a group.
#[derive(Debug)]
pub struct Resource;

impl Aggregate for Resource {
    const TYPE: &'static str = "resource";
    const STATE_VERSION: u32 = 2;

    type Command = commands::Command;
    type Event = events::Event;
}

impl Process for Resource {}
