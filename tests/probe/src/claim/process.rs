//! The process of a claim: its requests to the resource, and its reactions to the answers.

use crate::{
    release,
    resource::{
        Resource, ResourceEvent,
        commands::{HoldResource, OccupyResource, ReleaseResource},
    },
};
use edgefold_flow::{Due, Errand, participant::Refused};
use edgefold_kernel::{Envelope, Fault, Id};

use super::{
    commands::{ClaimCommand, ConfirmClaim, DeclineClaim, ExpireClaim, ReturnHold},
    events::ClaimEvent,
    reducer::{State, Status},
};

/// Milliseconds that the resource has to answer. Its answer takes two passes through the queue, well under a second
/// each when all is well; a minute also covers a few retries.
pub const ANSWER_WITHIN_MS: u32 = 60_000;

/// The requests to the resource that follow from an event.
pub fn errands(id: &Id, event: &ClaimEvent) -> Vec<Errand> {
    let release = |resource_id: &Id| {
        Errand::to::<Resource>(resource_id.clone(), ReleaseResource { claim_id: id.clone() })
    };
    match event {
        ClaimEvent::Created(created) => {
            let hold = HoldResource {
                claim_id: id.clone(),
                date_start: created.date_start,
                date_end: created.date_end,
                user_id: (!release::is_first()).then(|| created.user_id.clone()),
            };
            vec![Errand::to::<Resource>(created.resource_id.clone(), hold)]
        }
        ClaimEvent::Started(started) => {
            let occupy = OccupyResource { claim_id: id.clone() };
            vec![Errand::to::<Resource>(started.resource_id.clone(), occupy)]
        }
        ClaimEvent::Cancelled(cancelled) => vec![release(&cancelled.resource_id)],
        ClaimEvent::Expired(expired) => vec![release(&expired.resource_id)],
        ClaimEvent::HoldReturned(returned) => vec![release(&returned.resource_id)],
        ClaimEvent::Confirmed(_) | ClaimEvent::Declined(_) => vec![],
    }
}

/// The resource holds the days: that confirms the claim, or comes too late.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn on_foreign(state: &State, event: &Envelope) -> Result<Vec<ClaimCommand>, Fault> {
    let status = state.as_ref().map(|claim| claim.status);
    Ok(match (event.read::<ResourceEvent>()?, status) {
        (ResourceEvent::Held(_), Some(Status::Pending)) => vec![ConfirmClaim {}.into()],
        (ResourceEvent::Held(_), Some(Status::Cancelled | Status::Expired | Status::Declined)) => {
            vec![ReturnHold {}.into()]
        }
        _ => vec![],
    })
}

/// The resource refused to hold the days. A refused release changes nothing: there is nothing left to give back.
pub fn on_refused(refused: &Refused) -> Vec<ClaimCommand> {
    match refused.name.as_str() {
        "HoldResource" => {
            vec![DeclineClaim { reason: refused.rejection.code.to_string() }.into()]
        }
        _ => vec![],
    }
}

/// A claim waits for the resource's answer, but not for ever.
pub fn deadline(state: &State) -> Option<Due<ClaimCommand>> {
    let pending = state.as_ref().filter(|claim| claim.status == Status::Pending)?;
    // `ClaimCreated` begins the stream.
    Some(Due { at: pending.confirm_by, command: ExpireClaim {}.into(), set_by: 1 })
}
