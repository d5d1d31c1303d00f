//! The events of a device. **Names and fields are the storage format**: they never change, they get new versions.
//!
//! | event | version | data |
//! |---|---|---|
//! | `DeviceStatusUpdated` | 1 | `status`, `value`, `at` in milliseconds since the epoch |
//! | | 2 | `at` became `observedAt`, RFC 3339 |
//! | | 3 | `value` became `reading` |

use edgefold_flow::prelude::*;

use crate::commands::{Model, Status};

events! {
    /// The events of a device.
    pub enum Event {
        "DeviceRegistered" v 1 => Registered(DeviceRegistered),
        "DeviceStatusUpdated" v 3 after (DeviceStatusUpdatedV1, DeviceStatusUpdatedV2)
            => Updated(DeviceStatusUpdated),
        "DeviceDecommissioned" v 1 => Decommissioned(DeviceDecommissioned),
    }
}

/// The device is in service from now on.
#[event]
pub struct DeviceRegistered {
    /// Model name in the maker's catalogue.
    pub model: Model,
    /// The owner.
    pub owner_id: Subject,
}

/// The device reported how it is. The report may be older than one that arrived before it.
#[event]
pub struct DeviceStatusUpdated {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub reading: f64,
    /// Instant of the report, by the device's clock.
    pub observed_at: Timestamp,
}

/// The device is out of service for good.
#[event]
pub struct DeviceDecommissioned {}

/// Version 1 of `DeviceStatusUpdated`.
#[event]
pub struct DeviceStatusUpdatedV1 {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub value: f64,
    /// Instant of the report, by the device's clock, in milliseconds since the epoch.
    #[within(YEAR_0..=YEAR_9999)]
    pub at: i64,
}

/// First and last millisecond that RFC 3339 has a year for.
const YEAR_0: i64 = -62_167_219_200_000;
const YEAR_9999: i64 = 253_402_300_799_999;

/// Version 2 of `DeviceStatusUpdated`.
#[event]
pub struct DeviceStatusUpdatedV2 {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub value: f64,
    /// Instant of the report, by the device's clock.
    pub observed_at: Timestamp,
}

impl From<DeviceStatusUpdatedV1> for DeviceStatusUpdatedV2 {
    fn from(DeviceStatusUpdatedV1 { status, value, at }: DeviceStatusUpdatedV1) -> Self {
        Self { status, value, observed_at: Timestamp::from_millis(at) }
    }
}

impl From<DeviceStatusUpdatedV2> for DeviceStatusUpdated {
    fn from(DeviceStatusUpdatedV2 { status, value, observed_at }: DeviceStatusUpdatedV2) -> Self {
        Self { status, reading: value, observed_at }
    }
}
