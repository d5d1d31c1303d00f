//! The events of an order. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_kernel::{Amount, Id, Subject, Text, Timestamp, event::no_upcast, events};
use serde::{Deserialize, Serialize};

use crate::commands::Line;

/// Goods are ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderPlaced {
    /// The customer.
    pub customer_id: Subject,
    /// The account that pays.
    pub account_id: Id,
    /// The goods.
    pub lines: Vec<Line>,
    /// Total price.
    pub total: Amount,
    /// Instant until which the account must have answered.
    pub answer_by: Timestamp,
}

/// The account holds the money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderAccepted {}

/// The account refused to hold the money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderDeclined {
    /// Code of the account's refusal.
    pub reason: String,
}

/// Reason of an order that is declined because the account did not answer in time.
pub const NO_ANSWER: &str = "NO_ANSWER";

/// The account did not answer in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderTimedOut {
    /// The account, which is to release the money, should it hold it.
    pub account_id: Id,
}

/// The goods are to leave: the account is to pay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShipmentRequested {
    /// The account that pays.
    pub account_id: Id,
}

/// The account has paid, and the goods have left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderShipped {}

/// The goods have arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderDelivered {}

/// The order was given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderCancelled {
    /// The account, which is to release the money.
    pub account_id: Id,
    /// Reason.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Text>,
}

/// The account held the money no more before it was captured: that is the end of the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentLost {
    /// End of the payment.
    pub reason: String,
}

/// The money was held too late and is given back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentReturned {
    /// The account, which is to release the money.
    pub account_id: Id,
}

events! {
    /// The events of an order.
    pub enum OrderEvent upcast no_upcast {
        "OrderPlaced" v 1 => Placed(OrderPlaced),
        "OrderAccepted" v 1 => Accepted(OrderAccepted),
        "OrderDeclined" v 1 => Declined(OrderDeclined),
        "OrderTimedOut" v 1 => TimedOut(OrderTimedOut),
        "ShipmentRequested" v 1 => ShipmentRequested(ShipmentRequested),
        "OrderShipped" v 1 => Shipped(OrderShipped),
        "OrderDelivered" v 1 => Delivered(OrderDelivered),
        "OrderCancelled" v 1 => Cancelled(OrderCancelled),
        "PaymentLost" v 1 => PaymentLost(PaymentLost),
        "PaymentReturned" v 1 => PaymentReturned(PaymentReturned),
    }
}
