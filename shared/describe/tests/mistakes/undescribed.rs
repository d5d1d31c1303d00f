use edgefold_kernel::{command, state};

/// A lock.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock;

/// A door.
#[state]
pub struct Door {
    /// How wide it is.
    pub wide: f32,
}

/// Opens a door.
#[command]
pub struct OpenDoor {
    /// The time that it takes.
    pub within: std::time::Duration,
}

fn main() {}
