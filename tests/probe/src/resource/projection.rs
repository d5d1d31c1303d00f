//! The read model of resources: one row each, in D1.

use edgefold_flow::Change;
use edgefold_kernel::{Envelope, Fault};
use serde_json::json;

use super::events::ResourceEvent;

/// The rows that an event changes.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let (id, version) = (json!(event.stream.aggregate_id), json!(event.version));
    let change = match event.read::<ResourceEvent>()? {
        ResourceEvent::Added(resource) => Change::new(
            include_str!("../../sql/query/resource_added.sql"),
            vec![
                id,
                version,
                json!(resource.group_id),
                json!(resource.number),
                json!(resource.capacity),
                json!(resource.rate),
            ],
        ),
        ResourceEvent::Closed(_) => {
            Change::new(include_str!("../../sql/query/resource_closed.sql"), vec![id, version])
        }
        ResourceEvent::Held(_) => Change::new(
            include_str!("../../sql/query/resource_holds.sql"),
            vec![id, version, json!(1)],
        ),
        ResourceEvent::Occupied(_) => Change::new(
            include_str!("../../sql/query/resource_holds.sql"),
            vec![id, version, json!(0)],
        ),
        ResourceEvent::Released(_) => Change::new(
            include_str!("../../sql/query/resource_holds.sql"),
            vec![id, version, json!(-1)],
        ),
    };
    Ok(vec![change])
}
