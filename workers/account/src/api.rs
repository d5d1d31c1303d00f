//! Accounts in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::{
    graphql::{
        Amount, Arguments, CommandResult, Connection, DateTime, List, MinVersion, StateAt,
        Subscribed, Update, Which, eq, one, page, send, subscribe, subscribe_all,
    },
    participant::Condition,
};
use serde::Serialize;
use serde_json::json;

use crate::reducer;

/// The money of one owner in one currency.
#[derive(SimpleObject)]
#[graphql(name = "Account")]
pub struct AccountView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// The owner.
    owner_id: ID,
    /// Currency of its amounts, as an ISO 4217 code.
    currency: String,
    /// Amount by which its balance may go below zero.
    overdraft_limit: Amount,
    /// Deposits minus withdrawals and captured payments. Negative when it is overdrawn.
    balance: Amount,
    /// Amount that may be withdrawn or held: balance plus overdraft limit, minus holds.
    available: Amount,
    /// Total of the holds for payments.
    held: Amount,
    /// Number of payments for which money is held.
    holds: i32,
    /// Instant at which it was opened.
    opened_at: DateTime,
}

/// An account to be opened.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenAccountInput {
    /// The owner.
    owner_id: ID,
    /// Currency of its amounts, as an ISO 4217 code such as EUR.
    currency: String,
    /// Amount by which its balance may go below zero.
    overdraft_limit: Amount,
}

/// Money that comes in or goes out.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryInput {
    /// Amount, at least 1.
    amount: Amount,
    /// Purpose, for the record; 1 to 500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

/// The order of a list of accounts. Each order is by something that never changes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum AccountOrderBy {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

/// The accounts of a list: those that match every condition.
#[derive(Default, InputObject)]
pub struct AccountFilter {
    /// Those of this owner.
    owner_id: Option<ID>,
    /// In this currency: a code of ISO 4217.
    currency: Option<String>,
    /// Those with a balance below zero, or those without.
    overdrawn: Option<bool>,
}

/// Queries about accounts.
#[derive(Default)]
pub struct AccountQuery;

#[Object]
impl AccountQuery {
    /// An account; null when there is none. At most one of the two arguments besides `id` may be given.
    async fn account(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The state at this version.")] at_version: Option<i32>,
        #[graphql(desc = "The state at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<AccountView>> {
        one::<crate::Account, _>(context, &id, Which { at_version, at }, view).await.transpose()
    }

    /// Accounts, in the order that is asked for.
    async fn accounts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<AccountFilter>,
        #[graphql(desc = "The order of the list.", default)] order_by: AccountOrderBy,
        #[graphql(desc = "Number of rows, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "The list shows these versions, or later ones: it waits up to 2 s. At most 10, of the type of its rows."
        )]
        min_version: Option<Vec<MinVersion>>,
    ) -> Result<Connection<AccountView>> {
        let list = List { order_by, filter: wanted(filter)?, first, after, min_version };
        page::<crate::Account, _>(context, list, view).await
    }
}

/// The conditions of a filter.
fn wanted(filter: Option<AccountFilter>) -> Result<Vec<Option<Condition>>> {
    let filter = filter.unwrap_or_default();
    Ok(vec![
        eq("ownerId", filter.owner_id),
        eq("currency", filter.currency),
        eq("overdrawn", filter.overdrawn),
    ])
}

fn view(at: StateAt<reducer::State>) -> Option<AccountView> {
    let account = at.state?;
    let overdraft_limit = account.overdraft_limit.minor_units();
    Some(AccountView {
        id: at.id,
        version: at.version,
        owner_id: account.owner_id.as_str().into(),
        currency: account.currency.as_str().to_owned(),
        overdraft_limit: Amount(overdraft_limit),
        balance: Amount(account.balance),
        available: Amount(account.available),
        held: Amount(account.held),
        holds: i32::try_from(account.hold_count).ok()?,
        opened_at: at.began,
    })
}

/// Mutations of accounts.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Opens an account with a balance of zero.
    async fn open_account(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier of the new account; made up when left out.")] id: Option<ID>,
        #[graphql(desc = "The input of the command.")] input: OpenAccountInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id, command_id, expected_version };
        send::<crate::Account>(context, "OpenAccount", input, arguments).await
    }

    /// Puts money in.
    async fn deposit(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The input of the command.")] input: EntryInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Account>(context, "Deposit", input, arguments).await
    }

    /// Takes money out, as far as it is available.
    async fn withdraw(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The input of the command.")] input: EntryInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Account>(context, "Withdraw", input, arguments).await
    }

    /// Holds money for a payment, for 7 days. A repeat with the same amount changes nothing. Orders do this by
    /// themselves.
    async fn authorise_payment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The payment that the money is held for.")] payment_id: ID,
        #[graphql(desc = "Amount.")] amount: Amount,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let payload = json!({"paymentId": payment_id, "amount": amount});
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Account>(context, "AuthorisePayment", payload, arguments).await
    }

    /// Takes the money that is held for a payment, or part of it: the rest is free again.
    async fn capture_payment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The payment that the money is held for.")] payment_id: ID,
        #[graphql(desc = "Amount; the whole hold when left out.")] amount: Option<Amount>,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let mut payload = json!({"paymentId": payment_id});
        if let (Some(amount), Some(fields)) = (amount, payload.as_object_mut()) {
            fields.insert("amount".to_owned(), json!(amount));
        }
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Account>(context, "CapturePayment", payload, arguments).await
    }

    /// Frees the money that is held for a payment. If there is no hold, nothing changes.
    async fn release_payment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The payment that the money is held for.")] payment_id: ID,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let payload = json!({"paymentId": payment_id});
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Account>(context, "ReleasePayment", payload, arguments).await
    }
}

/// Something that happened to an account.
#[derive(SimpleObject)]
pub struct AccountUpdate {
    #[graphql(flatten)]
    update: Update,
    /// The account after it; null where it has left, and where nothing but `caughtUp` comes.
    account: Option<AccountView>,
}

fn update(update: Update, state: Option<StateAt<reducer::State>>) -> AccountUpdate {
    AccountUpdate { update, account: state.and_then(view) }
}

/// Subscriptions to accounts.
#[derive(Default)]
pub struct AccountSubscription;

#[Subscription]
impl AccountSubscription {
    /// The events of an account, in order, each once: everything after the cursor, then live.
    async fn account(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<AccountUpdate>> {
        subscribe::<crate::Account, _>(context, &id, after, update)
    }
    /// The events of the accounts that a list with this filter holds, from now on or after the cursor: each once, in the order
    /// of the journal, with its row. One that the filter holds no more comes as `left`.
    async fn accounts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<AccountFilter>,
        #[graphql(
            desc = "Where it begins: `updatesCursor` of a list or a cursor of this field, `0` for everything; from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<AccountUpdate>> {
        subscribe_all::<crate::Account, _>(context, wanted(filter)?, after, update)
    }
}
