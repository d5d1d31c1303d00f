//! The events of a meter. **Names and fields are the storage format**: they never change, they get new versions.
//!
//! | event | version | data |
//! |---|---|---|
//! | `MeterUpdated` | 1 | `status`, `value`, `at` in milliseconds since the epoch |
//! | | 2 | `at` became `observedAt`, RFC 3339 |
//! | | 3 | `value` became `reading` |

use edgefold_kernel::{
    Fault, Subject, Text, Timestamp,
    event::{no_upcast, step},
    events,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;

use super::commands::Status;

/// The meter is in service from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterRegistered {
    /// Model name in the maker's catalogue.
    pub model: Text,
    /// The owner.
    pub owner_id: Subject,
}

/// The meter reported how it is. The report may be older than one that arrived before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterUpdated {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub reading: f64,
    /// Instant of the report, by the device's clock.
    pub observed_at: Timestamp,
}

/// The meter is out of service for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterDecommissioned {}

events! {
    /// The events of a meter.
    pub enum MeterEvent upcast upcast {
        "MeterRegistered" v 1 => Registered(MeterRegistered),
        "MeterUpdated" v 3 after (MeterUpdatedV1, MeterUpdatedV2)
            => Updated(MeterUpdated),
        "MeterDecommissioned" v 1 => Decommissioned(MeterDecommissioned),
    }
}

/// Version 1 of `MeterUpdated`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterUpdatedV1 {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub value: f64,
    /// Instant of the report, by the device's clock, in milliseconds since the epoch.
    #[serde(deserialize_with = "millis")]
    pub at: Timestamp,
}

/// Version 2 of `MeterUpdated`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterUpdatedV2 {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub value: f64,
    /// Instant of the report, by the device's clock.
    pub observed_at: Timestamp,
}

/// Lifts old data to the next version.
fn upcast(name: &str, from: u32, data: Value) -> Result<Value, Fault> {
    match (name, from) {
        ("MeterUpdated", 1) => step::<MeterUpdatedV1, MeterUpdatedV2>(name, from, data),
        ("MeterUpdated", 2) => step::<MeterUpdatedV2, MeterUpdated>(name, from, data),
        _ => no_upcast(name, from, data),
    }
}

impl From<MeterUpdatedV1> for MeterUpdatedV2 {
    fn from(old: MeterUpdatedV1) -> Self {
        Self { status: old.status, value: old.value, observed_at: old.at }
    }
}

impl From<MeterUpdatedV2> for MeterUpdated {
    fn from(old: MeterUpdatedV2) -> Self {
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
