//! The commands of a claim, with the checks of their shape.

use crate::resource::commands::check_days;
use edgefold_kernel::{Date, Id, Rejection, Subject, Text, commands};
use serde::{Deserialize, Serialize};

/// Claims days of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateClaim {
    /// The guest who claims them.
    pub user_id: Subject,
    /// The resource.
    pub resource_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
}

/// Cancels the reservation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelClaim {
    /// Reason, for the record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Text>,
}

/// The guest is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartClaim {}

/// The resource holds the days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmClaim {}

/// The resource refused the days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeclineClaim {
    /// Code of the resource's refusal.
    pub reason: String,
}

/// The resource did not answer in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpireClaim {}

/// The resource holds days that are not wanted any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnHold {}

commands! {
    /// The commands of a claim.
    pub enum ClaimCommand {
        "CreateClaim" [creates, checked] => Create(CreateClaim),
        "CancelClaim" => Cancel(CancelClaim),
        "StartClaim" => Start(StartClaim),
        "ConfirmClaim" [internal] => Confirm(ConfirmClaim),
        "DeclineClaim" [internal] => Decline(DeclineClaim),
        "ExpireClaim" [internal] => Expire(ExpireClaim),
        "ReturnHold" [internal] => ReturnHold(ReturnHold),
    }
}

impl CreateClaim {
    fn check(&self) -> Result<(), Rejection> {
        check_days(self.date_start, self.date_end)
    }
}
