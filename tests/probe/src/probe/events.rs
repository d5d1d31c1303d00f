//! The events of a probe.

use edgefold_flow::prelude::*;
use serde::{Serialize, Serializer};

use super::commands::Place;

events! {
    /// The events of a probe.
    pub enum Event {
        "Counted" v 1 => Counted(Counted),
        "Trapped" v 1 => Trapped(Trapped),
        "Told" v 1 => Told(Told),
        "Asked" v 1 => Asked(Asked),
        "Turned" v 1 => Turned(Turned),
        "Heard" v 1 => Heard(Heard),
        "Recalled" v 1 => Recalled(Recalled),
    }
}

/// The probe has counted on.
#[event]
pub struct Counted {
    /// Place within its command, from 1.
    pub index: u32,
    /// Makes the event larger, and nothing else.
    pub filler: String,
}

/// A trap: it panics before it is stored.
#[event]
pub struct Trapped {
    /// Where.
    #[serde(serialize_with = "write_place")]
    pub place: Place,
}

#[allow(clippy::panic, reason = "this is what the probe is for")]
fn write_place<S: Serializer>(place: &Place, sink: S) -> Result<S::Ok, S::Error> {
    if *place == Place::Write {
        panic!("the probe panics while an event is written");
    }
    place.serialize(sink)
}

/// Another probe is told.
#[event]
pub struct Told {
    /// Which one.
    pub to: Id,
}

/// Something is asked of another probe.
#[event]
pub struct Asked {
    /// Which one.
    pub of: Id,
}

/// It was broken, or mended.
#[event]
pub struct Turned {
    /// True if it panics from now on at every message of another probe.
    pub broken: bool,
}

/// It has taken in a message of another probe.
#[event]
pub struct Heard {
    /// The message.
    pub what: String,
}

/// It has looked at the state of another probe.
#[event]
pub struct Recalled {
    /// Which one.
    pub of: Id,
    /// Number of events.
    pub count: u32,
}
