use edgefold_kernel::{Text, command, event, refusals, state};

#[command]
pub struct RenameDoor {
    pub name: Text,
    /// Why.
    pub reason: Option<Text>,
}

/// A colour.
#[state]
pub enum Colour {
    /// As grass.
    Green,
    ///
    Red,
}

#[event]
pub struct DoorRenamed {}

/// Why a door is refused.
#[refusals]
pub enum Refusal {
    IsOpen,
}

fn main() {}
