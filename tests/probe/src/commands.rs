//! What may be asked of a probe.

use edgefold_kernel::{Rejection, commands};
use serde::{Deserialize, Serialize};

/// Appends so many events, each with a filler of so many bytes. None is a decision too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Append {
    /// How many events.
    pub count: u32,
    /// Bytes of filler in each.
    #[serde(default)]
    pub bytes: usize,
    /// Whether the last one gets a filler that no queue message can hold.
    #[serde(default)]
    pub last_too_large: bool,
}

/// Panics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Panic {
    /// Where.
    pub place: Place,
    /// How many events stand before the one that panics.
    #[serde(default)]
    pub before: u32,
}

/// Where a probe panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Place {
    /// While it decides.
    Decide,
    /// While the state takes the event in.
    Evolve,
    /// While the event is written.
    Write,
    /// While the event is projected: it is stored before that.
    Project,
}

commands! {
    /// What may be asked of a probe.
    pub enum ProbeCommand {
        "Append" [creates] => Append(Append),
        "Panic" => Panic(Panic),
    }
}

impl Append {
    fn check(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

impl Panic {
    fn check(&self) -> Result<(), Rejection> {
        Ok(())
    }
}
