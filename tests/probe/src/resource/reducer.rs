//! The state of a resource, and how an event changes it.

use edgefold_kernel::{Amount, Date, Id, Subject, Text};
use serde::{Deserialize, Serialize};

use super::events::ResourceEvent;

/// `None` until the resource was added.
pub type State = Option<ResourceState>;

/// A resource that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceState {
    /// Open or closed for holds.
    pub status: Status,
    /// The group that it belongs to.
    pub group_id: Id,
    /// Label.
    pub number: Text,
    /// Capacity.
    pub capacity: u32,
    /// Price of a day, in minor units.
    pub rate: Amount,
    /// Number of claims that hold days.
    pub hold_count: u32,
    /// The days that are held, in the order in which they were asked for.
    pub holds: Vec<Hold>,
}

/// A resource is open or closed for holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It takes holds.
    Open,
    /// It takes no holds.
    Closed,
}

/// Days held for one claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// The reservation for which they are held.
    pub claim_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
    /// The guest for whom, if that was said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<Subject>,
    /// True once the guest is there.
    #[serde(default)]
    pub occupied: bool,
}

impl Hold {
    /// True if both ranges have a day in common. Ranges are half-open: one may begin on the day on which another ends.
    pub fn overlaps(&self, date_start: Date, date_end: Date) -> bool {
        self.date_start < date_end && date_start < self.date_end
    }
}

/// The state that others decide on and lists show: the resource without its holds.
pub fn outline(state: &State) -> State {
    state.as_ref().map(|resource| ResourceState {
        status: resource.status,
        group_id: resource.group_id.clone(),
        number: resource.number.clone(),
        capacity: resource.capacity,
        rate: resource.rate,
        hold_count: resource.hold_count,
        holds: Vec::new(),
    })
}

/// Changes the state as the event says.
pub fn evolve(state: &mut State, event: &ResourceEvent) {
    match (event, &mut *state) {
        (ResourceEvent::Added(added), state) => {
            *state = Some(ResourceState {
                status: Status::Open,
                group_id: added.group_id.clone(),
                number: added.number.clone(),
                capacity: added.capacity,
                rate: added.rate,
                hold_count: 0,
                holds: Vec::new(),
            });
        }
        (ResourceEvent::Held(held), Some(resource)) => resource.holds.push(Hold {
            claim_id: held.claim_id.clone(),
            date_start: held.date_start,
            date_end: held.date_end,
            user_id: held.user_id.clone(),
            occupied: false,
        }),
        (ResourceEvent::Occupied(occupied), Some(resource)) => {
            for hold in &mut resource.holds {
                hold.occupied |= hold.claim_id == occupied.claim_id;
            }
        }
        (ResourceEvent::Released(released), Some(resource)) => {
            resource.holds.retain(|hold| hold.claim_id != released.claim_id);
        }
        (ResourceEvent::Closed(_), Some(resource)) => resource.status = Status::Closed,
        (_, None) => {}
    }
    if let Some(resource) = state {
        resource.hold_count = u32::try_from(resource.holds.len()).unwrap_or(u32::MAX);
    }
}
