use edgefold_kernel::{Subject, event, state};

/// A door is open.
#[event]
pub struct DoorOpened {
    /// Who opened it.
    #[inner]
    pub user_id: Option<Subject>,
}

/// A door.
#[state]
pub struct Door {
    /// Who opened it.
    #[inner]
    pub user_id: Subject,
}

fn main() {}
