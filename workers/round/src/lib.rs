//! **Round**: real time among many watchers. Players join until the first move is made, and everyone who watches sees
//! every move. It ends when somebody ends it, when its time is up, or when nobody plays.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod process;
pub mod policy;
pub mod lists;
pub mod leaderboard;

use edgefold_flow::prelude::*;

/// One round of a game.
#[derive(Debug)]
pub struct Round;

impl Aggregate for Round {
    const TYPE: &'static str = "round";
    const STATE_VERSION: u32 = 3;

    type Command = commands::Command;
    type Event = events::Event;
}
