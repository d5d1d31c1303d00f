//! The state of an order, and how an event changes it.

use edgefold_kernel::{Amount, Id, Subject, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    commands::Line,
    events::{NO_ANSWER, OrderEvent},
};

/// `None` until the order was placed.
pub type State = Option<OrderState>;

/// An order that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderState {
    /// Status.
    pub status: Status,
    /// Reason why it was declined (a code) or cancelled (a text, or a code when the payment was lost).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
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

/// Status of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// The account was asked to hold the money.
    Placed,
    /// The account holds the money.
    Accepted,
    /// The goods are to leave, and the account was asked to pay.
    Shipping,
    /// The account has paid, and the goods have left.
    Shipped,
    /// The goods have arrived.
    Delivered,
    /// The account refused, or did not answer in time.
    Declined,
    /// Cancelled by a caller, or the payment was lost before the goods left.
    Cancelled,
}

impl Status {
    /// True if no money should be held for it any more.
    pub fn has_no_hold(self) -> bool {
        matches!(self, Self::Shipped | Self::Delivered | Self::Declined | Self::Cancelled)
    }
}

/// Changes the state as the event says.
pub fn evolve(state: &mut State, event: &OrderEvent) {
    if let OrderEvent::Placed(placed) = event {
        *state = Some(OrderState {
            status: Status::Placed,
            reason: None,
            customer_id: placed.customer_id.clone(),
            account_id: placed.account_id.clone(),
            lines: placed.lines.clone(),
            total: placed.total,
            answer_by: placed.answer_by,
        });
    }
    let Some(order) = state else { return };
    let (status, reason) = match event {
        OrderEvent::Placed(_) | OrderEvent::PaymentReturned(_) => return,
        OrderEvent::Accepted(_) => (Status::Accepted, None),
        OrderEvent::Declined(declined) => (Status::Declined, Some(declined.reason.clone())),
        OrderEvent::TimedOut(_) => (Status::Declined, Some(NO_ANSWER.to_owned())),
        OrderEvent::ShipmentRequested(_) => (Status::Shipping, None),
        OrderEvent::Shipped(_) => (Status::Shipped, None),
        OrderEvent::Delivered(_) => (Status::Delivered, None),
        OrderEvent::Cancelled(cancelled) => {
            (Status::Cancelled, cancelled.reason.as_ref().map(ToString::to_string))
        }
        OrderEvent::PaymentLost(lost) => (Status::Cancelled, Some(lost.reason.clone())),
    };
    (order.status, order.reason) = (status, reason);
}
