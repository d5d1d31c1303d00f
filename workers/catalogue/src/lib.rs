//! **Catalogue**: the prices at which a shop sells, for others to decide on.
//!
//! The staff sets the price of an article and withdraws it. Everyone with a token may read the list.

pub mod commands;
pub mod events;
pub mod state;
pub mod rules;
pub mod policy;
pub mod lists;

use edgefold_flow::prelude::*;

/// One price list.
#[derive(Debug)]
pub struct Catalogue;

impl Aggregate for Catalogue {
    const TYPE: &'static str = "catalogue";

    type Command = commands::Command;
    type Event = events::Event;
}

impl Process for Catalogue {}

impl Catalogue {
    /// The catalogue from which customers order: `main`. Others can be prepared beside it.
    pub fn main() -> Id {
        Id::parse("main").unwrap_or_else(|_| Id::nobody())
    }
}
