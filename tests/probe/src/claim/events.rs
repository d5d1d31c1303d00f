//! The events of a claim. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_flow::prelude::*;

events! {
    /// The events of a claim.
    pub enum Event {
        "ClaimCreated" v 1 => Created(ClaimCreated),
        "ClaimConfirmed" v 1 => Confirmed(ClaimConfirmed),
        "ClaimStarted" v 1 => Started(ClaimStarted),
        "ClaimDeclined" v 1 => Declined(ClaimDeclined),
        "ClaimCancelled" v 1 => Cancelled(ClaimCancelled),
        "ClaimExpired" v 1 => Expired(ClaimExpired),
        "HoldReturned" v 1 => HoldReturned(HoldReturned),
    }
}

/// Days of a resource are claimed.
#[event]
pub struct ClaimCreated {
    /// The owner who claims them.
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
#[event]
pub struct ClaimConfirmed {}

/// The owner is there.
#[event]
pub struct ClaimStarted {
    /// The resource, which is to know.
    pub resource_id: Id,
}

/// The resource refused the days.
#[event]
pub struct ClaimDeclined {
    /// Code of the resource's refusal.
    pub reason: Code,
}

/// The claim was cancelled.
#[event]
pub struct ClaimCancelled {
    /// The resource, which is to release the days.
    pub resource_id: Id,
    /// Reason.
    pub reason: Option<Text>,
}

/// The resource did not answer in time.
#[event]
pub struct ClaimExpired {
    /// The resource, which is to release the days, should it hold them.
    pub resource_id: Id,
}

/// The resource's hold came too late and is given back.
#[event]
pub struct HoldReturned {
    /// The resource, which is to release the days.
    pub resource_id: Id,
}
