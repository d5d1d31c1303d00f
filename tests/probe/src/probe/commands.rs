//! The commands of a probe.

use edgefold_kernel::{Id, commands};
use serde::{Deserialize, Serialize};

/// Appends so many events, each with a filler of so many bytes. None is a decision too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Append {
    /// Number of events.
    pub count: u32,
    /// Bytes of filler in each.
    #[serde(default)]
    pub bytes: usize,
    /// True if the last one gets a filler that no queue message can hold.
    #[serde(default)]
    pub last_too_large: bool,
}

/// Panics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Panic {
    /// Where.
    pub place: Place,
    /// Number of events before the one that panics.
    #[serde(default)]
    pub before: u32,
}

/// Tells another probe, once with each event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tell {
    /// Which one.
    pub to: Id,
    /// Number of times.
    pub count: u32,
}

/// Asks something of another probe, once with each event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ask {
    /// Which one.
    pub of: Id,
    /// Number of times.
    pub count: u32,
}

/// Breaks it, or mends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Turn {
    /// True if it panics from now on at every message of another probe.
    pub broken: bool,
}

/// The reaction to a message of another probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Heard {
    /// The message.
    pub what: String,
}

/// Decides on the state of another probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recall {
    /// Which one.
    pub of: Id,
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
    /// Nowhere, but its projection writes a row that may be there already.
    Table,
}

commands! {
    /// The commands of a probe.
    pub enum ProbeCommand {
        "Append" [creates] => Append(Append),
        "Panic" => Panic(Panic),
        "Tell" [creates] => Tell(Tell),
        "Ask" [creates] => Ask(Ask),
        "Turn" [creates] => Turn(Turn),
        "Hear" [internal] => Hear(Heard),
        "Recall" [creates] => Recall(Recall),
    }
}
