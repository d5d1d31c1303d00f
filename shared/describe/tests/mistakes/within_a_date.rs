use edgefold_kernel::{Date, command};

/// Closes a door.
#[command]
pub struct CloseDoor {
    /// Until when.
    #[within(1..=3)]
    pub until: Date,
}

fn main() {}
