//! Every business rule of an order.

use edgefold_account::Account;
use edgefold_catalogue::{Catalogue, state::State as Catalogued};
use edgefold_flow::prelude::*;

use crate::{
    Order,
    commands::{Command, Line, PlaceOrder, Progress},
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
    /// The catalogue has no such article.
    ArticleUnknown,
    /// The catalogue has another price for the article.
    PriceDiffers,
    /// The account is not in the currency of the catalogue.
    CurrencyDiffers,
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

    /// Whether the account is there, and whose it is; and the prices, for whoever may not name any.
    fn rests_on(command: &Command, by: Option<&Principal>) -> Vec<StreamId> {
        let Command::Place(place) = command else { return vec![] };
        let account = Account::stream(&place.account_id);
        match names_prices(by) {
            true => vec![account],
            false => vec![account, Catalogue::stream(&Catalogue::main())],
        }
    }

    /// An account of somebody else is refused like one that does not exist: a customer learns nothing of others.
    fn begin(place: &PlaceOrder, context: &Context<'_>) -> Decision<Event> {
        let PlaceOrder { customer_id, account_id, lines } = place.clone();
        let account = context.known::<Account, _>(&account_id)?;
        let Some(account) = account.filter(|account| account.owner_id == customer_id) else {
            let detail = format!("customer {customer_id} has no account {account_id}");
            return refuse_with(Refusal::AccountUnknown, detail);
        };
        if !names_prices(context.by) {
            let catalogue = context.known::<Catalogue, _>(&Catalogue::main())?;
            check_prices(&lines, &account.currency, catalogue.as_ref())?;
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

/// The staff sells at any price: by telephone, with a rebate. Customers pay what the catalogue says.
fn names_prices(by: Option<&Principal>) -> bool {
    by.is_none_or(|by| Order::REACH.acts_for_all(by))
}

/// The prices are those of the catalogue, in its currency: 1,000 yen are not 1,000 cents.
fn check_prices(
    lines: &[Line],
    currency: &Currency,
    catalogue: Option<&Catalogued>,
) -> Result<(), Rejection> {
    for (index, Line { sku, unit_price, .. }) in lines.iter().enumerate() {
        let field = |name| format!("payload.lines[{index}].{name}");
        match catalogue.and_then(|catalogue| catalogue.price(sku)) {
            None => {
                let detail = format!("the catalogue has no article {sku}");
                return refuse_field(Refusal::ArticleUnknown, field("sku"), detail);
            }
            Some(price) if price != *unit_price => {
                let [price, got] = [price, *unit_price].map(Amount::minor_units);
                let detail = format!("the price of {sku} is {price}, got {got}");
                return refuse_field(Refusal::PriceDiffers, field("unitPrice"), detail);
            }
            Some(_) => {}
        }
    }
    match catalogue.map(|catalogue| catalogue.currency.as_str()) {
        Some(wanted) if wanted != currency.as_str() => {
            let got = currency.as_str();
            let detail =
                format!("the prices are in {wanted}, the money of the account is in {got}");
            refuse_field(Refusal::CurrencyDiffers, "payload.accountId", detail)
        }
        _ => Ok(()),
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
