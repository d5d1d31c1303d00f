//! The state of a claim, and how an event changes it.

use edgefold_kernel::{Date, Id, Subject, Timestamp};
use serde::{Deserialize, Serialize};

use super::events::ClaimEvent;

/// `None` until the claim was created.
pub type State = Option<ClaimState>;

/// A claim that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimState {
    /// Status.
    pub status: Status,
    /// Reason why it was declined or cancelled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The owner.
    pub user_id: Subject,
    /// The resource.
    pub resource_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
    /// Instant until which the resource must have answered.
    pub confirm_by: Timestamp,
}

/// Status of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// The resource was asked.
    Pending,
    /// The resource holds the days.
    Confirmed,
    /// The resource refused.
    Declined,
    /// Cancelled by a caller.
    Cancelled,
    /// The resource did not answer in time.
    Expired,
}

/// Changes the state as the event says.
pub fn evolve(state: &mut State, event: &ClaimEvent) {
    match (event, state) {
        (ClaimEvent::Created(created), state) => {
            *state = Some(ClaimState {
                status: Status::Pending,
                reason: None,
                user_id: created.user_id.clone(),
                resource_id: created.resource_id.clone(),
                date_start: created.date_start,
                date_end: created.date_end,
                confirm_by: created.confirm_by,
            });
        }
        (ClaimEvent::Confirmed(_), Some(it)) => it.status = Status::Confirmed,
        (ClaimEvent::Declined(declined), Some(it)) => {
            it.status = Status::Declined;
            it.reason = Some(declined.reason.clone());
        }
        (ClaimEvent::Cancelled(cancelled), Some(it)) => {
            it.status = Status::Cancelled;
            it.reason = cancelled.reason.as_ref().map(ToString::to_string);
        }
        (ClaimEvent::Expired(_), Some(it)) => it.status = Status::Expired,
        (ClaimEvent::Started(_) | ClaimEvent::HoldReturned(_), _) | (_, None) => {}
    }
}
