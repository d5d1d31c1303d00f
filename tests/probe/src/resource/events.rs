//! The events of a resource. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_kernel::{Amount, Date, Id, Subject, Text, event::no_upcast, events};
use serde::{Deserialize, Serialize};

/// The resource takes holds from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceAdded {
    /// The group that it belongs to.
    pub group_id: Id,
    /// Label.
    pub number: Text,
    /// Capacity.
    pub capacity: u32,
    /// Price of a day, in minor units.
    pub rate: Amount,
}

/// Days are held for a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceHeld {
    /// The reservation for which they are held.
    pub claim_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
    /// The guest for whom. Events of the first release do not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<Subject>,
}

/// The guest of a claim is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceOccupied {
    /// The claim for which the days are held.
    pub claim_id: Id,
}

/// The days of a claim are free again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceReleased {
    /// The reservation for which they were held.
    pub claim_id: Id,
}

/// The resource takes no holds any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceClosed {}

events! {
    /// The events of a resource.
    pub enum ResourceEvent upcast no_upcast {
        "ResourceAdded" v 1 => Added(ResourceAdded),
        "ResourceHeld" v 1 => Held(ResourceHeld),
        "ResourceOccupied" v 1 => Occupied(ResourceOccupied),
        "ResourceReleased" v 1 => Released(ResourceReleased),
        "ResourceClosed" v 1 => Closed(ResourceClosed),
    }
}
