//! The process of an order: its requests to the account, and its reactions to the answers.
//!
//! | status | asks the account to | and then |
//! |---|---|---|
//! | PLACED | authorise | ACCEPTED; DECLINED when it refuses, or does not answer in time |
//! | SHIPPING | capture | SHIPPED; CANCELLED when the money was held for too long |
//! | CANCELLED, DECLINED | release | an authorisation that comes later is released too |
//!
//! A refused capture is not an answer. The account's event that ended the authorisation comes too, after the
//! authorisation and exactly once: only that event says whether the money went out.
//!
//! An authorisation says until when the order waits for it, and the account refuses it from then on. So one that is sent
//! again after days, when the account has forgotten it, never holds the money a second time.

use edgefold_account::{
    Account, AccountEvent,
    commands::{AuthorisePayment, CapturePayment, ReleasePayment},
};
use edgefold_flow::{Due, Errand, participant::Refused};
use edgefold_kernel::{Envelope, Fault, Id};

use crate::{
    commands::{
        AcceptOrder, DeclineOrder, LosePayment, OrderCommand, ReturnPayment, ShipOrder,
        TimeOutOrder,
    },
    events::OrderEvent,
    reducer::{State, Status},
};

/// Milliseconds that the account has to answer. Its answer takes two passes through the queue, well under a second each
/// when all is well; a minute also covers a few retries.
pub const ANSWER_WITHIN_MS: u32 = 60_000;

/// The requests to the account that follow from an event. The payment has the id of the order.
pub fn errands(id: &Id, event: &OrderEvent) -> Vec<Errand> {
    let (payment_id, order_id) = (id.clone(), Some(id.clone()));
    match event {
        OrderEvent::Placed(placed) => {
            let (amount, answer_by) = (placed.total, Some(placed.answer_by));
            let authorise = AuthorisePayment { payment_id, amount, order_id, answer_by };
            vec![Errand::to::<Account>(placed.account_id.clone(), authorise)]
        }
        OrderEvent::ShipmentRequested(requested) => {
            let capture = CapturePayment { payment_id, amount: None, order_id };
            vec![Errand::to::<Account>(requested.account_id.clone(), capture)]
        }
        OrderEvent::Cancelled(cancelled) => vec![release(id, &cancelled.account_id)],
        OrderEvent::TimedOut(timed_out) => vec![release(id, &timed_out.account_id)],
        OrderEvent::PaymentReturned(returned) => vec![release(id, &returned.account_id)],
        OrderEvent::Accepted(_)
        | OrderEvent::Declined(_)
        | OrderEvent::Shipped(_)
        | OrderEvent::Delivered(_)
        | OrderEvent::PaymentLost(_) => vec![],
    }
}

fn release(id: &Id, account_id: &Id) -> Errand {
    let release = ReleasePayment { payment_id: id.clone(), order_id: Some(id.clone()) };
    Errand::to::<Account>(account_id.clone(), release)
}

/// The reaction to an event of the account about the order's payment.
///
/// # Errors
/// Fails if the event cannot be read.
pub fn on_foreign(state: &State, event: &Envelope) -> Result<Vec<OrderCommand>, Fault> {
    let Some(order) = state else { return Ok(vec![]) };
    let lost = |reason: &str| vec![LosePayment { reason: reason.to_owned() }.into()];
    Ok(match (event.read::<AccountEvent>()?, order.status) {
        (AccountEvent::Authorised(_), Status::Placed) => vec![AcceptOrder {}.into()],
        (AccountEvent::Authorised(_), status) if status.has_no_hold() => {
            vec![ReturnPayment {}.into()]
        }
        (AccountEvent::Captured(_), Status::Shipping) => vec![ShipOrder {}.into()],
        (AccountEvent::Expired(_), Status::Accepted | Status::Shipping) => lost("PAYMENT_EXPIRED"),
        (AccountEvent::Released(_), Status::Accepted | Status::Shipping) => {
            lost("PAYMENT_RELEASED")
        }
        _ => vec![],
    })
}

/// The reaction to a refused hold. Other refusals change nothing: there is nothing left to release, and the account's
/// own event tells the end of a payment that cannot be captured.
pub fn on_refused(refused: &Refused) -> Vec<OrderCommand> {
    match refused.name.as_str() {
        "AuthorisePayment" => {
            vec![DeclineOrder { reason: refused.rejection.code.to_string() }.into()]
        }
        _ => vec![],
    }
}

/// An order waits for the account's answer, but not for ever. Once it is accepted it needs no deadline of its own: the
/// authorisation has one.
pub fn deadline(state: &State) -> Option<Due<OrderCommand>> {
    let placed = state.as_ref().filter(|order| order.status == Status::Placed)?;
    // `OrderPlaced` begins the stream.
    Some(Due { at: placed.answer_by, command: TimeOutOrder {}.into(), set_by: 1 })
}
