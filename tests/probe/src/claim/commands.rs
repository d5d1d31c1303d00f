//! The commands of a claim.

use edgefold_flow::prelude::*;

use crate::resource::commands::check_days;

commands! {
    /// The commands of a claim.
    pub enum Command {
        "CreateClaim" [creates, checked] => Create(CreateClaim),
        "CancelClaim" => Cancel(CancelClaim),
        "StartClaim" => Start(StartClaim),
        "ConfirmClaim" [internal] => Confirm(ConfirmClaim),
        "DeclineClaim" [internal] => Decline(DeclineClaim),
        "ExpireClaim" [internal] => Expire(ExpireClaim),
        "ReturnHold" [internal] => ReturnHold(ReturnHold),
    }
}

/// Claims days of a resource. Accepted means PENDING: CONFIRMED or DECLINED follows when the resource has answered, EXPIRED
/// when it does not in time.
#[command]
pub struct CreateClaim {
    /// The owner who claims them.
    #[caller]
    pub user_id: Subject,
    /// The resource.
    pub resource_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
}

impl CreateClaim {
    fn check(&self) -> Result<(), Rejection> {
        check_days(self.date_start, self.date_end)
    }
}

/// Cancels a claim.
#[command]
pub struct CancelClaim {
    /// Reason, for the record.
    pub reason: Option<Text>,
}

/// Says that the owner is there.
#[command]
pub struct StartClaim {}

/// The resource holds the days.
#[command]
pub struct ConfirmClaim {}

/// The resource refused the days.
#[command]
pub struct DeclineClaim {
    /// Code of the resource's refusal.
    pub reason: Code,
}

/// The resource did not answer in time.
#[command]
pub struct ExpireClaim {}

/// The resource holds days that are not wanted any more.
#[command]
pub struct ReturnHold {}
