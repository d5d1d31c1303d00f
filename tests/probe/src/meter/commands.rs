//! What may be asked of a meter, with the shape checks.

use edgefold_kernel::{Id, Rejection, Timestamp, commands};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// Takes a meter into service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterMeter {
    /// What it is called in its maker's catalogue.
    pub model: Model,
    /// Whose it is.
    pub owner_id: Id,
}

/// Reports how a meter is, as of its own clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateMeter {
    /// How it is.
    pub status: Status,
    /// What it measured.
    pub reading: Reading,
    /// When, by its own clock; to the millisecond.
    pub observed_at: Timestamp,
}

/// Takes a meter out of service for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecommissionMeter {}

commands! {
    /// What may be asked of a meter.
    pub enum MeterCommand {
        "RegisterMeter" [creates] => Register(RegisterMeter),
        "UpdateMeter" => Update(UpdateMeter),
        "DecommissionMeter" => Decommission(DecommissionMeter),
    }
}

impl RegisterMeter {
    fn check(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

impl UpdateMeter {
    fn check(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

impl DecommissionMeter {
    fn check(&self) -> Result<(), Rejection> {
        Ok(())
    }
}

/// What a meter is called in its maker's catalogue: 1–100 characters, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Model(String);

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

/// How a meter is, by its own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, and wants to be looked at.
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

/// What a meter measured, in whatever unit its model has: a finite number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Reading(f64);

impl Reading {
    /// Reads a number.
    ///
    /// # Errors
    /// What was expected, when it is not finite: it could neither be stored as JSON nor be compared with its repeat.
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
