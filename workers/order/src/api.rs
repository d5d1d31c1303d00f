//! Orders in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::{
    graphql::{
        Amount, Arguments, CommandResult, Connection, DateTime, List, MinVersion, StateAt,
        Subscribed, Update, Which, eq, named, one, page, send, subscribe, subscribe_all,
    },
    participant::Condition,
};
use serde::Serialize;
use serde_json::json;

use crate::{commands::Line, reducer};

/// One customer's order of goods.
#[derive(SimpleObject)]
#[graphql(name = "Order")]
pub struct OrderView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// Status.
    status: OrderStatus,
    /// Reason why it was declined (a code) or cancelled (a text, or a code when the payment was lost).
    reason: Option<String>,
    /// The customer.
    customer_id: ID,
    /// The account that pays.
    account_id: ID,
    /// The goods.
    lines: Vec<OrderLine>,
    /// Total price, in minor units.
    total: Amount,
    /// Instant at which it was placed.
    placed_at: DateTime,
}

/// A quantity of one article.
#[derive(SimpleObject)]
pub struct OrderLine {
    /// The article, by the seller's numbering.
    sku: ID,
    /// Quantity.
    quantity: i32,
    /// Price of one piece, in minor units.
    unit_price: Amount,
}

impl OrderLine {
    fn of(line: &Line) -> Option<Self> {
        let quantity = i32::try_from(line.quantity).ok()?;
        let unit_price = Amount(line.unit_price.minor_units());
        Some(Self { sku: line.sku.as_str().into(), quantity, unit_price })
    }
}

/// Status of an order.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrderStatus {
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

/// Progress of the goods.
#[derive(Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OrderProgress {
    /// They leave as soon as they are paid.
    Shipped,
    /// They have arrived.
    Delivered,
}

/// Goods to be ordered.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrderInput {
    /// The customer.
    customer_id: ID,
    /// The account that pays. It is the customer's own.
    account_id: ID,
    /// The goods, 1 to 100 lines.
    lines: Vec<OrderLineInput>,
}

/// A quantity of one article.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderLineInput {
    /// The article, by the seller's numbering.
    sku: ID,
    /// Quantity, 1 to 1,000,000.
    quantity: i32,
    /// Price of one piece, in minor units.
    unit_price: Amount,
}

/// The order of a list of orders. Each order is by something that never changes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum OrderOrderBy {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// By total price, the highest first.
    HighestTotal,
    /// By total price, the lowest first.
    LowestTotal,
}

/// The orders of a list: those that match every condition.
#[derive(Default, InputObject)]
pub struct OrderFilter {
    /// Orders of this customer.
    customer_id: Option<ID>,
    /// Those that this account pays.
    account_id: Option<ID>,
    /// Those with this status.
    status: Option<OrderStatus>,
}

/// Queries about orders.
#[derive(Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// An order; null when there is none. At most one of the two arguments besides `id` may be given.
    async fn order(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The state at this version.")] at_version: Option<i32>,
        #[graphql(desc = "The state at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<OrderView>> {
        one::<crate::Order, _>(context, &id, Which { at_version, at }, view).await.transpose()
    }

    /// Orders, in the order that is asked for.
    async fn orders(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<OrderFilter>,
        #[graphql(desc = "The order of the list.", default)] order_by: OrderOrderBy,
        #[graphql(desc = "Number of rows, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "The list shows these versions, or later ones: it waits up to 2 s. At most 10, of the type of its rows."
        )]
        min_version: Option<Vec<MinVersion>>,
    ) -> Result<Connection<OrderView>> {
        let list = List { order_by, filter: wanted(filter)?, first, after, min_version };
        page::<crate::Order, _>(context, list, view).await
    }
}

/// The conditions of a filter.
fn wanted(filter: Option<OrderFilter>) -> Result<Vec<Option<Condition>>> {
    let filter = filter.unwrap_or_default();
    Ok(vec![
        eq("customerId", filter.customer_id),
        eq("accountId", filter.account_id),
        eq("status", named(filter.status)),
    ])
}

fn view(at: StateAt<reducer::State>) -> Option<OrderView> {
    let order = at.state?;
    Some(OrderView {
        id: at.id,
        version: at.version,
        status: match order.status {
            reducer::Status::Placed => OrderStatus::Placed,
            reducer::Status::Accepted => OrderStatus::Accepted,
            reducer::Status::Shipping => OrderStatus::Shipping,
            reducer::Status::Shipped => OrderStatus::Shipped,
            reducer::Status::Delivered => OrderStatus::Delivered,
            reducer::Status::Declined => OrderStatus::Declined,
            reducer::Status::Cancelled => OrderStatus::Cancelled,
        },
        reason: order.reason,
        customer_id: order.customer_id.as_str().into(),
        account_id: order.account_id.as_str().into(),
        lines: order.lines.iter().map(OrderLine::of).collect::<Option<_>>()?,
        total: Amount(order.total.minor_units()),
        placed_at: at.began,
    })
}

/// Mutations of orders.
#[derive(Default)]
pub struct OrderMutation;

#[Object]
impl OrderMutation {
    /// Orders goods. Accepted means PLACED: ACCEPTED or DECLINED follows when the account has answered, DECLINED with the
    /// reason NO_ANSWER when it does not within `confirmWithinMs`.
    async fn place_order(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier of the new order; made up when left out.")] id: Option<ID>,
        #[graphql(desc = "The input of the command.")] input: PlaceOrderInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id, command_id, expected_version };
        send::<crate::Order>(context, "PlaceOrder", input, arguments).await
    }

    /// Reports the progress of the goods. SHIPPED is a request: the order is SHIPPING until the account has paid, and
    /// SHIPPED then; CANCELLED when the money is held no more.
    async fn update_order_status(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The progress.")] status: OrderProgress,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Order>(context, "UpdateOrderStatus", json!({"status": status}), arguments)
            .await
    }

    /// Cancels an order and frees the money. Refused once it is SHIPPING.
    async fn cancel_order(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Why, for the record; 1 to 500 characters.")] reason: Option<String>,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let payload = reason.map_or_else(|| json!({}), |reason| json!({"reason": reason}));
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Order>(context, "CancelOrder", payload, arguments).await
    }
}

/// Something that happened to an order.
#[derive(SimpleObject)]
pub struct OrderUpdate {
    #[graphql(flatten)]
    update: Update,
    /// The order after it; null where it has left, and where nothing but `caughtUp` comes.
    order: Option<OrderView>,
}

fn update(update: Update, state: Option<StateAt<reducer::State>>) -> OrderUpdate {
    OrderUpdate { update, order: state.and_then(view) }
}

/// Subscriptions to orders.
#[derive(Default)]
pub struct OrderSubscription;

#[Subscription]
impl OrderSubscription {
    /// The events of an order, in order, each once: everything after the cursor, then live. ACCEPTED or DECLINED comes
    /// when the account has answered, DECLINED with the reason NO_ANSWER when it has not in time.
    async fn order(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<OrderUpdate>> {
        subscribe::<crate::Order, _>(context, &id, after, update)
    }
    /// The events of the orders that a list with this filter holds, from now on or after the cursor: each once, in the order
    /// of the journal, with its row. One that the filter holds no more comes as `left`.
    async fn orders(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<OrderFilter>,
        #[graphql(
            desc = "Where it begins: `updatesCursor` of a list or a cursor of this field, `0` for everything; from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<OrderUpdate>> {
        subscribe_all::<crate::Order, _>(context, wanted(filter)?, after, update)
    }
}
