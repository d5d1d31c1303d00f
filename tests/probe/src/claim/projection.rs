//! The read model of claims: one row each, in D1.

use edgefold_flow::Change;
use edgefold_kernel::{Envelope, Fault};
use serde_json::{Value, json};

use super::events::ClaimEvent;

/// The rows that an event changes.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let (id, version) = (json!(event.stream.aggregate_id), json!(event.version));
    let status = |status: Value, reason: Value| {
        let params = vec![id.clone(), version.clone(), status, reason];
        Change::new(include_str!("../../sql/query/claim_status.sql"), params)
    };
    let change = match event.read::<ClaimEvent>()? {
        ClaimEvent::Created(it) => Change::new(
            include_str!("../../sql/query/claim_created.sql"),
            vec![
                id,
                version,
                json!(it.user_id),
                json!(it.resource_id),
                json!(it.date_start),
                json!(it.date_end),
                json!(event.time),
            ],
        ),
        ClaimEvent::Confirmed(_) => status(json!("CONFIRMED"), Value::Null),
        ClaimEvent::Declined(it) => status(json!("DECLINED"), json!(it.reason)),
        ClaimEvent::Cancelled(it) => status(json!("CANCELLED"), json!(it.reason)),
        ClaimEvent::Expired(_) => status(json!("EXPIRED"), Value::Null),
        ClaimEvent::Started(_) | ClaimEvent::HoldReturned(_) => status(Value::Null, Value::Null),
    };
    Ok(vec![change])
}
