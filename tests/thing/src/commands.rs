//! The commands of a thing.

use edgefold_flow::prelude::*;

commands! {
    /// The commands of a thing.
    pub enum Command {
        "AddThing" [creates] => Add(AddThing),
        "RenameThing" => Rename(RenameThing),
        "CloseThing" => Close(CloseThing),
    }
}

/// Adds a thing.
#[command]
pub struct AddThing {
    /// The owner.
    #[caller]
    pub user_id: Subject,
    /// Name.
    #[within(1..=80)]
    pub name: Text,
    /// The day on which it is due: today or later.
    pub due: Date,
}

/// Gives a thing another name.
#[command]
pub struct RenameThing {
    /// The new name.
    #[within(1..=80)]
    pub name: Text,
}

/// Closes a thing for good.
#[command]
pub struct CloseThing {}
