//! Every business rule of a claim.

use crate::resource::{Resource, reducer::Status as ResourceStatus};
use edgefold_kernel::{Aggregate, Context, Decision, Rejection, StreamId};

use super::{
    commands::{ClaimCommand, CreateClaim},
    events::{
        ClaimCancelled, ClaimConfirmed, ClaimCreated, ClaimDeclined, ClaimEvent, ClaimExpired,
        ClaimStarted, HoldReturned,
    },
    process::ANSWER_WITHIN_MS,
    reducer::{ClaimState, State, Status},
};

/// The decision to create a claim needs the copy of the resource's stream.
pub fn rests_on(command: &ClaimCommand) -> Vec<StreamId> {
    match command {
        ClaimCommand::Create(create) => {
            vec![StreamId::new(Resource::TYPE, create.resource_id.clone())]
        }
        _ => Vec::new(),
    }
}

/// Decides a command.
///
/// # Errors
/// `CLAIM_EXISTS`, `CLAIM_UNKNOWN`, `RESOURCE_UNKNOWN`, `RESOURCE_CLOSED`, `CLAIM_ENDED`, `NOT_CONFIRMED` or
/// `NOT_PENDING`.
pub fn decide(
    state: &State,
    command: &ClaimCommand,
    context: &Context<'_>,
) -> Decision<ClaimEvent> {
    let claim = match (command, state) {
        (ClaimCommand::Create(_), Some(_)) => {
            return Err(Rejection::rule("CLAIM_EXISTS", "the claim was created before").into());
        }
        (ClaimCommand::Create(create), None) => return created(create, context),
        (_, None) => {
            return Err(Rejection::rule("CLAIM_UNKNOWN", "there is no such claim").into());
        }
        (_, Some(claim)) => claim,
    };
    let resource_id = claim.resource_id.clone();
    let event = match command {
        ClaimCommand::Create(_) => return Ok(vec![]),
        ClaimCommand::Cancel(cancel) => {
            match claim.status {
                Status::Pending | Status::Confirmed => {}
                Status::Cancelled => return Ok(vec![]),
                Status::Declined | Status::Expired => {
                    return Err(Rejection::rule(
                        "CLAIM_ENDED",
                        "the claim has come to its end already",
                    )
                    .into());
                }
            }
            ClaimCancelled { resource_id, reason: cancel.reason.clone() }.into()
        }
        ClaimCommand::Start(_) if claim.status == Status::Confirmed => {
            ClaimStarted { resource_id }.into()
        }
        ClaimCommand::Start(_) => {
            return Err(Rejection::rule("NOT_CONFIRMED", "the claim is not confirmed").into());
        }
        ClaimCommand::Confirm(_) => only_pending(claim, ClaimConfirmed {})?,
        ClaimCommand::Decline(decline) => {
            only_pending(claim, ClaimDeclined { reason: decline.reason.clone() })?
        }
        ClaimCommand::Expire(_) => only_pending(claim, ClaimExpired { resource_id })?,
        ClaimCommand::ReturnHold(_) => HoldReturned { resource_id }.into(),
    };
    Ok(vec![event])
}

fn created(create: &CreateClaim, context: &Context<'_>) -> Decision<ClaimEvent> {
    let CreateClaim { user_id, resource_id, date_start, date_end } = create.clone();
    match context.foreign.state::<Resource>(&resource_id)?.flatten() {
        None => {
            return Err(Rejection::rule(
                "RESOURCE_UNKNOWN",
                format!("there is no resource {resource_id}"),
            )
            .into());
        }
        Some(resource) if resource.status == ResourceStatus::Closed => {
            return Err(Rejection::rule(
                "RESOURCE_CLOSED",
                format!("resource {resource_id} is closed"),
            )
            .into());
        }
        Some(_) => {}
    }
    let confirm_by = context.now.plus_millis(i64::from(ANSWER_WITHIN_MS));
    Ok(vec![ClaimCreated { user_id, resource_id, date_start, date_end, confirm_by }.into()])
}

fn only_pending(claim: &ClaimState, event: impl Into<ClaimEvent>) -> Result<ClaimEvent, Rejection> {
    match claim.status {
        Status::Pending => Ok(event.into()),
        _ => Err(Rejection::rule("NOT_PENDING", "the claim is not pending")),
    }
}
