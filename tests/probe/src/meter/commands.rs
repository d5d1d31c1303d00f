//! The commands of a meter.

use edgefold_flow::prelude::*;

commands! {
    /// The commands of a meter.
    pub enum Command {
        "RegisterMeter" [creates] => Register(RegisterMeter),
        "UpdateMeter" => Update(UpdateMeter),
        "DecommissionMeter" => Decommission(DecommissionMeter),
    }
}

/// Takes a meter into service.
#[command]
pub struct RegisterMeter {
    /// Model name in the maker's catalogue.
    pub model: Text,
    /// The owner.
    pub owner_id: Subject,
}

/// Reports how a meter is. The latest report by the meter's clock counts; a late one is kept as history.
#[command]
pub struct UpdateMeter {
    /// Status.
    pub status: Status,
    /// Measured value, in the unit of the model.
    pub reading: f64,
    /// Instant of the report, by the meter's clock.
    pub observed_at: Timestamp,
}

/// Status of a meter, as it reports it.
#[command]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, and needs attention.
    Warn,
    /// It does not work.
    Fault,
}

/// Takes a meter out of service for good. It takes no reports any more.
#[command]
pub struct DecommissionMeter {}
