//! The read model of meters: one row each, in D1.

use edgefold_flow::Change;
use edgefold_kernel::{Envelope, Fault};
use serde_json::json;

use super::events::MeterEvent;

/// The rows that an event changes.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let (id, version) = (json!(event.stream.aggregate_id), json!(event.version));
    let change = match event.read::<MeterEvent>()? {
        MeterEvent::Registered(meter) => Change::new(
            include_str!("../../sql/query/meter_registered.sql"),
            vec![id, version, json!(meter.model), json!(meter.owner_id), json!(event.time)],
        ),
        MeterEvent::Updated(updated) => Change::new(
            include_str!("../../sql/query/meter_updated.sql"),
            vec![
                id,
                version,
                json!(updated.status),
                json!(updated.reading),
                json!(updated.observed_at),
            ],
        ),
        MeterEvent::Decommissioned(_) => {
            Change::new(include_str!("../../sql/query/meter_decommissioned.sql"), vec![id, version])
        }
    };
    Ok(vec![change])
}
