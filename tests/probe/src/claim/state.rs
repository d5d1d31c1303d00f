//! The state of a claim, and how an event changes it.

use edgefold_flow::prelude::*;

use super::{
    Claim,
    events::{ClaimCreated, Event},
};

/// An owner's claim on days of a resource.
#[state]
pub struct State {
    /// Status.
    pub status: Status,
    /// Code of the refusal for which it was declined.
    pub refusal: Option<Code>,
    /// Reason why it was cancelled.
    pub reason: Option<Text>,
    /// The owner.
    #[owner]
    pub user_id: Subject,
    /// The resource.
    pub resource_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
    /// Instant until which the resource must have answered; null once nobody waits for it any more.
    pub confirm_by: Option<Timestamp>,
}

/// Status of a claim.
#[state]
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

impl Reducer for Claim {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Created(created) = event.clone() else { return None };
        let ClaimCreated { user_id, resource_id, date_start, date_end, confirm_by } = created;
        Some(State {
            status: Status::Pending,
            refusal: None,
            reason: None,
            user_id,
            resource_id,
            date_start,
            date_end,
            confirm_by: Some(confirm_by),
        })
    }

    fn evolve(state: &mut State, event: &Event, _version: Version) {
        match event {
            Event::Confirmed(_) => state.status = Status::Confirmed,
            Event::Declined(declined) => {
                state.status = Status::Declined;
                state.refusal = Some(declined.reason.clone());
            }
            Event::Cancelled(cancelled) => {
                state.status = Status::Cancelled;
                state.reason = cancelled.reason.clone();
            }
            Event::Expired(_) => state.status = Status::Expired,
            Event::Created(_) | Event::Started(_) | Event::HoldReturned(_) => {}
        }
        if state.status != Status::Pending {
            state.confirm_by = None;
        }
    }
}
