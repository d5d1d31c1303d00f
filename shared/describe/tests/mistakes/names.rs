use edgefold_kernel::{command, state};

/// How a door is.
#[state]
pub enum Status {
    /// Open.
    #[serde(rename = "open")]
    Open,
}

/// Opens a door.
#[command]
pub struct OpenDoor {
    /// Right.
    #[serde(rename = "width")]
    pub wide: u32,
    /// Beside it.
    #[serde(flatten)]
    pub more: Status,
    /// Not read.
    #[serde(skip)]
    pub less: u32,
}

/// Closes a door.
#[command(quickly)]
pub struct CloseDoor {}

fn main() {}
