//! What may have happened to a device. **Names and fields are the storage format**: they never change, they get new versions.
//!
//! | event | version | data |
//! |---|---|---|
//! | `DeviceStatusUpdated` | 1 | `status`, `value`, `at` in milliseconds since the epoch |
//! | | 2 | `at` became `observedAt`, RFC 3339 |
//! | | 3 | `value` became `reading` |

use edgefold_kernel::{Fault, Id, Timestamp, event::no_upcast, events};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::commands::{Model, Reading, Status};

/// The device is in service from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceRegistered {
    /// What it is called in its maker's catalogue.
    pub model: Model,
    /// Whose it is.
    pub owner_id: Id,
}

/// The device reported how it is. The report may be older than one that arrived before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceStatusUpdated {
    /// How it was.
    pub status: Status,
    /// What it measured.
    pub reading: Reading,
    /// When, by its own clock.
    pub observed_at: Timestamp,
}

/// The device is out of service for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceDecommissioned {}

events! {
    /// What may have happened to a device.
    pub enum DeviceEvent upcast upcast {
        "DeviceRegistered" v 1 => Registered(DeviceRegistered),
        "DeviceStatusUpdated" v 3 => Updated(DeviceStatusUpdated),
        "DeviceDecommissioned" v 1 => Decommissioned(DeviceDecommissioned),
    }
}

/// Lifts old data to the next version.
fn upcast(name: &str, from: u32, data: Value) -> Result<Value, Fault> {
    let lifted = match (name, from) {
        ("DeviceStatusUpdated", 1) => renamed(data, "at", "observedAt", |at| instant(&at)),
        ("DeviceStatusUpdated", 2) => renamed(data, "value", "reading", Some),
        _ => return no_upcast(name, from, data),
    };
    lifted.ok_or_else(|| Fault::Unreadable(format!("{name} v{from}: not the data of that version")))
}

/// The data with one field under its new name, its value as the new version has it.
fn renamed(
    mut data: Value,
    from: &str,
    to: &str,
    value: impl Fn(Value) -> Option<Value>,
) -> Option<Value> {
    let fields = data.as_object_mut()?;
    let lifted = value(fields.remove(from)?)?;
    fields.insert(to.to_owned(), lifted);
    Some(data)
}

/// Milliseconds since the epoch as RFC 3339; `None` when there is no such instant.
fn instant(millis: &Value) -> Option<Value> {
    let instant = Timestamp::from_millis(millis.as_i64()?);
    let printed = Timestamp::parse(&instant.to_string());
    (printed == Ok(instant)).then(|| json!(instant))
}
