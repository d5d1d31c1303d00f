//! What may have happened to a resource. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_kernel::{Amount, Date, Id, Text, event::no_upcast, events};
use serde::{Deserialize, Serialize};

/// The resource takes holds from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceAdded {
    /// The group that it belongs to.
    pub group_id: Id,
    /// How it is labelled.
    pub number: Text,
    /// How much it takes.
    pub capacity: u32,
    /// Price of a day, in minor units.
    pub rate: Amount,
}

/// Days are held for a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceHeld {
    /// Whom they are held for.
    pub claim_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
}

/// The days of a claim are free again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceReleased {
    /// Whom they were held for.
    pub claim_id: Id,
}

/// The resource takes no holds any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceClosed {}

events! {
    /// What may have happened to a resource.
    pub enum ResourceEvent upcast no_upcast {
        "ResourceAdded" v 1 => Added(ResourceAdded),
        "ResourceHeld" v 1 => Held(ResourceHeld),
        "ResourceReleased" v 1 => Released(ResourceReleased),
        "ResourceClosed" v 1 => Closed(ResourceClosed),
    }
}
