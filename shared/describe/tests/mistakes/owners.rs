use edgefold_kernel::{Id, Subject, command, state};

/// A door.
#[state]
pub struct Door {
    /// Whose it is.
    #[owner]
    pub owner_id: Subject,
    /// Whose it is, too.
    #[owner]
    pub other_id: Subject,
}

/// A window.
#[state]
pub struct Window {
    /// Whose it is.
    #[owner]
    pub owner_id: Id,
}

/// Opens a door.
#[command]
pub struct OpenDoor {
    /// Whose it is.
    #[owner]
    pub owner_id: Subject,
}

fn main() {}
