//! The commands of a meter, with the checks of their shape.

use edgefold_kernel::{Subject, Text, Timestamp, commands};
use serde::{Deserialize, Serialize};

/// Takes a meter into service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterMeter {
    /// Kind of meter.
    pub model: Text,
    /// The owner.
    pub owner_id: Subject,
}

/// Reports how a meter is, as of its own clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateMeter {
    /// Status.
    pub status: Status,
    /// Measured value.
    pub reading: f64,
    /// Instant of the report, by the device's clock; to the millisecond.
    pub observed_at: Timestamp,
}

/// Takes a meter out of service for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecommissionMeter {}

commands! {
    /// The commands of a meter.
    pub enum MeterCommand {
        "RegisterMeter" [creates] => Register(RegisterMeter),
        "UpdateMeter" => Update(UpdateMeter),
        "DecommissionMeter" => Decommission(DecommissionMeter),
    }
}

/// Status of a meter, as it reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, and needs attention.
    Warn,
    /// It does not work.
    Fault,
}
