//! The events of a meter. **Names and fields are the storage format**: they never change, they get new versions.
//!
//! | event | version | data |
//! |---|---|---|
//! | `MeterUpdated` | 1 | `status`, `value`, `at` in milliseconds since the epoch |
//! | | 2 | `at` became `observedAt`, RFC 3339 |
//! | | 3 | `value` became `reading` |

use edgefold_flow::prelude::*;

use super::commands::Status;

events! {
    /// The events of a meter.
    pub enum Event {
        "MeterRegistered" v 1 => Registered(MeterRegistered),
        "MeterUpdated" v 3 after (MeterUpdatedV1, MeterUpdatedV2) => Updated(MeterUpdated),
        "MeterDecommissioned" v 1 => Decommissioned(MeterDecommissioned),
    }
}

/// The meter is in service from now on.
#[event]
pub struct MeterRegistered {
    /// Model name in the maker's catalogue.
    pub model: Text,
    /// The owner.
    pub owner_id: Subject,
}

/// The meter reported how it is. The report may be older than one that arrived before it.
#[event]
pub struct MeterUpdated {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub reading: f64,
    /// Instant of the report, by the meter's clock.
    pub observed_at: Timestamp,
}

/// The meter is out of service for good.
#[event]
pub struct MeterDecommissioned {}

/// Version 1 of `MeterUpdated`.
#[event]
pub struct MeterUpdatedV1 {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub value: f64,
    /// Instant of the report, by the meter's clock, in milliseconds since the epoch.
    #[within(YEAR_0..=YEAR_9999)]
    pub at: i64,
}

/// First and last millisecond that RFC 3339 has a year for.
const YEAR_0: i64 = -62_167_219_200_000;
const YEAR_9999: i64 = 253_402_300_799_999;

/// Version 2 of `MeterUpdated`.
#[event]
pub struct MeterUpdatedV2 {
    /// Status at that instant.
    pub status: Status,
    /// Measured value.
    pub value: f64,
    /// Instant of the report, by the meter's clock.
    pub observed_at: Timestamp,
}

impl From<MeterUpdatedV1> for MeterUpdatedV2 {
    fn from(MeterUpdatedV1 { status, value, at }: MeterUpdatedV1) -> Self {
        Self { status, value, observed_at: Timestamp::from_millis(at) }
    }
}

impl From<MeterUpdatedV2> for MeterUpdated {
    fn from(MeterUpdatedV2 { status, value, observed_at }: MeterUpdatedV2) -> Self {
        Self { status, reading: value, observed_at }
    }
}
