//! The events of a thing. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_flow::prelude::*;

events! {
    /// The events of a thing.
    pub enum Event {
        "ThingAdded" v 1 => Added(ThingAdded),
        "ThingRenamed" v 1 => Renamed(ThingRenamed),
        "ThingClosed" v 1 => Closed(ThingClosed),
    }
}

/// A thing is there.
#[event]
pub struct ThingAdded {
    /// The owner.
    pub user_id: Subject,
    /// Name.
    pub name: Text,
    /// The day on which it is due.
    pub due: Date,
}

/// It has another name.
#[event]
pub struct ThingRenamed {
    /// The new name.
    pub name: Text,
}

/// It is closed for good.
#[event]
pub struct ThingClosed {}
