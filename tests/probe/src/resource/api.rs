//! Resources in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::graphql::{
    Amount, CommandResult, Connection, DateTime, Envelope, Event, Followed, List, Past, Which,
    follow, follow_all, named, one_or_past, page, send,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reducer;

/// A resource of a group.
#[derive(SimpleObject, Deserialize)]
#[graphql(name = "Resource")]
pub struct ResourceView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// The group that it belongs to.
    group_id: ID,
    /// How it is labelled.
    number: String,
    /// How much it takes.
    capacity: i32,
    /// Price of a day, in minor units.
    rate: Amount,
    /// Whether it takes holds.
    status: ResourceStatus,
    /// How many claims hold days.
    holds: i32,
}

/// Whether a resource takes holds.
#[derive(Clone, Copy, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ResourceStatus {
    /// It does.
    Open,
    /// It does not.
    Closed,
}

/// A resource to be added.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddResourceInput {
    /// The group that it belongs to.
    group_id: ID,
    /// Label, 1 to 16 characters.
    number: String,
    /// How much it takes, 1 to 100.
    capacity: i32,
    /// Price of a day, in minor units.
    rate: Amount,
}

/// In which order resources are listed. All of them are by what never changes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum ResourceOrderBy {
    /// By its label.
    #[default]
    Number,
    /// By the price of a day, the lowest first.
    Cheapest,
    /// By the price of a day, the highest first.
    Dearest,
}

/// Which resources are listed: those that all of it holds of.
#[derive(Default, InputObject)]
pub struct ResourceFilter {
    /// Resources of this group.
    group_id: Option<ID>,
    /// Resources that take holds, or that do not.
    status: Option<ResourceStatus>,
    /// Resources that take at least so much.
    fits: Option<i32>,
}

/// What may be asked about resources.
#[derive(Default)]
pub struct ResourceQuery;

#[Object]
impl ResourceQuery {
    /// A resource; null when there is none. At most one of the three arguments besides `id` may be given.
    async fn resource(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Wait until the read model is at this version.")] min_version: Option<i32>,
        #[graphql(desc = "What it was at this version.")] at_version: Option<i32>,
        #[graphql(desc = "What it was at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<ResourceView>> {
        let sql = include_str!("../../sql/query/resource_by_id.sql");
        one_or_past::<super::Resource, _>(
            context,
            sql,
            &id,
            Which { min_version, at_version, at },
            past,
        )
        .await
        .transpose()
    }

    /// Resources, in the order that is asked for.
    async fn resources(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<ResourceFilter>,
        #[graphql(desc = "In which order.", default)] order_by: ResourceOrderBy,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
    ) -> Result<Connection<ResourceView>> {
        let list = List { sql: LIST, order_by, filter: wanted(filter)?, first, after };
        page::<super::Resource, _>(context, list).await
    }
}

/// A page of resources.
const LIST: &str = include_str!("../../sql/query/resource_page.sql");

/// What a filter asks for, in the order of the statement.
fn wanted(filter: Option<ResourceFilter>) -> Result<Vec<(&'static str, Value)>> {
    let filter = filter.unwrap_or_default();
    Ok(vec![
        ("groupId", json!(filter.group_id)),
        ("status", named(filter.status)),
        ("fits", json!(filter.fits)),
    ])
}

fn past(past: Past<reducer::State>) -> Option<ResourceView> {
    let resource = past.state?;
    Some(ResourceView {
        id: past.id,
        version: past.version,
        group_id: resource.group_id.as_str().into(),
        number: resource.number.as_str().to_owned(),
        capacity: i32::try_from(resource.capacity).ok()?,
        rate: Amount(resource.rate.minor_units()),
        status: match resource.status {
            reducer::Status::Open => ResourceStatus::Open,
            reducer::Status::Closed => ResourceStatus::Closed,
        },
        holds: i32::try_from(resource.holds.len()).ok()?,
    })
}

/// What may be asked of resources.
#[derive(Default)]
pub struct ResourceMutation;

#[Object]
impl ResourceMutation {
    /// Opens a resource for holds.
    async fn add_resource(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier of the new resource; made up when left out.")] id: Option<ID>,
        #[graphql(desc = "What is asked for.")] input: AddResourceInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        send::<super::Resource>(
            context,
            "AddResource",
            input,
            Envelope { id, command_id, expected_version },
        )
        .await
    }

    /// Takes no holds any more. Those that there are stay.
    async fn close_resource(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let envelope = Envelope { id: Some(id), command_id, expected_version };
        send::<super::Resource>(context, "CloseResource", json!({}), envelope).await
    }
}

/// Something that happened to a resource.
#[derive(SimpleObject)]
pub struct ResourceUpdate {
    /// Come back with `after:` this, and nothing is missed and nothing comes twice. Opaque.
    cursor: String,
    /// What happened.
    event: Event,
    /// What came of it.
    resource: Option<ResourceView>,
}

/// What may be heard of a resource.
#[derive(Default)]
pub struct ResourceSubscription;

#[Subscription]
impl ResourceSubscription {
    /// What happens to a resource, in order, each event once: everything after the cursor, then live.
    async fn resource(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Followed<ResourceUpdate>> {
        follow::<super::Resource, _>(context, &id, after, |cursor, event, state| ResourceUpdate {
            cursor,
            event,
            resource: past(state),
        })
    }
    /// What happens to resources from now on, or after the cursor: each event once, as soon as the read model has it, in the order
    /// in which it came there. Only those that a list with this filter would hold by then.
    async fn resources(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<ResourceFilter>,
        #[graphql(
            desc = "Cursor after which it begins, of the same field; with what comes from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Followed<ResourceUpdate>> {
        let (order_by, filter) = (ResourceOrderBy::default(), wanted(filter)?);
        let list = List { sql: LIST, order_by, filter, first: None, after };
        follow_all::<super::Resource, _, _>(context, list, |cursor, event, resource| {
            ResourceUpdate { cursor, event, resource: Some(resource) }
        })
        .await
    }
}
