use edgefold_kernel::{command, refusals, state};

/// How a door is.
#[state]
pub enum Status {
    /// Open.
    Open,
    /// Ajar.
    Ajar(u32),
}

/// Why a door is refused.
#[refusals]
pub enum Refusal {
    /// It is open.
    IsOpen { by: u32 },
}

/// Opens a door.
#[command]
pub struct OpenDoor(u32);

/// Closes a door.
#[command]
pub struct CloseDoor;

/// Nothing.
#[command]
pub enum Nothing {}

/// Any.
#[command]
pub struct Any<T> {
    /// It.
    pub it: Vec<T>,
}

/// One or the other.
#[command]
pub union Both {
    one: u32,
}

/// Not an enum.
#[refusals]
pub struct NoEnum {}

fn main() {}
