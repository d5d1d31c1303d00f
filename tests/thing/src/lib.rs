//! **Thing**: somebody adds a thing that is due on a day, may rename it, and closes it.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod policy;
pub mod lists;

use edgefold_flow::prelude::*;

/// One thing of somebody.
#[derive(Debug)]
pub struct Thing;

impl Aggregate for Thing {
    const TYPE: &'static str = "thing";

    type Command = commands::Command;
    type Event = events::Event;
}

impl Process for Thing {}
