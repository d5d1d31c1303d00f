//! The read model of devices: one row each, in D1.

use edgefold_flow::Change;
use edgefold_kernel::{Envelope, Fault};
use serde_json::json;

use crate::events::DeviceEvent;

/// The rows that an event changes.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let (id, version) = (json!(event.stream.aggregate_id), json!(event.version));
    let change = match event.read::<DeviceEvent>()? {
        DeviceEvent::Registered(device) => Change::new(
            include_str!("../../../schema/sql/d1/query/device_registered.sql"),
            vec![id, version, json!(device.model), json!(device.owner_id), json!(event.time)],
        ),
        DeviceEvent::Updated(updated) => Change::new(
            include_str!("../../../schema/sql/d1/query/device_updated.sql"),
            vec![
                id,
                version,
                json!(updated.status),
                json!(updated.reading),
                json!(updated.observed_at),
            ],
        ),
        DeviceEvent::Decommissioned(_) => Change::new(
            include_str!("../../../schema/sql/d1/query/device_decommissioned.sql"),
            vec![id, version],
        ),
    };
    Ok(vec![change])
}
