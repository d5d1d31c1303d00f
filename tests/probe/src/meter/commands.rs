//! What may be asked of a meter, with the shape checks.

use edgefold_kernel::{Id, Rejection, Text, Timestamp, commands};
use serde::{Deserialize, Serialize};

/// Takes a meter into service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterMeter {
    /// What kind of meter it is.
    pub model: Text,
    /// Whose it is.
    pub owner_id: Id,
}

/// Reports how a meter is, as of its own clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateMeter {
    /// How it is.
    pub status: Status,
    /// What it measured.
    pub reading: f64,
    /// When, by its own clock; to the millisecond.
    pub observed_at: Timestamp,
}

/// Takes a meter out of service for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecommissionMeter {}

commands! {
    /// What may be asked of a meter.
    pub enum MeterCommand {
        "RegisterMeter" [creates] => Register(RegisterMeter),
        "UpdateMeter" => Update(UpdateMeter),
        "DecommissionMeter" => Decommission(DecommissionMeter),
    }
}

impl RegisterMeter {
    fn check(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

impl UpdateMeter {
    fn check(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

impl DecommissionMeter {
    fn check(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

/// How a meter is, by its own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, and wants to be looked at.
    Warn,
    /// It does not work.
    Fault,
}
