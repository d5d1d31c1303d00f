//! Every business rule of a claim.

use edgefold_flow::prelude::*;

use super::{
    Claim,
    commands::{Command, CreateClaim},
    events::{
        ClaimCancelled, ClaimConfirmed, ClaimCreated, ClaimDeclined, ClaimExpired, ClaimStarted,
        Event, HoldReturned,
    },
    process::ANSWER_WITHIN_MS,
    state::{State, Status},
};
use crate::resource::{Resource, state::Status as ResourceStatus};

/// Why a claim refuses.
#[refusals]
pub enum Refusal {
    /// There is no such resource.
    ResourceUnknown,
    /// The resource takes no holds any more.
    ResourceClosed,
    /// The claim has ended already.
    ClaimEnded,
    /// The claim is not confirmed.
    NotConfirmed,
    /// The claim is not pending.
    NotPending,
}

impl Rules for Claim {
    type Create = CreateClaim;
    type Refusal = Refusal;

    /// Whether the resource exists, and is open.
    fn rests_on(command: &Command, _by: Option<&Principal>) -> Vec<StreamId> {
        match command {
            Command::Create(create) => vec![Resource::stream(&create.resource_id)],
            _ => vec![],
        }
    }

    fn begin(create: &CreateClaim, context: &Context<'_>) -> Decision<Event> {
        let CreateClaim { user_id, resource_id, date_start, date_end } = create.clone();
        match context.known::<Resource, _>(&resource_id)? {
            None => return refuse(Refusal::ResourceUnknown),
            Some(resource) if resource.status == ResourceStatus::Closed => {
                return refuse(Refusal::ResourceClosed);
            }
            Some(_) => {}
        }
        let confirm_by = context.now.plus_millis(i64::from(ANSWER_WITHIN_MS));
        happened(ClaimCreated { user_id, resource_id, date_start, date_end, confirm_by })
    }

    fn decide(state: &State, command: &Command, _context: &Context<'_>) -> Decision<Event> {
        let resource_id = state.resource_id.clone();
        match (command.clone(), state.status) {
            (Command::Cancel(cancel), Status::Pending | Status::Confirmed) => {
                happened(ClaimCancelled { resource_id, reason: cancel.reason })
            }
            (Command::Cancel(_), Status::Cancelled) => nothing(),
            (Command::Cancel(_), _) => refuse(Refusal::ClaimEnded),
            (Command::Start(_), Status::Confirmed) => happened(ClaimStarted { resource_id }),
            (Command::Start(_), _) => refuse(Refusal::NotConfirmed),
            (Command::ReturnHold(_), _) => happened(HoldReturned { resource_id }),
            (Command::Confirm(_), Status::Pending) => happened(ClaimConfirmed {}),
            (Command::Decline(decline), Status::Pending) => {
                happened(ClaimDeclined { reason: decline.reason })
            }
            (Command::Expire(_), Status::Pending) => happened(ClaimExpired { resource_id }),
            _ => refuse(Refusal::NotPending),
        }
    }
}
