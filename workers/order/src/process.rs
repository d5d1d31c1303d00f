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
    Account,
    commands::{AuthorisePayment, CapturePayment, ReleasePayment},
    events::Event as AccountEvent,
};
use edgefold_flow::prelude::*;

use crate::{
    Order,
    commands::{
        AcceptOrder, Command, DeclineOrder, LosePayment, ReturnPayment, ShipOrder, TimeOutOrder,
    },
    events::Event,
    state::{State, Status},
};

/// Milliseconds that the account has to answer. Its answer takes two passes through the queue, well under a second each
/// when all is well; a minute also covers a few retries.
pub const ANSWER_WITHIN_MS: u32 = 60_000;

impl Process for Order {
    /// Events about an order's payment go to that order. A payment that no order made names none, and its events go nowhere.
    const ROUTES: &'static [Route] = &[
        Route::to_field::<Account>("PaymentAuthorised", "orderId"),
        Route::to_field::<Account>("PaymentCaptured", "orderId"),
        Route::to_field::<Account>("PaymentReleased", "orderId"),
        Route::to_field::<Account>("PaymentExpired", "orderId"),
    ];

    /// The payment has the id of the order.
    fn errands(id: &Id, event: &Event) -> Vec<Errand> {
        let (payment_id, order_id) = (id.clone(), Some(id.clone()));
        match event {
            Event::Placed(placed) => {
                let (amount, answer_by) = (placed.total, Some(placed.answer_by));
                let authorise = AuthorisePayment { payment_id, amount, order_id, answer_by };
                vec![Errand::to::<Account>(&placed.account_id, authorise)]
            }
            Event::ShipmentRequested(requested) => {
                let capture = CapturePayment { payment_id, amount: None, order_id };
                vec![Errand::to::<Account>(&requested.account_id, capture)]
            }
            Event::Cancelled(cancelled) => vec![release(id, &cancelled.account_id)],
            Event::TimedOut(timed_out) => vec![release(id, &timed_out.account_id)],
            Event::PaymentReturned(returned) => vec![release(id, &returned.account_id)],
            Event::Accepted(_)
            | Event::Declined(_)
            | Event::Shipped(_)
            | Event::Delivered(_)
            | Event::PaymentLost(_) => vec![],
        }
    }

    fn on_foreign(state: &State, event: &Envelope) -> Result<Vec<Command>, Fault> {
        let lost = |reason| vec![LosePayment { reason: Code::new(reason) }.into()];
        Ok(match (event.read::<AccountEvent>()?, state.status) {
            (AccountEvent::Authorised(_), Status::Placed) => vec![AcceptOrder {}.into()],
            (AccountEvent::Authorised(_), status) if status.has_no_hold() => {
                vec![ReturnPayment {}.into()]
            }
            (AccountEvent::Captured(_), Status::Shipping) => vec![ShipOrder {}.into()],
            (AccountEvent::Expired(_), Status::Accepted | Status::Shipping) => {
                lost("PAYMENT_EXPIRED")
            }
            (AccountEvent::Released(_), Status::Accepted | Status::Shipping) => {
                lost("PAYMENT_RELEASED")
            }
            _ => vec![],
        })
    }

    /// A refused hold declines. Other refusals change nothing: there is nothing left to release, and the account's own event
    /// tells the end of a payment that cannot be captured.
    fn on_refused(_state: &State, refused: &Refused) -> Vec<Command> {
        match refused.name.as_str() {
            "AuthorisePayment" => vec![DeclineOrder { reason: refused.code() }.into()],
            _ => vec![],
        }
    }

    /// An order waits for the account's answer, but not for ever. Once it is accepted it needs no deadline of its own: the
    /// authorisation has one.
    fn deadline(_id: &Id, state: &State) -> Option<Due<Command>> {
        // `OrderPlaced` begins the stream.
        state.confirm_by.map(|at| Due { at, command: TimeOutOrder {}.into(), set_by: 1 })
    }
}

fn release(id: &Id, account_id: &Id) -> Errand {
    let release = ReleasePayment { payment_id: id.clone(), order_id: Some(id.clone()) };
    Errand::to::<Account>(account_id, release)
}
