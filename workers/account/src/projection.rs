//! The read model of accounts: one row each, in D1.

use edgefold_flow::Change;
use edgefold_kernel::{Amount, Envelope, Fault};
use serde_json::json;

use crate::events::AccountEvent;

/// The rows that an event changes.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let (id, version) = (json!(event.stream.aggregate_id), json!(event.version));
    let moved = |balance: i64, held: i64, holds: i64| {
        let params = vec![id.clone(), version.clone(), json!(balance), json!(held), json!(holds)];
        Change::new(include_str!("../../../schema/sql/d1/query/account_moved.sql"), params)
    };
    let units = Amount::minor_units;
    let change = match event.read::<AccountEvent>()? {
        AccountEvent::Opened(it) => Change::new(
            include_str!("../../../schema/sql/d1/query/account_opened.sql"),
            vec![
                id,
                version,
                json!(it.owner_id),
                json!(it.currency),
                json!(it.overdraft_limit),
                json!(event.time),
            ],
        ),
        AccountEvent::Deposited(it) => moved(units(it.amount), 0, 0),
        AccountEvent::Withdrawn(it) => moved(-units(it.amount), 0, 0),
        AccountEvent::Authorised(it) => moved(0, units(it.amount), 1),
        AccountEvent::Captured(it) => moved(-units(it.amount), -units(it.held), -1),
        AccountEvent::Released(it) => moved(0, -units(it.amount), -1),
        AccountEvent::Expired(it) => moved(0, -units(it.amount), -1),
    };
    Ok(vec![change])
}
