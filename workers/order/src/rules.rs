//! Every business rule of an order.

use edgefold_account::Account;
use edgefold_flow::prelude::*;

use crate::{
    Order,
    commands::{Command, PlaceOrder, Progress},
    events::{
        Event, OrderAccepted, OrderCancelled, OrderDeclined, OrderDelivered, OrderPlaced,
        OrderShipped, OrderTimedOut, PaymentLost, PaymentReturned, ShipmentRequested,
    },
    process::ANSWER_WITHIN_MS,
    state::{State, Status},
};

/// Why an order refuses.
#[refusals]
pub enum Refusal {
    /// The total of the order would be larger than an amount can be.
    TotalTooHigh,
    /// The customer has no such account.
    AccountUnknown,
    /// The order has ended already.
    OrderEnded,
    /// The goods are on their way.
    OrderShipped,
    /// No money is held for the order.
    NotAccepted,
    /// The goods have not left yet.
    NotShipped,
    /// The account has answered already.
    NotPlaced,
    /// The order is not SHIPPING.
    NotShipping,
}

impl Rules for Order {
    type Create = PlaceOrder;
    type Refusal = Refusal;

    /// Whether the account is there, and whose it is.
    fn rests_on(command: &Command) -> Vec<StreamId> {
        match command {
            Command::Place(place) => vec![Account::stream(&place.account_id)],
            _ => vec![],
        }
    }

    /// An account of somebody else is refused like one that does not exist: a customer learns nothing of others.
    fn begin(place: &PlaceOrder, context: &Context<'_>) -> Decision<Event> {
        let PlaceOrder { customer_id, account_id, lines } = place.clone();
        let account = context.known::<Account, _>(&account_id)?;
        if account.is_none_or(|account| account.owner_id != customer_id) {
            let detail = format!("customer {customer_id} has no account {account_id}");
            return refuse_with(Refusal::AccountUnknown, detail);
        }
        let total = place.total()?;
        let answer_by = context.now.plus_millis(i64::from(ANSWER_WITHIN_MS));
        happened(OrderPlaced { customer_id, account_id, lines, total, answer_by })
    }

    fn decide(state: &State, command: &Command, _context: &Context<'_>) -> Decision<Event> {
        let account_id = state.account_id.clone();
        match (command.clone(), state.status) {
            (Command::Place(_), _) => nothing(),
            (Command::Update(update), status) => progressed(account_id, update.status, status),
            (Command::Cancel(cancel), Status::Placed | Status::Accepted) => {
                happened(OrderCancelled { account_id, reason: cancel.reason })
            }
            (Command::Cancel(_), Status::Cancelled) => nothing(),
            (Command::Cancel(_), Status::Declined) => refuse(Refusal::OrderEnded),
            (Command::Cancel(_), _) => refuse(Refusal::OrderShipped),
            (Command::Accept(_), Status::Placed) => happened(OrderAccepted {}),
            (Command::Decline(decline), Status::Placed) => {
                happened(OrderDeclined { reason: decline.reason })
            }
            (Command::TimeOut(_), Status::Placed) => happened(OrderTimedOut { account_id }),
            (Command::Accept(_) | Command::Decline(_) | Command::TimeOut(_), _) => {
                refuse(Refusal::NotPlaced)
            }
            (Command::Ship(_), Status::Shipping) => happened(OrderShipped {}),
            (Command::Ship(_), _) => refuse(Refusal::NotShipping),
            (Command::Lose(lose), Status::Accepted | Status::Shipping) => {
                happened(PaymentLost { reason: lose.reason })
            }
            (Command::Lose(_), _) => refuse(Refusal::NotAccepted),
            (Command::ReturnPayment(_), _) => happened(PaymentReturned { account_id }),
        }
    }
}

/// The goods leave when they are paid, not before: shipping is a request, and the account's payment fulfils it.
fn progressed(account_id: Id, progress: Progress, status: Status) -> Decision<Event> {
    match (progress, status) {
        (_, Status::Declined | Status::Cancelled) => refuse(Refusal::OrderEnded),
        (Progress::Shipped, Status::Accepted) => happened(ShipmentRequested { account_id }),
        (Progress::Shipped, Status::Placed) => refuse(Refusal::NotAccepted),
        (Progress::Delivered, Status::Shipped) => happened(OrderDelivered {}),
        (Progress::Delivered, Status::Placed | Status::Accepted | Status::Shipping) => {
            refuse(Refusal::NotShipped)
        }
        (Progress::Shipped, Status::Shipping | Status::Shipped | Status::Delivered)
        | (Progress::Delivered, Status::Delivered) => nothing(),
    }
}
