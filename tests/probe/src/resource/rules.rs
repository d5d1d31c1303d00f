//! Every business rule of a resource.

use edgefold_kernel::{Decision, Rejection};

use super::{
    commands::{AddResource, HoldResource, ResourceCommand},
    events::{
        ResourceAdded, ResourceClosed, ResourceEvent, ResourceHeld, ResourceOccupied,
        ResourceReleased,
    },
    reducer::{ResourceState, State, Status},
};

/// Decides a command.
///
/// # Errors
/// `RESOURCE_EXISTS`, `RESOURCE_UNKNOWN`, `RESOURCE_CLOSED`, `DAYS_TAKEN`, `HOLD_EXISTS` or `HOLD_UNKNOWN`.
pub fn decide(state: &State, command: &ResourceCommand) -> Decision<ResourceEvent> {
    let events = match (command, state) {
        (ResourceCommand::Add(_), Some(_)) => {
            return Err(Rejection::rule("RESOURCE_EXISTS", "the resource was added before").into());
        }
        (ResourceCommand::Add(add), None) => vec![added(add)],
        (_, None) => {
            return Err(Rejection::rule("RESOURCE_UNKNOWN", "there is no such resource").into());
        }
        (ResourceCommand::Hold(hold), Some(resource)) => held(resource, hold)?,
        (ResourceCommand::Occupy(occupy), Some(resource)) => {
            let claim_id = occupy.claim_id.clone();
            match resource.holds.iter().find(|hold| hold.claim_id == claim_id) {
                None => {
                    return Err(Rejection::rule("HOLD_UNKNOWN", "no days are held for it").into());
                }
                Some(hold) if hold.occupied => vec![],
                Some(_) => vec![ResourceOccupied { claim_id }.into()],
            }
        }
        (ResourceCommand::Release(release), Some(resource)) => {
            let claim_id = release.claim_id.clone();
            let is_held = resource.holds.iter().any(|hold| hold.claim_id == claim_id);
            is_held.then(|| ResourceReleased { claim_id }.into()).into_iter().collect()
        }
        (ResourceCommand::Close(_), Some(resource)) => match resource.status {
            Status::Open => vec![ResourceClosed {}.into()],
            Status::Closed => vec![],
        },
    };
    Ok(events)
}

fn added(add: &AddResource) -> ResourceEvent {
    ResourceAdded {
        group_id: add.group_id.clone(),
        number: add.number.clone(),
        capacity: add.capacity,
        rate: add.rate,
    }
    .into()
}

fn held(resource: &ResourceState, hold: &HoldResource) -> Decision<ResourceEvent> {
    let HoldResource { claim_id, date_start, date_end, user_id } = hold.clone();
    if let Some(own) = resource.holds.iter().find(|hold| hold.claim_id == claim_id) {
        if (own.date_start, own.date_end) == (date_start, date_end) {
            return Ok(vec![]);
        }
        return Err(
            Rejection::rule("HOLD_EXISTS", "the claim holds other days of this resource").into()
        );
    }
    if resource.status == Status::Closed {
        return Err(
            Rejection::rule("RESOURCE_CLOSED", "the resource takes no holds any more").into()
        );
    }
    if let Some(other) = resource.holds.iter().find(|hold| hold.overlaps(date_start, date_end)) {
        let detail =
            format!("the resource is taken from {} to {}", other.date_start, other.date_end);
        return Err(Rejection::rule("DAYS_TAKEN", detail).into());
    }
    Ok(vec![ResourceHeld { claim_id, date_start, date_end, user_id }.into()])
}
