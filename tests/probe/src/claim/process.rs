//! The process of a claim: what it asks of the resource, and what the resource's answers mean.

use edgefold_flow::prelude::*;

use super::{
    Claim,
    commands::{Command, ConfirmClaim, DeclineClaim, ExpireClaim, ReturnHold},
    events::Event,
    state::{State, Status},
};
use crate::{
    release,
    resource::{
        Resource,
        commands::{HoldResource, OccupyResource, ReleaseResource},
        events::Event as ResourceEvent,
    },
};

/// Milliseconds that the resource has to answer. Its answer takes two passes through the queue, well under a second
/// each when all is well; a minute also covers a few retries.
pub const ANSWER_WITHIN_MS: u32 = 60_000;

impl Process for Claim {
    /// The resource's answer goes to the claim that it names.
    const ROUTES: &'static [Route] = &[Route::to_field::<Resource>("ResourceHeld", "claimId")];

    fn errands(id: &Id, event: &Event) -> Vec<Errand> {
        let claim_id = id.clone();
        let release = |resource_id: &Id| {
            let claim_id = id.clone();
            vec![Errand::to::<Resource>(resource_id, ReleaseResource { claim_id })]
        };
        match event {
            Event::Created(created) => {
                let (date_start, date_end) = (created.date_start, created.date_end);
                let user_id = (!release::is_first()).then(|| created.user_id.clone());
                let hold = HoldResource { claim_id, date_start, date_end, user_id };
                vec![Errand::to::<Resource>(&created.resource_id, hold)]
            }
            Event::Started(started) => {
                vec![Errand::to::<Resource>(&started.resource_id, OccupyResource { claim_id })]
            }
            Event::Cancelled(cancelled) => release(&cancelled.resource_id),
            Event::Expired(expired) => release(&expired.resource_id),
            Event::HoldReturned(returned) => release(&returned.resource_id),
            Event::Confirmed(_) | Event::Declined(_) => vec![],
        }
    }

    /// The resource holds the days: that confirms the claim, or comes too late.
    fn on_foreign(state: &State, event: &Envelope) -> Result<Vec<Command>, Fault> {
        Ok(match (event.read::<ResourceEvent>()?, state.status) {
            (ResourceEvent::Held(_), Status::Pending) => vec![ConfirmClaim {}.into()],
            (ResourceEvent::Held(_), Status::Cancelled | Status::Expired | Status::Declined) => {
                vec![ReturnHold {}.into()]
            }
            _ => vec![],
        })
    }

    /// The resource refused to hold the days. A refused release changes nothing: there is nothing left to give back.
    fn on_refused(_state: &State, refused: &Refused) -> Vec<Command> {
        match refused.name.as_str() {
            "HoldResource" => vec![DeclineClaim { reason: refused.code() }.into()],
            _ => vec![],
        }
    }

    /// A claim waits for the resource's answer, but not for ever.
    fn deadline(_id: &Id, state: &State) -> Option<Due<Command>> {
        // `ClaimCreated` begins the stream.
        state.confirm_by.map(|at| Due { at, command: ExpireClaim {}.into(), set_by: 1 })
    }
}
