use edgefold_kernel::{Id, Subject, command, event};

/// A door is open.
#[event]
pub struct DoorOpened {
    /// Who opened it.
    #[caller]
    pub user_id: Subject,
}

/// Opens a door.
#[command]
pub struct OpenDoor {
    /// Who opens it.
    #[caller]
    pub user_id: Id,
    /// Who else.
    #[caller]
    pub other_id: Option<Subject>,
    /// Who else.
    #[caller(often)]
    pub third_id: Subject,
}

fn main() {}
