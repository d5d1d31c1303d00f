//! The commands of an order, with the checks of their shape.

use edgefold_kernel::{Amount, Id, Rejection, Subject, Text, commands, limits};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// Orders goods, to be paid from an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlaceOrder {
    /// The customer.
    pub customer_id: Subject,
    /// The account that pays. It is the customer's own.
    pub account_id: Id,
    /// The goods, 1 to 100 lines.
    #[serde(deserialize_with = "lines")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = LINES)))]
    pub lines: Vec<Line>,
}

/// A quantity of one article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Line {
    /// The article, by the seller's numbering.
    pub sku: Id,
    /// Quantity, 1 to 1,000,000.
    #[serde(deserialize_with = "quantity")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = QUANTITY)))]
    pub quantity: u32,
    /// Price of one piece, in minor units.
    pub unit_price: Amount,
}

/// Reports the progress of the goods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UpdateOrderStatus {
    /// The progress.
    pub status: Progress,
}

/// Progress of the goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Progress {
    /// They leave as soon as they are paid.
    Shipped,
    /// They have arrived.
    Delivered,
}

/// Cancels the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CancelOrder {
    /// Reason, for the record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Text>,
}

/// The account holds the money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AcceptOrder {}

/// The account refused to hold the money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeclineOrder {
    /// Code of the account's refusal.
    pub reason: String,
}

/// The account did not answer in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimeOutOrder {}

/// The account has paid: the goods leave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShipOrder {}

/// The account holds the money no more, before it was captured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LosePayment {
    /// End of the payment: `PAYMENT_EXPIRED` or `PAYMENT_RELEASED`.
    pub reason: String,
}

/// The account holds money that is not wanted any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReturnPayment {}

commands! {
    /// The commands of an order.
    pub enum OrderCommand {
        "PlaceOrder" [creates, checked] => Place(PlaceOrder),
        "UpdateOrderStatus" => Update(UpdateOrderStatus),
        "CancelOrder" => Cancel(CancelOrder),
        "AcceptOrder" [internal] => Accept(AcceptOrder),
        "DeclineOrder" [internal] => Decline(DeclineOrder),
        "TimeOutOrder" [internal] => TimeOut(TimeOutOrder),
        "ShipOrder" [internal] => Ship(ShipOrder),
        "LosePayment" [internal] => Lose(LosePayment),
        "ReturnPayment" [internal] => ReturnPayment(ReturnPayment),
    }
}

impl PlaceOrder {
    /// Total price of all lines, in minor units.
    ///
    /// # Errors
    /// `TOTAL_TOO_HIGH` above the largest amount.
    pub fn total(&self) -> Result<Amount, Rejection> {
        let too_high = || {
            let detail =
                format!("the total of an order may be at most {} minor units", limits::AMOUNT_MAX);
            Rejection::shape("TOTAL_TOO_HIGH", "payload.lines", detail)
        };
        let total = self.lines.iter().try_fold(0_i64, |total, line| {
            let cost = line.unit_price.minor_units().checked_mul(i64::from(line.quantity))?;
            total.checked_add(cost)
        });
        total.and_then(|total| Amount::parse(total).ok()).ok_or_else(too_high)
    }

    fn check(&self) -> Result<(), Rejection> {
        self.total().map(drop)
    }
}

/// Most lines of an order: with the longest ids they are 25 KB of an event's 127.
const LINES: usize = 100;

/// Largest quantity of one article.
const QUANTITY: u32 = 1_000_000;

fn lines<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Line>, D::Error> {
    let lines = Vec::<Line>::deserialize(source)?;
    match lines.len() {
        1..=LINES => Ok(lines),
        _ => Err(D::Error::custom("1 to 100 lines")),
    }
}

fn quantity<'de, D: Deserializer<'de>>(source: D) -> Result<u32, D::Error> {
    match u32::deserialize(source)? {
        quantity @ 1..=QUANTITY => Ok(quantity),
        _ => Err(D::Error::custom("a quantity from 1 to 1000000")),
    }
}
