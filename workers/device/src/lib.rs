//! **Device**: high-frequency updates. The latest report by the device's own clock counts; a late one is kept as history.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod policy;
pub mod lists;

use edgefold_flow::prelude::*;

/// A device in the field.
#[derive(Debug)]
pub struct Device;

impl Aggregate for Device {
    const TYPE: &'static str = "device";
    const STATE_VERSION: u32 = 2;

    type Command = commands::Command;
    type Event = events::Event;
}

impl Process for Device {}
