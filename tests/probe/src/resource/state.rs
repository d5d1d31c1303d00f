//! The state of a resource, and how an event changes it.

use edgefold_flow::prelude::*;

use super::{
    Resource,
    events::{Event, ResourceAdded, ResourceHeld},
};

/// A resource of a group.
#[state]
pub struct State {
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
    #[inner]
    pub holds: Vec<Hold>,
}

/// A resource is open or closed for holds.
#[state]
pub enum Status {
    /// It takes holds.
    Open,
    /// It takes no holds.
    Closed,
}

/// Days held for one claim.
#[state]
pub struct Hold {
    /// The claim for which they are held.
    pub claim_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
    /// The owner of the claim, where that is known.
    pub user_id: Option<Subject>,
    /// True once the owner is there.
    #[serde(default)]
    pub occupied: bool,
}

impl Hold {
    /// True if both ranges have a day in common. Ranges are half-open: one may begin on the day on which another ends.
    pub fn overlaps(&self, date_start: Date, date_end: Date) -> bool {
        self.date_start < date_end && date_start < self.date_end
    }
}

impl Reducer for Resource {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Added(added) = event.clone() else { return None };
        let ResourceAdded { group_id, number, capacity, rate } = added;
        let (status, hold_count, holds) = (Status::Open, 0, Vec::new());
        Some(State { status, group_id, number, capacity, rate, hold_count, holds })
    }

    fn evolve(state: &mut State, event: &Event, _version: Version) {
        match event.clone() {
            Event::Added(_) => {}
            Event::Held(ResourceHeld { claim_id, date_start, date_end, user_id }) => {
                let occupied = false;
                state.holds.push(Hold { claim_id, date_start, date_end, user_id, occupied });
            }
            Event::Occupied(occupied) => {
                for hold in &mut state.holds {
                    hold.occupied |= hold.claim_id == occupied.claim_id;
                }
            }
            Event::Released(released) => {
                state.holds.retain(|hold| hold.claim_id != released.claim_id);
            }
            Event::Closed(_) => state.status = Status::Closed,
        }
        state.hold_count = u32::try_from(state.holds.len()).unwrap_or(u32::MAX);
    }
}
