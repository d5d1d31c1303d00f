//! Resources in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::{
    graphql::{
        Amount, Arguments, CommandResult, Connection, DateTime, List, MinVersion, StateAt,
        Subscribed, Update, Which, at_least, eq, named, one, page, send, subscribe, subscribe_all,
    },
    participant::Condition,
};
use serde::Serialize;
use serde_json::json;

use super::reducer;

/// A resource of a group.
#[derive(SimpleObject)]
#[graphql(name = "Resource")]
pub struct ResourceView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// The group that it belongs to.
    group_id: ID,
    /// Label.
    number: String,
    /// Capacity.
    capacity: i32,
    /// Price of a day, in minor units.
    rate: Amount,
    /// Open or closed for holds.
    status: ResourceStatus,
    /// Number of claims that hold days.
    holds: i32,
}

/// A resource is open or closed for holds.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ResourceStatus {
    /// It takes holds.
    Open,
    /// It takes no holds.
    Closed,
}

/// A resource to be added.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddResourceInput {
    /// The group that it belongs to.
    group_id: ID,
    /// Label, 1 to 500 characters.
    number: String,
    /// Capacity, 1 to 100.
    capacity: i32,
    /// Price of a day, in minor units.
    rate: Amount,
}

/// The order of a list of resources. Each order is by something that never changes.
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

/// The resources of a list: those that match every condition.
#[derive(Default, InputObject)]
pub struct ResourceFilter {
    /// Resources of this group.
    group_id: Option<ID>,
    /// Resources that take holds, or that do not.
    status: Option<ResourceStatus>,
    /// Resources with at least this capacity.
    fits: Option<i32>,
}

/// Queries about resources.
#[derive(Default)]
pub struct ResourceQuery;

#[Object]
impl ResourceQuery {
    /// A resource; null when there is none. At most one of the two arguments besides `id` may be given.
    async fn resource(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The state at this version.")] at_version: Option<i32>,
        #[graphql(desc = "The state at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<ResourceView>> {
        one::<super::Resource, _>(context, &id, Which { at_version, at }, view).await.transpose()
    }

    /// Resources, in the order that is asked for.
    async fn resources(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<ResourceFilter>,
        #[graphql(desc = "The order of the list.", default)] order_by: ResourceOrderBy,
        #[graphql(desc = "Number of rows, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "The list shows these versions, or later ones: it waits up to 2 s. At most 10, of the type of its rows."
        )]
        min_version: Option<Vec<MinVersion>>,
    ) -> Result<Connection<ResourceView>> {
        let list = List { order_by, filter: wanted(filter)?, first, after, min_version };
        page::<super::Resource, _>(context, list, view).await
    }
}

/// The conditions of a filter.
fn wanted(filter: Option<ResourceFilter>) -> Result<Vec<Option<Condition>>> {
    let filter = filter.unwrap_or_default();
    Ok(vec![
        eq("groupId", filter.group_id),
        eq("status", named(filter.status)),
        at_least("capacity", filter.fits),
    ])
}

fn view(at: StateAt<reducer::State>) -> Option<ResourceView> {
    let resource = at.state?;
    Some(ResourceView {
        id: at.id,
        version: at.version,
        group_id: resource.group_id.as_str().into(),
        number: resource.number.as_str().to_owned(),
        capacity: i32::try_from(resource.capacity).ok()?,
        rate: Amount(resource.rate.minor_units()),
        status: match resource.status {
            reducer::Status::Open => ResourceStatus::Open,
            reducer::Status::Closed => ResourceStatus::Closed,
        },
        holds: i32::try_from(resource.hold_count).ok()?,
    })
}

/// Mutations of resources.
#[derive(Default)]
pub struct ResourceMutation;

#[Object]
impl ResourceMutation {
    /// Opens a resource for holds.
    async fn add_resource(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier of the new resource; made up when left out.")] id: Option<ID>,
        #[graphql(desc = "The input of the command.")] input: AddResourceInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        send::<super::Resource>(
            context,
            "AddResource",
            input,
            Arguments { id, command_id, expected_version },
        )
        .await
    }

    /// Closes a room for new holds. Existing holds stay.
    async fn close_resource(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<super::Resource>(context, "CloseResource", json!({}), arguments).await
    }
}

/// Something that happened to a resource.
#[derive(SimpleObject)]
pub struct ResourceUpdate {
    #[graphql(flatten)]
    update: Update,
    /// The resource after it; null where it has left, and where nothing but `caughtUp` comes.
    resource: Option<ResourceView>,
}

fn update(update: Update, state: Option<StateAt<reducer::State>>) -> ResourceUpdate {
    ResourceUpdate { update, resource: state.and_then(view) }
}

/// Subscriptions to resources.
#[derive(Default)]
pub struct ResourceSubscription;

#[Subscription]
impl ResourceSubscription {
    /// The events of a resource, in order, each once: everything after the cursor, then live.
    async fn resource(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<ResourceUpdate>> {
        subscribe::<super::Resource, _>(context, &id, after, update)
    }
    /// The events of the resources that a list with this filter holds, from now on or after the cursor: each once, in the order
    /// of the journal, with its row. One that the filter holds no more comes as `left`.
    async fn resources(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<ResourceFilter>,
        #[graphql(
            desc = "Where it begins: `updatesCursor` of a list or a cursor of this field, `0` for everything; from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<ResourceUpdate>> {
        subscribe_all::<super::Resource, _>(context, wanted(filter)?, after, update)
    }
}
