//! The commands of a resource.

use edgefold_flow::prelude::*;
use edgefold_kernel::command::unknown_command;
use serde::{Deserialize, Deserializer};

use super::rules::Refusal;
use crate::release;

commands! {
    /// The commands of a resource.
    pub enum Command {
        "AddResource" [creates] => Add(AddResource),
        "HoldResource" [internal, checked] => Hold(HoldResource),
        "OccupyResource" [internal, checked] => Occupy(OccupyResource),
        "ReleaseResource" [internal] => Release(ReleaseResource),
        "CloseResource" => Close(CloseResource),
    }
}

/// Opens a resource for holds.
#[command]
pub struct AddResource {
    /// The group that it belongs to.
    pub group_id: Id,
    /// Label.
    pub number: Text,
    /// Capacity.
    #[within(1..=100)]
    pub capacity: u32,
    /// Price of a day, in minor units.
    pub rate: Amount,
}

/// Holds days for a claim. Sent by the claim, not from outside.
#[command]
pub struct HoldResource {
    /// The claim for which the days are held.
    pub claim_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
    /// The owner of the claim. Required since the second release, so that the operator sees whom to expect.
    #[serde(deserialize_with = "user_id")]
    pub user_id: Option<Subject>,
}

impl HoldResource {
    fn check(&self) -> Result<(), Rejection> {
        check_days(self.date_start, self.date_end)?;
        if self.user_id.is_none() && !release::is_first() {
            return Err(Rejection::shape("MISSING_FIELD", "payload.userId", "userId is required"));
        }
        Ok(())
    }
}

/// The first release does not know this field, whatever it holds.
fn user_id<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Subject>, D::Error> {
    match release::is_first() {
        true => Ok(None),
        false => Option::deserialize(source),
    }
}

/// A range of days is half-open, and holds at least one.
///
/// # Errors
/// `DATES_REVERSED` when it ends before or where it begins.
pub fn check_days(date_start: Date, date_end: Date) -> Result<(), Rejection> {
    if date_start < date_end {
        return Ok(());
    }
    let detail = format!("dateEnd must be after dateStart {date_start}, got {date_end}");
    refuse_shape(Refusal::DatesReversed, "payload.dateEnd", detail)
}

/// The owner of a claim is there. Sent by the claim, not from outside, since the second release.
#[command]
pub struct OccupyResource {
    /// The claim for which the days are held.
    pub claim_id: Id,
}

impl OccupyResource {
    fn check(&self) -> Result<(), Rejection> {
        if release::is_first() { Err(unknown_command("OccupyResource")) } else { Ok(()) }
    }
}

/// Gives the days of a claim back. Sent by the claim, not from outside.
#[command]
pub struct ReleaseResource {
    /// The claim for which the days were held.
    pub claim_id: Id,
}

/// Closes a resource for new holds. Existing holds stay.
#[command]
pub struct CloseResource {}
