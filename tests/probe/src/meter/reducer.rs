//! The state of a meter, and how an event changes it.

use edgefold_kernel::{Subject, Text, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    commands::Status,
    events::{MeterEvent, MeterUpdated},
};

/// `None` until the meter was registered.
pub type State = Option<MeterState>;

/// A meter that exists. `status`, `reading` and `observed_at` are those of the latest report by the meter's clock, and
/// null before the first one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterState {
    /// Status.
    pub status: Option<Status>,
    /// Measured value.
    pub reading: Option<f64>,
    /// Instant of the report, by the device's clock.
    pub observed_at: Option<Timestamp>,
    /// Model name in the maker's catalogue.
    pub model: Text,
    /// The owner.
    pub owner_id: Subject,
    /// True if it is out of service.
    pub decommissioned: bool,
    /// Number of reports, late ones included.
    pub readings: u64,
    /// Number of reports that arrived after a later one.
    pub late: u64,
}

impl MeterState {
    /// True if a report of this instant is older than the latest one. Of two reports of the same instant, the one that
    /// arrives later counts.
    pub fn is_late(&self, observed_at: Timestamp) -> bool {
        self.observed_at.is_some_and(|latest| observed_at < latest)
    }
}

/// Changes the state as the event says.
pub fn evolve(state: &mut State, event: &MeterEvent) {
    match (event, state) {
        (MeterEvent::Registered(registered), state) => {
            *state = Some(MeterState {
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
        (MeterEvent::Updated(updated), Some(meter)) => update(meter, updated),
        (MeterEvent::Decommissioned(_), Some(meter)) => meter.decommissioned = true,
        (_, None) => {}
    }
}

/// The last writer by meter time wins; a late report is counted, and kept as history in the stream.
fn update(meter: &mut MeterState, updated: &MeterUpdated) {
    meter.readings += 1;
    if meter.is_late(updated.observed_at) {
        meter.late += 1;
        return;
    }
    meter.status = Some(updated.status);
    meter.reading = Some(updated.reading);
    meter.observed_at = Some(updated.observed_at);
}
