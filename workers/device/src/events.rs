//! The events of a device. **Names and fields are the storage format**: they never change, they get new versions.
//!
//! | event | version | data |
//! |---|---|---|
//! | `DeviceStatusUpdated` | 1 | `status`, `value`, `at` in milliseconds since the epoch |
//! | | 2 | `at` became `observedAt`, RFC 3339 |
//! | | 3 | `value` became `reading` |

use edgefold_kernel::{
    Fault, Subject, Timestamp,
    event::{no_upcast, step},
    events,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;

use crate::commands::{Model, Reading, Status};

/// The device is in service from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceRegistered {
    /// Model name in the maker's catalogue.
    pub model: Model,
    /// The owner.
    pub owner_id: Subject,
}

/// The device reported how it is. The report may be older than one that arrived before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceStatusUpdated {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub reading: Reading,
    /// Instant of the report, by the device's clock.
    pub observed_at: Timestamp,
}

/// The device is out of service for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceDecommissioned {}

events! {
    /// The events of a device.
    pub enum DeviceEvent upcast upcast {
        "DeviceRegistered" v 1 => Registered(DeviceRegistered),
        "DeviceStatusUpdated" v 3 after (DeviceStatusUpdatedV1, DeviceStatusUpdatedV2)
            => Updated(DeviceStatusUpdated),
        "DeviceDecommissioned" v 1 => Decommissioned(DeviceDecommissioned),
    }
}

/// Version 1 of `DeviceStatusUpdated`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceStatusUpdatedV1 {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub value: Reading,
    /// Instant of the report, by the device's clock, in milliseconds since the epoch.
    #[serde(deserialize_with = "millis")]
    #[cfg_attr(feature = "schema", schemars(with = "i64", range(min = YEAR_0, max = YEAR_9999)))]
    pub at: Timestamp,
}

/// Version 2 of `DeviceStatusUpdated`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceStatusUpdatedV2 {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub value: Reading,
    /// Instant of the report, by the device's clock.
    pub observed_at: Timestamp,
}

/// Lifts old data to the next version.
fn upcast(name: &str, from: u32, data: Value) -> Result<Value, Fault> {
    match (name, from) {
        ("DeviceStatusUpdated", 1) => {
            step::<DeviceStatusUpdatedV1, DeviceStatusUpdatedV2>(name, from, data)
        }
        ("DeviceStatusUpdated", 2) => {
            step::<DeviceStatusUpdatedV2, DeviceStatusUpdated>(name, from, data)
        }
        _ => no_upcast(name, from, data),
    }
}

impl From<DeviceStatusUpdatedV1> for DeviceStatusUpdatedV2 {
    fn from(old: DeviceStatusUpdatedV1) -> Self {
        Self { status: old.status, value: old.value, observed_at: old.at }
    }
}

impl From<DeviceStatusUpdatedV2> for DeviceStatusUpdated {
    fn from(old: DeviceStatusUpdatedV2) -> Self {
        Self { status: old.status, reading: old.value, observed_at: old.observed_at }
    }
}

/// First and last millisecond that RFC 3339 has a year for.
const YEAR_0: i64 = -62_167_219_200_000;
const YEAR_9999: i64 = 253_402_300_799_999;

fn millis<'de, D: Deserializer<'de>>(source: D) -> Result<Timestamp, D::Error> {
    match i64::deserialize(source)? {
        millis @ YEAR_0..=YEAR_9999 => Ok(Timestamp::from_millis(millis)),
        _ => Err(D::Error::custom("milliseconds since the epoch, in the years 0 to 9999")),
    }
}
