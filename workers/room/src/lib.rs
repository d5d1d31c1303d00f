//! **Room**: a supplier that others depend on. No two holds of it overlap, ever.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod policy;
pub mod lists;
pub mod nights;

use edgefold_flow::prelude::*;

/// One room of a hotel.
#[derive(Debug)]
pub struct Room;

impl Aggregate for Room {
    const TYPE: &'static str = "room";
    const STATE_VERSION: u32 = 2;

    type Command = commands::Command;
    type Event = events::Event;
}

impl Process for Room {}
