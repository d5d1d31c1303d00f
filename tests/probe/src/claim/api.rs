//! Claims in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::{
    graphql::{
        Arguments, CommandResult, Connection, Date, DateTime, List, MinVersion, StateAt,
        Subscribed, Update, Which, at_least, at_most, day, eq, named, one, page, send, subscribe,
        subscribe_all,
    },
    participant::Condition,
};
use serde::Serialize;
use serde_json::json;

use super::reducer;

/// An owner's claim on days of a resource.
#[derive(SimpleObject)]
#[graphql(name = "Claim")]
pub struct ClaimView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// Status.
    status: ClaimStatus,
    /// Reason why it was declined (a code) or cancelled (a text).
    reason: Option<String>,
    /// The owner.
    user_id: ID,
    /// The resource.
    resource_id: ID,
    /// First day.
    date_start: Date,
    /// The day after the last one.
    date_end: Date,
    /// Instant at which it was created.
    created_at: DateTime,
}

/// Status of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ClaimStatus {
    /// The resource was asked.
    Pending,
    /// The resource holds the days.
    Confirmed,
    /// The resource refused.
    Declined,
    /// Cancelled by a caller.
    Cancelled,
    /// The resource did not answer in time.
    Expired,
}

/// A claim on days of a resource.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateClaimInput {
    /// The guest who claims them.
    user_id: ID,
    /// The resource.
    resource_id: ID,
    /// First day.
    date_start: Date,
    /// The day after the last one.
    date_end: Date,
}

/// The order of a list of claims. Each order is by something that never changes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum ClaimOrderBy {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// By the first day, the earliest first.
    Start,
}

/// The claims of a list: those that match every condition.
#[derive(Default, InputObject)]
pub struct ClaimFilter {
    /// Those of this owner.
    user_id: Option<ID>,
    /// Claims on this resource.
    resource_id: Option<ID>,
    /// Those with this status.
    status: Option<ClaimStatus>,
    /// Those with this first day or a later one.
    starting_from: Option<Date>,
    /// Those with this first day or an earlier one.
    starting_until: Option<Date>,
}

/// Queries about claims.
#[derive(Default)]
pub struct ClaimQuery;

#[Object]
impl ClaimQuery {
    /// A claim; null when there is none. At most one of the two arguments besides `id` may be given.
    async fn claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The state at this version.")] at_version: Option<i32>,
        #[graphql(desc = "The state at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<ClaimView>> {
        one::<super::Claim, _>(context, &id, Which { at_version, at }, view).await.transpose()
    }

    /// Claims, in the order that is asked for.
    async fn claims(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<ClaimFilter>,
        #[graphql(desc = "The order of the list.", default)] order_by: ClaimOrderBy,
        #[graphql(desc = "Number of rows, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "The list shows these versions, or later ones: it waits up to 2 s. At most 10, of the type of its rows."
        )]
        min_version: Option<Vec<MinVersion>>,
    ) -> Result<Connection<ClaimView>> {
        let list = List { order_by, filter: wanted(filter)?, first, after, min_version };
        page::<super::Claim, _>(context, list, view).await
    }
}

/// The conditions of a filter.
fn wanted(filter: Option<ClaimFilter>) -> Result<Vec<Option<Condition>>> {
    let filter = filter.unwrap_or_default();
    Ok(vec![
        eq("userId", filter.user_id),
        eq("resourceId", filter.resource_id),
        eq("status", named(filter.status)),
        at_least("dateStart", day("filter.startingFrom", filter.starting_from)?),
        at_most("dateStart", day("filter.startingUntil", filter.starting_until)?),
    ])
}

fn view(at: StateAt<reducer::State>) -> Option<ClaimView> {
    let claim = at.state?;
    Some(ClaimView {
        id: at.id,
        version: at.version,
        status: match claim.status {
            reducer::Status::Pending => ClaimStatus::Pending,
            reducer::Status::Confirmed => ClaimStatus::Confirmed,
            reducer::Status::Declined => ClaimStatus::Declined,
            reducer::Status::Cancelled => ClaimStatus::Cancelled,
            reducer::Status::Expired => ClaimStatus::Expired,
        },
        reason: claim.reason,
        user_id: claim.user_id.as_str().into(),
        resource_id: claim.resource_id.as_str().into(),
        date_start: Date(claim.date_start.to_string()),
        date_end: Date(claim.date_end.to_string()),
        created_at: at.began,
    })
}

/// Mutations of claims.
#[derive(Default)]
pub struct ClaimMutation;

#[Object]
impl ClaimMutation {
    /// Claims days of a resource. Accepted means PENDING: CONFIRMED or DECLINED follows when the resource has answered, EXPIRED
    /// when it does not within `confirmWithinMs`.
    async fn create_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier of the new claim; made up when left out.")] id: Option<ID>,
        #[graphql(desc = "The input of the command.")] input: CreateClaimInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id, command_id, expected_version };
        send::<super::Claim>(context, "CreateClaim", input, arguments).await
    }

    /// Cancels a reservation.
    async fn cancel_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Why, for the record; 1 to 500 characters.")] reason: Option<String>,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let payload = reason.map_or_else(|| json!({}), |reason| json!({"reason": reason}));
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<super::Claim>(context, "CancelClaim", payload, arguments).await
    }
}

/// Something that happened to a claim.
#[derive(SimpleObject)]
pub struct ClaimUpdate {
    #[graphql(flatten)]
    update: Update,
    /// The claim after it; null where it has left, and where nothing but `caughtUp` comes.
    claim: Option<ClaimView>,
}

fn update(update: Update, state: Option<StateAt<reducer::State>>) -> ClaimUpdate {
    ClaimUpdate { update, claim: state.and_then(view) }
}

/// Subscriptions to claims.
#[derive(Default)]
pub struct ClaimSubscription;

#[Subscription]
impl ClaimSubscription {
    /// The events of a claim, in order, each once: everything after the cursor, then live. CONFIRMED or DECLINED comes
    /// when the resource has answered, EXPIRED when it has not within `confirmWithinMs`.
    async fn claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<ClaimUpdate>> {
        subscribe::<super::Claim, _>(context, &id, after, update)
    }
    /// The events of the claims that a list with this filter holds, from now on or after the cursor: each once, in the order
    /// of the journal, with its row. One that the filter holds no more comes as `left`.
    async fn claims(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<ClaimFilter>,
        #[graphql(
            desc = "Where it begins: `updatesCursor` of a list or a cursor of this field, `0` for everything; from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<ClaimUpdate>> {
        subscribe_all::<super::Claim, _>(context, wanted(filter)?, after, update)
    }
}
