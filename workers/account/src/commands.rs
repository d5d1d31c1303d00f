//! The commands of an account, with the checks of their shape. Every amount is in minor units of its currency.

use edgefold_kernel::{Amount, Id, Subject, Text, Timestamp, commands};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// Opens an account with a balance of zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenAccount {
    /// The owner.
    pub owner_id: Subject,
    /// Currency of its amounts.
    pub currency: Currency,
    /// Amount by which its balance may go below zero.
    pub overdraft_limit: Amount,
}

/// Puts money in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Deposit {
    /// Amount, at least 1.
    #[serde(deserialize_with = "something")]
    #[cfg_attr(feature = "schema", schemars(extend("minimum" = 1)))]
    pub amount: Amount,
    /// Purpose, for the record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<Text>,
}

/// Takes money out, as far as it is available.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Withdraw {
    /// Amount, at least 1.
    #[serde(deserialize_with = "something")]
    #[cfg_attr(feature = "schema", schemars(extend("minimum" = 1)))]
    pub amount: Amount,
    /// Purpose, for the record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reference: Option<Text>,
}

/// Holds money for a payment, for some days. A repeat with the same content changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthorisePayment {
    /// The payment that it is held for.
    pub payment_id: Id,
    /// Amount.
    pub amount: Amount,
    /// The order that pays. Only an order sets it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<Id>,
    /// Instant from which on the account refuses. Never when left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer_by: Option<Timestamp>,
}

/// Takes the money that is held for a payment, or part of it: the rest is free again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CapturePayment {
    /// The payment that it is held for.
    pub payment_id: Id,
    /// Amount; the whole hold when left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub amount: Option<Amount>,
    /// The order that pays. Only an order sets it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<Id>,
}

/// Frees the money that is held for a payment. If there is no hold, nothing changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReleasePayment {
    /// The payment that it is held for.
    pub payment_id: Id,
    /// The order that was to pay. Only an order sets it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<Id>,
}

/// Frees a hold that has lasted too long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpirePayment {
    /// The payment that it is held for.
    pub payment_id: Id,
}

commands! {
    /// The commands of an account.
    pub enum AccountCommand {
        "OpenAccount" [creates] => Open(OpenAccount),
        "Deposit" => Deposit(Deposit),
        "Withdraw" => Withdraw(Withdraw),
        "AuthorisePayment" => Authorise(AuthorisePayment),
        "CapturePayment" => Capture(CapturePayment),
        "ReleasePayment" => Release(ReleasePayment),
        "ExpirePayment" [internal] => Expire(ExpirePayment),
    }
}

fn something<'de, D: Deserializer<'de>>(source: D) -> Result<Amount, D::Error> {
    let amount = Amount::deserialize(source)?;
    if amount.minor_units() > 0 { Ok(amount) } else { Err(D::Error::custom("an amount from 1")) }
}

/// Code of a currency as in ISO 4217: three capital letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Currency(#[cfg_attr(feature = "schema", schemars(pattern("^[A-Z]{3}$")))] String);

impl Currency {
    /// Reads a code.
    ///
    /// # Errors
    /// The text is not well formed; the error says what was expected.
    pub fn parse(text: impl Into<String>) -> Result<Self, &'static str> {
        let text = text.into();
        if text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase()) {
            Ok(Self(text))
        } else {
            Err("a code of ISO 4217, such as EUR")
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(source)?).map_err(D::Error::custom)
    }
}
