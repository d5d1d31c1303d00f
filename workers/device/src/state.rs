//! The state of a device, and how an event changes it.

use edgefold_flow::prelude::*;

use crate::{
    Device,
    commands::{Model, Status},
    events::{DeviceRegistered, DeviceStatusUpdated, Event},
};

/// A device in the field, as the latest report by its own clock shows it.
#[state]
pub struct State {
    /// Status; nothing before the first report.
    pub status: Option<Status>,
    /// Measured value, in the unit of its model; nothing before the first report.
    pub reading: Option<f64>,
    /// Instant of the report, by the device's clock; nothing before the first report.
    pub observed_at: Option<Timestamp>,
    /// Model name in the maker's catalogue.
    pub model: Model,
    /// The owner.
    #[owner]
    pub owner_id: Subject,
    /// True if it is out of service.
    pub decommissioned: bool,
    /// Number of reports, late ones included.
    pub readings: u64,
    /// Number of reports that arrived after a later one.
    pub late: u64,
}

impl State {
    /// True if a report of this instant is older than the latest one. Of two reports of the same instant, the one that
    /// arrives later counts.
    pub fn is_late(&self, observed_at: Timestamp) -> bool {
        self.observed_at.is_some_and(|latest| observed_at < latest)
    }
}

impl Reducer for Device {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Registered(DeviceRegistered { model, owner_id }) = event.clone() else {
            return None;
        };
        let (status, reading, observed_at) = (None, None, None);
        let (decommissioned, readings, late) = (false, 0, 0);
        Some(State {
            status,
            reading,
            observed_at,
            model,
            owner_id,
            decommissioned,
            readings,
            late,
        })
    }

    fn evolve(state: &mut State, event: &Event, _version: Version) {
        match event {
            Event::Registered(_) => {}
            Event::Updated(updated) => update(state, updated),
            Event::Decommissioned(_) => state.decommissioned = true,
        }
    }
}

/// The last writer by device time wins; a late report is counted, and kept as history in the stream.
fn update(device: &mut State, updated: &DeviceStatusUpdated) {
    device.readings += 1;
    if device.is_late(updated.observed_at) {
        device.late += 1;
        return;
    }
    device.status = Some(updated.status);
    device.reading = Some(updated.reading);
    device.observed_at = Some(updated.observed_at);
}
