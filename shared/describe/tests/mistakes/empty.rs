use edgefold_kernel::command;

const MOST: u32 = 0;

/// Opens doors.
#[command]
pub struct OpenDoors {
    /// How many.
    #[within(1..=MOST)]
    pub count: u32,
}

fn main() {}
