//! **Reservation**: a process over two aggregates, with a deadline.
//!
//! It is PENDING until the room has answered, then CONFIRMED or DECLINED; EXPIRED when the answer does not come in time.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod process;
pub mod policy;
pub mod lists;

use edgefold_flow::prelude::*;

/// One guest's claim on nights of one room.
#[derive(Debug)]
pub struct Reservation;

impl Aggregate for Reservation {
    const TYPE: &'static str = "reservation";
    const STATE_VERSION: u32 = 3;

    type Command = commands::Command;
    type Event = events::Event;
}
