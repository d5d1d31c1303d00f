//! The state of an order, and how an event changes it.

use edgefold_flow::prelude::*;

use crate::{
    Order,
    commands::Line,
    events::{Event, OrderPlaced},
};

/// One customer's order of goods.
#[state]
pub struct State {
    /// Status.
    pub status: Status,
    /// Code of the refusal for which it was declined, or of the end of a payment for which it was cancelled.
    pub refusal: Option<Code>,
    /// Reason why it was cancelled by a caller.
    pub reason: Option<Text>,
    /// The customer.
    #[owner]
    pub customer_id: Subject,
    /// The account that pays.
    pub account_id: Id,
    /// The goods.
    pub lines: Vec<Line>,
    /// Total price, in minor units.
    pub total: Amount,
    /// Instant until which the account must have answered; null once nobody waits for it any more.
    pub confirm_by: Option<Timestamp>,
}

/// Status of an order.
#[state]
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

/// Code of an order that is declined because the account did not answer in time.
const NO_ANSWER: Code = Code::new("NO_ANSWER");

impl Reducer for Order {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Placed(placed) = event.clone() else { return None };
        let OrderPlaced { customer_id, account_id, lines, total, answer_by } = placed;
        Some(State {
            status: Status::Placed,
            refusal: None,
            reason: None,
            customer_id,
            account_id,
            lines,
            total,
            confirm_by: Some(answer_by),
        })
    }

    fn evolve(state: &mut State, event: &Event, _version: Version) {
        state.status = match event.clone() {
            Event::Placed(_) | Event::PaymentReturned(_) => return,
            Event::Accepted(_) => Status::Accepted,
            Event::Declined(declined) => {
                state.refusal = Some(declined.reason);
                Status::Declined
            }
            Event::TimedOut(_) => {
                state.refusal = Some(NO_ANSWER);
                Status::Declined
            }
            Event::ShipmentRequested(_) => Status::Shipping,
            Event::Shipped(_) => Status::Shipped,
            Event::Delivered(_) => Status::Delivered,
            Event::Cancelled(cancelled) => {
                state.reason = cancelled.reason;
                Status::Cancelled
            }
            Event::PaymentLost(lost) => {
                state.refusal = Some(lost.reason);
                Status::Cancelled
            }
        };
        state.confirm_by = None;
    }
}
