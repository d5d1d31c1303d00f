//! Every business rule of a resource.

use edgefold_flow::prelude::*;

use super::{
    Resource,
    commands::{AddResource, Command, HoldResource},
    events::{
        Event, ResourceAdded, ResourceClosed, ResourceHeld, ResourceOccupied, ResourceReleased,
    },
    state::{State, Status},
};

/// Why a resource refuses.
#[refusals]
pub enum Refusal {
    /// The range of days ends before or where it begins.
    DatesReversed,
    /// The resource takes no holds any more.
    ResourceClosed,
    /// Others hold some of these days.
    DaysTaken,
    /// The claim already holds other days of this resource.
    HoldExists,
    /// The resource holds no days for this claim.
    HoldUnknown,
}

impl Rules for Resource {
    type Create = AddResource;
    type Refusal = Refusal;

    fn begin(add: &AddResource, _context: &Context<'_>) -> Decision<Event> {
        let AddResource { group_id, number, capacity, rate } = add.clone();
        happened(ResourceAdded { group_id, number, capacity, rate })
    }

    fn decide(state: &State, command: &Command, _context: &Context<'_>) -> Decision<Event> {
        match command {
            Command::Add(_) => nothing(),
            Command::Hold(hold) => held(state, hold),
            Command::Occupy(occupy) => {
                let claim_id = occupy.claim_id.clone();
                match state.holds.iter().find(|hold| hold.claim_id == claim_id) {
                    None => refuse(Refusal::HoldUnknown),
                    Some(hold) if hold.occupied => nothing(),
                    Some(_) => happened(ResourceOccupied { claim_id }),
                }
            }
            Command::Release(release) => {
                let claim_id = release.claim_id.clone();
                match state.holds.iter().any(|hold| hold.claim_id == claim_id) {
                    true => happened(ResourceReleased { claim_id }),
                    false => nothing(),
                }
            }
            Command::Close(_) if state.status == Status::Open => happened(ResourceClosed {}),
            Command::Close(_) => nothing(),
        }
    }
}

fn held(resource: &State, hold: &HoldResource) -> Decision<Event> {
    let HoldResource { claim_id, date_start, date_end, user_id } = hold.clone();
    if let Some(own) = resource.holds.iter().find(|hold| hold.claim_id == claim_id) {
        return match (own.date_start, own.date_end) == (date_start, date_end) {
            true => nothing(),
            false => refuse(Refusal::HoldExists),
        };
    }
    if resource.status == Status::Closed {
        return refuse(Refusal::ResourceClosed);
    }
    if let Some(other) = resource.holds.iter().find(|hold| hold.overlaps(date_start, date_end)) {
        let (from, until) = (other.date_start, other.date_end);
        let detail = format!("the resource is taken from {from} to {until}");
        return refuse_with(Refusal::DaysTaken, detail);
    }
    happened(ResourceHeld { claim_id, date_start, date_end, user_id })
}
