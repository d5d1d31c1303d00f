//! The events of a resource. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_flow::prelude::*;

events! {
    /// The events of a resource.
    pub enum Event {
        "ResourceAdded" v 1 => Added(ResourceAdded),
        "ResourceHeld" v 1 => Held(ResourceHeld),
        "ResourceOccupied" v 1 => Occupied(ResourceOccupied),
        "ResourceReleased" v 1 => Released(ResourceReleased),
        "ResourceClosed" v 1 => Closed(ResourceClosed),
    }
}

/// The resource takes holds from now on.
#[event]
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
#[event]
pub struct ResourceHeld {
    /// The claim for which they are held.
    pub claim_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
    /// The owner of the claim. Events of the first release do not say it.
    pub user_id: Option<Subject>,
}

/// The owner of a claim is there.
#[event]
pub struct ResourceOccupied {
    /// The claim for which the days are held.
    pub claim_id: Id,
}

/// The days of a claim are free again.
#[event]
pub struct ResourceReleased {
    /// The claim for which they were held.
    pub claim_id: Id,
}

/// The resource takes no holds any more.
#[event]
pub struct ResourceClosed {}
