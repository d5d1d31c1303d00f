use edgefold_kernel::{command};

const MOST: u32 = 9;

/// Opens doors.
#[command]
pub struct OpenDoors {
    /// Right.
    #[within(..=MOST)]
    pub right: u32,
    /// Half open.
    #[within(1..3)]
    pub half_open: u32,
    /// Of no end.
    #[within(..)]
    pub endless: u32,
    /// A number.
    #[within(3)]
    pub three: u32,
    /// Nothing.
    #[within]
    pub nothing: u32,
    /// Never.
    #[within(3..=-1_0)]
    pub never: u32,
}

fn main() {}
