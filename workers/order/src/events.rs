//! The events of an order. **Names and fields are the storage format**: they never change, they get new versions.

use edgefold_flow::prelude::*;

use crate::commands::Line;

events! {
    /// The events of an order.
    pub enum Event {
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

/// Goods are ordered.
#[event]
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
#[event]
pub struct OrderAccepted {}

/// The account refused to hold the money.
#[event]
pub struct OrderDeclined {
    /// Code of the account's refusal.
    pub reason: Code,
}

/// The account did not answer in time.
#[event]
pub struct OrderTimedOut {
    /// The account, which is to release the money, should it hold it.
    pub account_id: Id,
}

/// The goods are to leave: the account is to pay.
#[event]
pub struct ShipmentRequested {
    /// The account that pays.
    pub account_id: Id,
}

/// The account has paid, and the goods have left.
#[event]
pub struct OrderShipped {}

/// The goods have arrived.
#[event]
pub struct OrderDelivered {}

/// The order was cancelled.
#[event]
pub struct OrderCancelled {
    /// The account, which is to release the money.
    pub account_id: Id,
    /// Reason.
    pub reason: Option<Text>,
}

/// The account held the money no more before it was captured: that is the end of the order.
#[event]
pub struct PaymentLost {
    /// End of the payment.
    pub reason: Code,
}

/// The money was held too late and is given back.
#[event]
pub struct PaymentReturned {
    /// The account, which is to release the money.
    pub account_id: Id,
}
