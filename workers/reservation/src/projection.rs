//! The read model of reservations: one row each, in D1.

use edgefold_flow::Change;
use edgefold_kernel::{Envelope, Fault};
use serde_json::{Value, json};

use crate::events::ReservationEvent;

/// The rows that an event changes.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let (id, version) = (json!(event.stream.aggregate_id), json!(event.version));
    let status = |status: Value, reason: Value| {
        let params = vec![id.clone(), version.clone(), status, reason];
        Change::new(include_str!("../../../schema/sql/d1/query/reservation_status.sql"), params)
    };
    let change = match event.read::<ReservationEvent>()? {
        ReservationEvent::Created(it) => Change::new(
            include_str!("../../../schema/sql/d1/query/reservation_created.sql"),
            vec![
                id,
                version,
                json!(it.user_id),
                json!(it.room_id),
                json!(it.date_start),
                json!(it.date_end),
                json!(event.time),
            ],
        ),
        ReservationEvent::Confirmed(_) => status(json!("CONFIRMED"), Value::Null),
        ReservationEvent::Declined(it) => status(json!("DECLINED"), json!(it.reason)),
        ReservationEvent::Cancelled(it) => status(json!("CANCELLED"), json!(it.reason)),
        ReservationEvent::Expired(_) => status(json!("EXPIRED"), Value::Null),
        ReservationEvent::HoldReturned(_) => status(Value::Null, Value::Null),
    };
    Ok(vec![change])
}
