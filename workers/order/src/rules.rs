//! Every business rule of an order.

use edgefold_account::Account;
use edgefold_kernel::{Aggregate, Context, Decision, Rejection, StreamId};

use crate::{
    commands::{CancelOrder, OrderCommand, PlaceOrder, Progress},
    events::{
        OrderAccepted, OrderCancelled, OrderDeclined, OrderDelivered, OrderEvent, OrderPlaced,
        OrderShipped, OrderTimedOut, PaymentLost, PaymentReturned, ShipmentRequested,
    },
    process::ANSWER_WITHIN_MS,
    reducer::{OrderState, State, Status},
};

/// The decision to place an order needs the copy of the account's stream.
pub fn rests_on(command: &OrderCommand) -> Vec<StreamId> {
    match command {
        OrderCommand::Place(place) => vec![StreamId::new(Account::TYPE, place.account_id.clone())],
        _ => Vec::new(),
    }
}

/// Decides a command.
///
/// # Errors
/// `ORDER_EXISTS`, `ORDER_UNKNOWN`, `ACCOUNT_UNKNOWN`, `ORDER_ENDED`, `ORDER_SHIPPED`, `NOT_ACCEPTED`, `NOT_SHIPPED`,
/// `NOT_PLACED` or `NOT_SHIPPING`.
pub fn decide(
    state: &State,
    command: &OrderCommand,
    context: &Context<'_>,
) -> Decision<OrderEvent> {
    let order = match (command, state) {
        (OrderCommand::Place(_), Some(_)) => {
            return Err(Rejection::rule("ORDER_EXISTS", "the order exists already").into());
        }
        (OrderCommand::Place(place), None) => return placed(place, context),
        (_, None) => return Err(Rejection::rule("ORDER_UNKNOWN", "there is no such order").into()),
        (_, Some(order)) => order,
    };
    let account_id = order.account_id.clone();
    let only = |status, refusal: Rejection, event: OrderEvent| {
        if order.status == status { Ok(vec![event]) } else { Err(refusal) }
    };
    let not_placed = || Rejection::rule("NOT_PLACED", "the account has answered already");
    let events = match command {
        OrderCommand::Place(_) => vec![],
        OrderCommand::Update(update) => progressed(order, update.status)?,
        OrderCommand::Cancel(cancel) => cancelled(order, cancel)?,
        OrderCommand::Accept(_) => only(Status::Placed, not_placed(), OrderAccepted {}.into())?,
        OrderCommand::Decline(decline) => {
            let declined = OrderDeclined { reason: decline.reason.clone() };
            only(Status::Placed, not_placed(), declined.into())?
        }
        OrderCommand::TimeOut(_) => {
            only(Status::Placed, not_placed(), OrderTimedOut { account_id }.into())?
        }
        OrderCommand::Ship(_) => {
            let refusal = Rejection::rule("NOT_SHIPPING", "the order is not SHIPPING");
            only(Status::Shipping, refusal, OrderShipped {}.into())?
        }
        OrderCommand::Lose(lose) => match order.status {
            Status::Accepted | Status::Shipping => {
                vec![PaymentLost { reason: lose.reason.clone() }.into()]
            }
            _ => {
                return Err(
                    Rejection::rule("NOT_ACCEPTED", "no money is held for the order").into()
                );
            }
        },
        OrderCommand::ReturnPayment(_) => vec![PaymentReturned { account_id }.into()],
    };
    Ok(events)
}

/// An account of somebody else is refused like one that does not exist: a customer learns nothing of others.
fn placed(place: &PlaceOrder, context: &Context<'_>) -> Decision<OrderEvent> {
    let PlaceOrder { customer_id, account_id, lines } = place.clone();
    let account = context.foreign.state::<Account>(&account_id)?.flatten();
    if account.is_none_or(|account| account.owner_id != customer_id) {
        let detail = format!("customer {customer_id} has no account {account_id}");
        return Err(Rejection::rule("ACCOUNT_UNKNOWN", detail).into());
    }
    let total = place.total()?;
    let answer_by = context.now.plus_millis(i64::from(ANSWER_WITHIN_MS));
    Ok(vec![OrderPlaced { customer_id, account_id, lines, total, answer_by }.into()])
}

/// The goods leave when they are paid, not before: shipping is a request, and the account's payment fulfils it.
fn progressed(order: &OrderState, progress: Progress) -> Result<Vec<OrderEvent>, Rejection> {
    let event = match (progress, order.status) {
        (_, Status::Declined | Status::Cancelled) => return Err(ended()),
        (Progress::Shipped, Status::Accepted) => {
            ShipmentRequested { account_id: order.account_id.clone() }.into()
        }
        (Progress::Shipped, Status::Placed) => {
            return Err(Rejection::rule("NOT_ACCEPTED", "no money is held for the order yet"));
        }
        (Progress::Delivered, Status::Shipped) => OrderDelivered {}.into(),
        (Progress::Delivered, Status::Placed | Status::Accepted | Status::Shipping) => {
            return Err(Rejection::rule("NOT_SHIPPED", "the goods have not left yet"));
        }
        (Progress::Shipped, Status::Shipping | Status::Shipped | Status::Delivered)
        | (Progress::Delivered, Status::Delivered) => return Ok(vec![]),
    };
    Ok(vec![event])
}

fn cancelled(order: &OrderState, cancel: &CancelOrder) -> Result<Vec<OrderEvent>, Rejection> {
    match order.status {
        Status::Placed | Status::Accepted => {
            let (account_id, reason) = (order.account_id.clone(), cancel.reason.clone());
            Ok(vec![OrderCancelled { account_id, reason }.into()])
        }
        Status::Cancelled => Ok(vec![]),
        Status::Shipping | Status::Shipped | Status::Delivered => {
            Err(Rejection::rule("ORDER_SHIPPED", "the goods are on their way"))
        }
        Status::Declined => Err(ended()),
    }
}

fn ended() -> Rejection {
    Rejection::rule("ORDER_ENDED", "the order has ended already")
}
