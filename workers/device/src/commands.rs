//! The commands of a device, with the checks of their shape.

use edgefold_kernel::{Subject, Timestamp, commands};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// Takes a device into service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegisterDevice {
    /// Model name in the maker's catalogue.
    pub model: Model,
    /// The owner.
    pub owner_id: Subject,
}

/// Reports how a device is, as of its own clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UpdateDeviceStatus {
    /// Status.
    pub status: Status,
    /// Measured value.
    pub reading: Reading,
    /// Instant of the report, by the device's clock; to the millisecond.
    pub observed_at: Timestamp,
}

/// Takes a device out of service for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DecommissionDevice {}

commands! {
    /// The commands of a device.
    pub enum DeviceCommand {
        "RegisterDevice" [creates] => Register(RegisterDevice),
        "UpdateDeviceStatus" => Update(UpdateDeviceStatus),
        "DecommissionDevice" => Decommission(DecommissionDevice),
    }
}

/// Model name in the maker's catalogue: 1–100 characters, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Model(
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = MODEL_CHARS), pattern(r"^[^\x00-\x1F\x7F-\x9F]*$"))
    )]
    String,
);

/// Longest name of a model, in characters.
const MODEL_CHARS: usize = 100;

impl Model {
    /// The model as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let model = String::deserialize(source)?;
        let well_formed = (1..=MODEL_CHARS).contains(&model.chars().count())
            && !model.chars().any(char::is_control);
        if well_formed {
            Ok(Self(model))
        } else {
            Err(D::Error::custom("a model of 1 to 100 characters without control characters"))
        }
    }
}

/// Status of a device, as it reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, and needs attention.
    Warn,
    /// It does not work.
    Fault,
}

impl<'de> Deserialize<'de> for Status {
    // serde would take a variant as an object with one key, too.
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        match String::deserialize(source)?.as_str() {
            "OK" => Ok(Self::Ok),
            "WARN" => Ok(Self::Warn),
            "FAULT" => Ok(Self::Fault),
            _ => Err(D::Error::custom("a status: OK, WARN or FAULT")),
        }
    }
}

/// A measured value, in the unit of the device's model: a finite number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reading(
    #[cfg_attr(feature = "schema", schemars(extend("minimum" = f64::MIN, "maximum" = f64::MAX)))]
    f64,
);

impl Reading {
    /// Reads a number.
    ///
    /// # Errors
    /// The number is not finite: it could neither be stored as JSON nor be compared with its repeat.
    pub fn parse(number: f64) -> Result<Self, &'static str> {
        if number.is_finite() { Ok(Self(number)) } else { Err("a finite number") }
    }

    /// The number.
    pub fn number(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Reading {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(f64::deserialize(source)?).map_err(D::Error::custom)
    }
}
