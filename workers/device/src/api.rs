//! Devices in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::{
    graphql::{
        Arguments, CommandResult, Connection, DateTime, List, MinVersion, StateAt, Subscribed,
        Update, Which, eq, named, one, page, send, subscribe, subscribe_all,
    },
    participant::Condition,
};
use serde::Serialize;
use serde_json::json;

use crate::{
    commands::{Reading, Status},
    reducer,
};

/// A device in the field, as the latest report by its own clock shows it.
#[derive(SimpleObject)]
#[graphql(name = "Device")]
pub struct DeviceView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// Status; null before the first report.
    status: Option<DeviceStatus>,
    /// Measured value, in the unit of its model; null before the first report.
    reading: Option<f64>,
    /// Instant of the report, by the device's clock; null before the first report.
    observed_at: Option<DateTime>,
    /// Model name in the maker's catalogue.
    model: String,
    /// The owner.
    owner_id: ID,
    /// True if it is out of service.
    decommissioned: bool,
    /// Number of reports, late ones included.
    readings: i32,
    /// Number of reports that arrived after a later one.
    late: i32,
    /// Instant at which it was registered.
    registered_at: DateTime,
}

/// Status of a device, as it reports it.
#[derive(Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum DeviceStatus {
    /// All is well.
    Ok,
    /// It works, and needs attention.
    Warn,
    /// It does not work.
    Fault,
}

/// A device to be taken into service.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterDeviceInput {
    /// Model name in the maker's catalogue, 1 to 100 characters.
    model: String,
    /// The owner.
    owner_id: ID,
}

/// A report of how a device is.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateDeviceStatusInput {
    /// Status.
    status: DeviceStatus,
    /// Measured value.
    reading: f64,
    /// Instant of the report, by the device's clock; at most 24 hours ahead of ours.
    observed_at: DateTime,
}

/// The order of a list of devices. Each order is by something that never changes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum DeviceOrderBy {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// By model.
    Model,
}

/// The devices of a list: those that match every condition.
#[derive(Default, InputObject)]
pub struct DeviceFilter {
    /// Those of this owner.
    owner_id: Option<ID>,
    /// Of this model.
    model: Option<String>,
    /// Those with this status in their latest report.
    status: Option<DeviceStatus>,
    /// Out of service, or in service.
    decommissioned: Option<bool>,
}

/// Queries about devices.
#[derive(Default)]
pub struct DeviceQuery;

#[Object]
impl DeviceQuery {
    /// A device; null when there is none. At most one of the two arguments besides `id` may be given.
    async fn device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The state at this version.")] at_version: Option<i32>,
        #[graphql(desc = "The state at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<DeviceView>> {
        one::<crate::Device, _>(context, &id, Which { at_version, at }, view).await.transpose()
    }

    /// Devices, in the order that is asked for.
    async fn devices(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<DeviceFilter>,
        #[graphql(desc = "The order of the list.", default)] order_by: DeviceOrderBy,
        #[graphql(desc = "Number of rows, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "The list shows these versions, or later ones: it waits up to 2 s. At most 10, of the type of its rows."
        )]
        min_version: Option<Vec<MinVersion>>,
    ) -> Result<Connection<DeviceView>> {
        let list = List { order_by, filter: wanted(filter)?, first, after, min_version };
        page::<crate::Device, _>(context, list, view).await
    }
}

/// The conditions of a filter.
fn wanted(filter: Option<DeviceFilter>) -> Result<Vec<Option<Condition>>> {
    let filter = filter.unwrap_or_default();
    Ok(vec![
        eq("ownerId", filter.owner_id),
        eq("model", filter.model),
        eq("status", named(filter.status)),
        eq("decommissioned", filter.decommissioned),
    ])
}

fn view(at: StateAt<reducer::State>) -> Option<DeviceView> {
    let device = at.state?;
    Some(DeviceView {
        id: at.id,
        version: at.version,
        status: device.status.map(|status| match status {
            Status::Ok => DeviceStatus::Ok,
            Status::Warn => DeviceStatus::Warn,
            Status::Fault => DeviceStatus::Fault,
        }),
        reading: device.reading.map(Reading::number),
        observed_at: device.observed_at.map(|at| DateTime(at.to_string())),
        model: device.model.as_str().to_owned(),
        owner_id: device.owner_id.as_str().into(),
        decommissioned: device.decommissioned,
        readings: i32::try_from(device.readings).ok()?,
        late: i32::try_from(device.late).ok()?,
        registered_at: at.began,
    })
}

/// Mutations of devices.
#[derive(Default)]
pub struct DeviceMutation;

#[Object]
impl DeviceMutation {
    /// Takes a device into service.
    async fn register_device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier of the new device; made up when left out.")] id: Option<ID>,
        #[graphql(desc = "The input of the command.")] input: RegisterDeviceInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id, command_id, expected_version };
        send::<crate::Device>(context, "RegisterDevice", input, arguments).await
    }

    /// Reports how a device is. The latest report by the device's clock counts; a late one is kept as history.
    async fn update_device_status(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "The input of the command.")] input: UpdateDeviceStatusInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Device>(context, "UpdateDeviceStatus", input, arguments).await
    }

    /// Takes a device out of service for good. It takes no reports any more.
    async fn decommission_device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let arguments = Arguments { id: Some(id), command_id, expected_version };
        send::<crate::Device>(context, "DecommissionDevice", json!({}), arguments).await
    }
}

/// Something that happened to a device.
#[derive(SimpleObject)]
pub struct DeviceUpdate {
    #[graphql(flatten)]
    update: Update,
    /// The device after it; null where it has left, and where nothing but `caughtUp` comes.
    device: Option<DeviceView>,
}

fn update(update: Update, state: Option<StateAt<reducer::State>>) -> DeviceUpdate {
    DeviceUpdate { update, device: state.and_then(view) }
}

/// Subscriptions to devices.
#[derive(Default)]
pub struct DeviceSubscription;

#[Subscription]
impl DeviceSubscription {
    /// The events of a device, in order, each once: everything after the cursor, then live.
    async fn device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<DeviceUpdate>> {
        subscribe::<crate::Device, _>(context, &id, after, update)
    }
    /// The events of the devices that a list with this filter holds, from now on or after the cursor: each once, in the order
    /// of the journal, with its row. One that the filter holds no more comes as `left`.
    async fn devices(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conditions; all rows when left out.")] filter: Option<DeviceFilter>,
        #[graphql(
            desc = "Where it begins: `updatesCursor` of a list or a cursor of this field, `0` for everything; from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Subscribed<DeviceUpdate>> {
        subscribe_all::<crate::Device, _>(context, wanted(filter)?, after, update)
    }
}
