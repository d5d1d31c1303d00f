//! The events of a claim. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_kernel::{Date, Id, Subject, Text, Timestamp, event::no_upcast, events};
use serde::{Deserialize, Serialize};

/// Days of a resource are claimed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimCreated {
    /// The guest who claims them.
    pub user_id: Subject,
    /// The resource.
    pub resource_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
    /// Instant until which the resource must have answered.
    pub confirm_by: Timestamp,
}

/// The resource holds the days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimConfirmed {}

/// The guest is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimStarted {
    /// The resource, which is to know.
    pub resource_id: Id,
}

/// The resource refused the days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimDeclined {
    /// Code of the resource's refusal.
    pub reason: String,
}

/// The reservation was cancelled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimCancelled {
    /// The resource, which is to release the days.
    pub resource_id: Id,
    /// Reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Text>,
}

/// The resource did not answer in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimExpired {
    /// The resource, which is to release the days, should it hold them.
    pub resource_id: Id,
}

/// The resource's hold came too late and is given back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldReturned {
    /// The resource, which is to release the days.
    pub resource_id: Id,
}

events! {
    /// The events of a claim.
    pub enum ClaimEvent upcast no_upcast {
        "ClaimCreated" v 1 => Created(ClaimCreated),
        "ClaimConfirmed" v 1 => Confirmed(ClaimConfirmed),
        "ClaimStarted" v 1 => Started(ClaimStarted),
        "ClaimDeclined" v 1 => Declined(ClaimDeclined),
        "ClaimCancelled" v 1 => Cancelled(ClaimCancelled),
        "ClaimExpired" v 1 => Expired(ClaimExpired),
        "HoldReturned" v 1 => HoldReturned(HoldReturned),
    }
}
