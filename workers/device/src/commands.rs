//! The commands of a device.

use edgefold_flow::prelude::*;

commands! {
    /// The commands of a device.
    pub enum Command {
        "RegisterDevice" [creates] => Register(RegisterDevice),
        "UpdateDeviceStatus" => Update(UpdateDeviceStatus),
        "DecommissionDevice" => Decommission(DecommissionDevice),
    }
}

/// Takes a device into service.
#[command]
pub struct RegisterDevice {
    /// Model name in the maker's catalogue.
    pub model: Model,
    /// The owner.
    pub owner_id: Subject,
}

/// Model name in the maker's catalogue.
#[text(1..=100)]
pub struct Model(String);

/// Reports how a device is. The latest report by the device's clock counts; a late one is kept as history.
#[command]
pub struct UpdateDeviceStatus {
    /// Status.
    pub status: Status,
    /// Measured value, in the unit of the model.
    pub reading: f64,
    /// Instant of the report, by the device's clock; at most 24 hours ahead of ours.
    pub observed_at: Timestamp,
}

/// Status of a device, as it reports it.
#[command]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, and needs attention.
    Warn,
    /// It does not work.
    Fault,
}

/// Takes a device out of service for good. It takes no reports any more.
#[command]
pub struct DecommissionDevice {}
