//! The commands of a reservation, with the checks of their shape.

use edgefold_kernel::{Date, Id, Rejection, Subject, Text, commands};
use edgefold_room::commands::check_nights;
use serde::{Deserialize, Serialize};

/// Claims nights of a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreateReservation {
    /// The guest who claims them.
    pub user_id: Subject,
    /// The room.
    pub room_id: Id,
    /// First night.
    pub date_start: Date,
    /// Day of departure: the night before it is the last one.
    pub date_end: Date,
}

/// Cancels the reservation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CancelReservation {
    /// Reason, for the record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Text>,
}

/// The room holds the nights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConfirmReservation {}

/// The room refused the nights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeclineReservation {
    /// Code of the room's refusal.
    pub reason: String,
}

/// The room did not answer in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpireReservation {}

/// The room holds nights that are not wanted any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReturnHold {}

commands! {
    /// The commands of a reservation.
    pub enum ReservationCommand {
        "CreateReservation" [creates, checked] => Create(CreateReservation),
        "CancelReservation" => Cancel(CancelReservation),
        "ConfirmReservation" [internal] => Confirm(ConfirmReservation),
        "DeclineReservation" [internal] => Decline(DeclineReservation),
        "ExpireReservation" [internal] => Expire(ExpireReservation),
        "ReturnHold" [internal] => ReturnHold(ReturnHold),
    }
}

impl CreateReservation {
    fn check(&self) -> Result<(), Rejection> {
        check_nights(self.date_start, self.date_end)
    }
}
