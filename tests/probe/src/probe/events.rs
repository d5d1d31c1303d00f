//! The events of a probe.

use edgefold_kernel::{Id, event::no_upcast, events};
use serde::{Deserialize, Serialize, Serializer};

use super::commands::{Heard, Place, Turn};

/// The probe has counted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// Place within its command, from 1.
    pub index: u32,
    /// Makes the state larger, and nothing else.
    pub filler: String,
}

/// A trap: it panics before it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Which one.
    pub to: Id,
}

/// Something is asked of another probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// Which one.
    pub of: Id,
}

/// It has looked at the state of another probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recalled {
    /// Which one.
    pub of: Id,
    /// Number of events.
    pub count: u32,
}

events! {
    /// The events of a probe.
    pub enum ProbeEvent upcast no_upcast {
        "Counted" v 1 => Counted(Counted),
        "Trapped" v 1 => Trapped(Trapped),
        "Told" v 1 => Told(Told),
        "Asked" v 1 => Asked(Asked),
        "Turned" v 1 => Turned(Turn),
        "Heard" v 1 => Heard(Heard),
        "Recalled" v 1 => Recalled(Recalled),
    }
}
