//! Claims in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::graphql::{
    CommandResult, Connection, Date, DateTime, Envelope, Event, Followed, List, Past, Which, day,
    follow, follow_all, named, one_or_past, page, send,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reducer;

/// An owner's claim on days of a resource.
#[derive(SimpleObject, Deserialize)]
#[graphql(name = "Claim")]
pub struct ClaimView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// How far it has come.
    status: ClaimStatus,
    /// Why it was declined (a code) or cancelled (a text).
    reason: Option<String>,
    /// Whose it is.
    user_id: ID,
    /// The resource.
    resource_id: ID,
    /// First day.
    date_start: Date,
    /// The day after the last one.
    date_end: Date,
    /// When it was created.
    created_at: DateTime,
}

/// How far a claim has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ClaimStatus {
    /// The resource was asked.
    Pending,
    /// The resource holds the days.
    Confirmed,
    /// The resource refused.
    Declined,
    /// Given up.
    Cancelled,
    /// The resource did not answer in time.
    Expired,
}

/// A claim on days of a resource.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateClaimInput {
    /// Who claims them.
    user_id: ID,
    /// The resource.
    resource_id: ID,
    /// First day.
    date_start: Date,
    /// The day after the last one.
    date_end: Date,
}

/// In which order claims are listed. All of them are by what never changes.
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

/// Which claims are listed: those that all of it holds of.
#[derive(Default, InputObject)]
pub struct ClaimFilter {
    /// Whose they are.
    user_id: Option<ID>,
    /// Claims on this resource.
    resource_id: Option<ID>,
    /// Those that have come so far.
    status: Option<ClaimStatus>,
    /// Whose first day is this one or a later one.
    starting_from: Option<Date>,
    /// Whose first day is this one or an earlier one.
    starting_until: Option<Date>,
}

/// What may be asked about claims.
#[derive(Default)]
pub struct ClaimQuery;

#[Object]
impl ClaimQuery {
    /// A claim; null when there is none. At most one of the three arguments besides `id` may be given.
    async fn claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Wait until the read model is at this version.")] min_version: Option<i32>,
        #[graphql(desc = "What it was at this version.")] at_version: Option<i32>,
        #[graphql(desc = "What it was at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<ClaimView>> {
        let sql = include_str!("../../sql/query/claim_by_id.sql");
        one_or_past::<super::Claim, _>(
            context,
            sql,
            &id,
            Which { min_version, at_version, at },
            past,
        )
        .await
        .transpose()
    }

    /// Claims, in the order that is asked for.
    async fn claims(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<ClaimFilter>,
        #[graphql(desc = "In which order.", default)] order_by: ClaimOrderBy,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
    ) -> Result<Connection<ClaimView>> {
        let list = List { sql: LIST, order_by, filter: wanted(filter)?, first, after };
        page::<super::Claim, _>(context, list).await
    }
}

/// A page of claims.
const LIST: &str = include_str!("../../sql/query/claim_page.sql");

/// What a filter asks for, in the order of the statement.
fn wanted(filter: Option<ClaimFilter>) -> Result<Vec<(&'static str, Value)>> {
    let filter = filter.unwrap_or_default();
    Ok(vec![
        ("userId", json!(filter.user_id)),
        ("resourceId", json!(filter.resource_id)),
        ("status", named(filter.status)),
        ("startingFrom", day("filter.startingFrom", filter.starting_from)?),
        ("startingUntil", day("filter.startingUntil", filter.starting_until)?),
    ])
}

fn past(past: Past<reducer::State>) -> Option<ClaimView> {
    let claim = past.state?;
    Some(ClaimView {
        id: past.id,
        version: past.version,
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
        created_at: past.began,
    })
}

/// What may be asked of claims.
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
        #[graphql(desc = "What is asked for.")] input: CreateClaimInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let envelope = Envelope { id, command_id, expected_version };
        send::<super::Claim>(context, "CreateClaim", input, envelope).await
    }

    /// Gives a claim up.
    async fn cancel_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Why, for the record; 1 to 500 characters.")] reason: Option<String>,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let payload = reason.map_or_else(|| json!({}), |reason| json!({"reason": reason}));
        let envelope = Envelope { id: Some(id), command_id, expected_version };
        send::<super::Claim>(context, "CancelClaim", payload, envelope).await
    }
}

/// Something that happened to a claim.
#[derive(SimpleObject)]
pub struct ClaimUpdate {
    /// Come back with `after:` this, and nothing is missed and nothing comes twice. Opaque.
    cursor: String,
    /// What happened.
    event: Event,
    /// What came of it.
    claim: Option<ClaimView>,
}

/// What may be heard of a claim.
#[derive(Default)]
pub struct ClaimSubscription;

#[Subscription]
impl ClaimSubscription {
    /// What happens to a claim, in order, each event once: everything after the cursor, then live. CONFIRMED or DECLINED comes when the resource has
    /// answered, EXPIRED when it has not within `confirmWithinMs`.
    async fn claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Followed<ClaimUpdate>> {
        follow::<super::Claim, _>(context, &id, after, |cursor, event, state| ClaimUpdate {
            cursor,
            event,
            claim: past(state),
        })
    }
    /// What happens to claims from now on, or after the cursor: each event once, as soon as the read model has it, in the order
    /// in which it came there. Only those that a list with this filter would hold by then.
    async fn claims(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<ClaimFilter>,
        #[graphql(
            desc = "Cursor after which it begins, of the same field; with what comes from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Followed<ClaimUpdate>> {
        let (order_by, filter) = (ClaimOrderBy::default(), wanted(filter)?);
        let list = List { sql: LIST, order_by, filter, first: None, after };
        follow_all::<super::Claim, _, _>(context, list, |cursor, event, claim| ClaimUpdate {
            cursor,
            event,
            claim: Some(claim),
        })
        .await
    }
}
