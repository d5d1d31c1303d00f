//! **Meter**: high-frequency updates. Reports arrive in bursts, doubled and out of order; the latest by the meter's own
//! clock says how it is, and every late one is kept as history.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod policy;
pub mod lists;

use edgefold_flow::prelude::*;

/// One meter in the field.
#[derive(Debug)]
pub struct Meter;

impl Aggregate for Meter {
    const TYPE: &'static str = "meter";

    type Command = commands::Command;
    type Event = events::Event;
}

impl Process for Meter {}
