//! The read model of orders: one row each, in D1.

use edgefold_flow::Change;
use edgefold_kernel::{Envelope, Fault};
use serde_json::{Value, json};

use crate::events::{NO_ANSWER, OrderEvent};

/// The rows that an event changes.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let (id, version) = (json!(event.stream.aggregate_id), json!(event.version));
    let status = |status: Value, reason: Value| {
        let params = vec![id.clone(), version.clone(), status, reason];
        Change::new(include_str!("../../../schema/sql/d1/query/order_status.sql"), params)
    };
    let change = match event.read::<OrderEvent>()? {
        OrderEvent::Placed(it) => Change::new(
            include_str!("../../../schema/sql/d1/query/order_placed.sql"),
            vec![
                id,
                version,
                json!(it.customer_id),
                json!(it.account_id),
                json!(json!(it.lines).to_string()),
                json!(it.total),
                json!(event.time),
            ],
        ),
        OrderEvent::Accepted(_) => status(json!("ACCEPTED"), Value::Null),
        OrderEvent::Declined(it) => status(json!("DECLINED"), json!(it.reason)),
        OrderEvent::TimedOut(_) => status(json!("DECLINED"), json!(NO_ANSWER)),
        OrderEvent::ShipmentRequested(_) => status(json!("SHIPPING"), Value::Null),
        OrderEvent::Shipped(_) => status(json!("SHIPPED"), Value::Null),
        OrderEvent::Delivered(_) => status(json!("DELIVERED"), Value::Null),
        OrderEvent::Cancelled(it) => status(json!("CANCELLED"), json!(it.reason)),
        OrderEvent::PaymentLost(it) => status(json!("CANCELLED"), json!(it.reason)),
        OrderEvent::PaymentReturned(_) => status(Value::Null, Value::Null),
    };
    Ok(vec![change])
}
