//! The commands of a probe. Each of them begins one that is not there.

use edgefold_flow::prelude::*;

commands! {
    /// The commands of a probe.
    pub enum Command {
        "Append" [begins] => Append(Append),
        "Panic" [begins] => Panic(Panic),
        "Tell" [begins] => Tell(Tell),
        "Ask" [begins] => Ask(Ask),
        "Turn" [begins] => Turn(Turn),
        "Hear" [begins, internal] => Hear(Hear),
        "Recall" [begins] => Recall(Recall),
    }
}

/// Appends so many events, each with a filler of so many bytes. None is a decision too.
#[command]
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
#[command]
pub struct Panic {
    /// Where.
    pub place: Place,
    /// Number of events before the one that panics.
    #[serde(default)]
    pub before: u32,
}

/// Where a probe panics.
#[command]
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

/// Tells another probe, once with each event.
#[command]
pub struct Tell {
    /// Which one.
    pub to: Id,
    /// Number of times.
    pub count: u32,
}

/// Asks something of another probe, once with each event.
#[command]
pub struct Ask {
    /// Which one.
    pub of: Id,
    /// Number of times.
    pub count: u32,
}

/// Breaks it, or mends it.
#[command]
pub struct Turn {
    /// True if it panics from now on at every message of another probe.
    pub broken: bool,
}

/// Takes in a message of another probe.
#[command]
pub struct Hear {
    /// The message.
    pub what: String,
}

/// Decides on the state of another probe.
#[command]
pub struct Recall {
    /// Which one.
    pub of: Id,
}
