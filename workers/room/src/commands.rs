//! The commands of a room, with the checks of their shape.

use edgefold_kernel::{Amount, Date, Id, Rejection, Subject, commands};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// Opens a room for holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AddRoom {
    /// The hotel that it belongs to.
    pub hotel_id: Id,
    /// The number on its door.
    pub number: RoomNumber,
    /// Number of guests that it takes, 1 to 100.
    #[serde(deserialize_with = "capacity")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = GUESTS)))]
    pub capacity: u32,
    /// Price of a night, in minor units.
    pub nightly_rate: Amount,
}

/// Holds nights for a reservation. Sent by the reservation, not from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HoldRoom {
    /// The reservation for which the nights are held.
    pub reservation_id: Id,
    /// The guest of the reservation. Code of before did not say it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<Subject>,
    /// First night.
    pub date_start: Date,
    /// Day of departure: the night before it is the last one.
    pub date_end: Date,
}

/// Gives the nights of a reservation back. Sent by the reservation, not from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReleaseRoom {
    /// The reservation for which the nights were held.
    pub reservation_id: Id,
}

/// Closes a room for new holds. Existing holds stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CloseRoom {}

commands! {
    /// The commands of a room.
    pub enum RoomCommand {
        "AddRoom" [creates] => Add(AddRoom),
        "HoldRoom" [internal, checked] => Hold(HoldRoom),
        "ReleaseRoom" [internal] => Release(ReleaseRoom),
        "CloseRoom" => Close(CloseRoom),
    }
}

impl HoldRoom {
    fn check(&self) -> Result<(), Rejection> {
        check_nights(self.date_start, self.date_end)
    }
}

/// A range of nights is half-open, and holds at least one.
///
/// # Errors
/// `DATES_REVERSED` when it ends before or where it begins.
pub fn check_nights(date_start: Date, date_end: Date) -> Result<(), Rejection> {
    if date_start < date_end {
        return Ok(());
    }
    let detail = format!("dateEnd must be after dateStart {date_start}, got {date_end}");
    Err(Rejection::shape("DATES_REVERSED", "payload.dateEnd", detail))
}

/// Most guests that a room takes.
const GUESTS: u32 = 100;

/// The number on a room's door: 1–16 printable characters. A whole number is taken as its digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RoomNumber(String);

/// Longest number of a room, in characters. A whole number has at most ten digits.
const NUMBER_CHARS: usize = 16;

impl RoomNumber {
    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for RoomNumber {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a room number, such as \"12A\" or 12")]
        enum Number {
            Text(String),
            Digits(u32),
        }
        let number = match Number::deserialize(source)? {
            Number::Text(text) => text,
            Number::Digits(digits) => digits.to_string(),
        };
        let well_formed = (1..=NUMBER_CHARS).contains(&number.chars().count())
            && !number.chars().any(char::is_control);
        if well_formed {
            Ok(Self(number))
        } else {
            Err(D::Error::custom("a room number of 1 to 16 printable characters"))
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for RoomNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RoomNumber".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let text = schemars::json_schema!({
            "description": "The number on a room's door: 1–16 printable characters.",
            "type": "string",
            "minLength": 1,
            "maxLength": NUMBER_CHARS,
            "pattern": r"^[^\x00-\x1F\x7F-\x9F]*$",
        });
        if generator.contract().is_serialize() {
            return text;
        }
        schemars::json_schema!({
            "description": "The number on a room's door. A whole number is taken as its digits.",
            "anyOf": [text, generator.subschema_for::<u32>()],
        })
    }
}

fn capacity<'de, D: Deserializer<'de>>(source: D) -> Result<u32, D::Error> {
    match u32::deserialize(source)? {
        guests @ 1..=GUESTS => Ok(guests),
        _ => Err(D::Error::custom("a capacity from 1 to 100")),
    }
}
