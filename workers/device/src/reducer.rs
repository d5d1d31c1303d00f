//! The state of a device, and how an event changes it.

use edgefold_kernel::{Subject, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    commands::{Model, Reading, Status},
    events::{DeviceEvent, DeviceStatusUpdated},
};

/// `None` until the device was registered.
pub type State = Option<DeviceState>;

/// A device that exists. `status`, `reading` and `observed_at` are those of the latest report by the device's clock, and
/// null before the first one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceState {
    /// Status.
    pub status: Option<Status>,
    /// Measured value.
    pub reading: Option<Reading>,
    /// Instant of the report, by the device's clock.
    pub observed_at: Option<Timestamp>,
    /// Model name in the maker's catalogue.
    pub model: Model,
    /// The owner.
    pub owner_id: Subject,
    /// True if it is out of service.
    pub decommissioned: bool,
    /// Number of reports, late ones included.
    pub readings: u64,
    /// Number of reports that arrived after a later one.
    pub late: u64,
}

impl DeviceState {
    /// True if a report of this instant is older than the latest one. Of two reports of the same instant, the one that
    /// arrives later counts.
    pub fn is_late(&self, observed_at: Timestamp) -> bool {
        self.observed_at.is_some_and(|latest| observed_at < latest)
    }
}

/// Changes the state as the event says.
pub fn evolve(state: &mut State, event: &DeviceEvent) {
    match (event, state) {
        (DeviceEvent::Registered(registered), state) => {
            *state = Some(DeviceState {
                status: None,
                reading: None,
                observed_at: None,
                model: registered.model.clone(),
                owner_id: registered.owner_id.clone(),
                decommissioned: false,
                readings: 0,
                late: 0,
            });
        }
        (DeviceEvent::Updated(updated), Some(device)) => update(device, updated),
        (DeviceEvent::Decommissioned(_), Some(device)) => device.decommissioned = true,
        (_, None) => {}
    }
}

/// The last writer by device time wins; a late report is counted, and kept as history in the stream.
fn update(device: &mut DeviceState, updated: &DeviceStatusUpdated) {
    device.readings += 1;
    if device.is_late(updated.observed_at) {
        device.late += 1;
        return;
    }
    device.status = Some(updated.status);
    device.reading = Some(updated.reading);
    device.observed_at = Some(updated.observed_at);
}
