//! The commands of a resource, with the checks of their shape.

use edgefold_kernel::{
    Amount, Date, Id, Rejection, Subject, Text, command::unknown_command, commands,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::release;

/// Offers a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddResource {
    /// The group that it belongs to.
    pub group_id: Id,
    /// Label.
    pub number: Text,
    /// Capacity, 1 to 100.
    #[serde(deserialize_with = "capacity")]
    pub capacity: u32,
    /// Price of a day, in minor units.
    pub rate: Amount,
}

/// Holds days for a claim. Sent by the claim, not from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldResource {
    /// The claim for which the days are held.
    pub claim_id: Id,
    /// First day.
    pub date_start: Date,
    /// The day after the last one.
    pub date_end: Date,
    /// The guest for whom. Required since the second release, so that the operator sees whom to expect.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "user_id")]
    pub user_id: Option<Subject>,
}

/// The guest is there. Sent by the claim, not from outside, since the second release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OccupyResource {
    /// The claim for which the days are held.
    pub claim_id: Id,
}

/// Gives the days of a claim back. Sent by the claim, not from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseResource {
    /// The claim for which the days were held.
    pub claim_id: Id,
}

/// Closes a room for new holds. Existing holds stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CloseResource {}

commands! {
    /// The commands of a resource.
    pub enum ResourceCommand {
        "AddResource" [creates] => Add(AddResource),
        "HoldResource" [internal, checked] => Hold(HoldResource),
        "OccupyResource" [internal, checked] => Occupy(OccupyResource),
        "ReleaseResource" [internal] => Release(ReleaseResource),
        "CloseResource" => Close(CloseResource),
    }
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

impl OccupyResource {
    fn check(&self) -> Result<(), Rejection> {
        if release::is_first() { Err(unknown_command("OccupyResource")) } else { Ok(()) }
    }
}

/// The first release does not know this field, whatever it holds.
fn user_id<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Subject>, D::Error> {
    match release::is_first() {
        true => Err(D::Error::custom("unknown field `userId`")),
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
    Err(Rejection::shape("DATES_REVERSED", "payload.dateEnd", detail))
}

/// Largest capacity.
const MOST: u32 = 100;

fn capacity<'de, D: Deserializer<'de>>(source: D) -> Result<u32, D::Error> {
    match u32::deserialize(source)? {
        capacity @ 1..=MOST => Ok(capacity),
        _ => Err(D::Error::custom("a capacity from 1 to 100")),
    }
}
