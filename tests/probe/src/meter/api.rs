//! Meters in the GraphQL schema.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject, Subscription};
use edgefold_flow::graphql::{
    CommandResult, Connection, DateTime, Envelope, Event, Followed, List, Past, Which, follow,
    follow_all, named, one_or_past, page, send,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::{commands::Status, reducer};

/// A meter in the field, as the latest report by its own clock shows it.
#[derive(SimpleObject, Deserialize)]
#[graphql(name = "Meter")]
pub struct MeterView {
    /// Identifier.
    id: ID,
    /// Version of the stream that this is at.
    version: i32,
    /// How it is; null before the first report.
    status: Option<MeterStatus>,
    /// What it measured, in whatever unit its model has; null before the first report.
    reading: Option<f64>,
    /// When, by its own clock; null before the first report.
    observed_at: Option<DateTime>,
    /// Model name in the maker's catalogue.
    model: String,
    /// Whose it is.
    owner_id: ID,
    /// Whether it is out of service.
    #[serde(deserialize_with = "flag")]
    decommissioned: bool,
    /// How many reports there are, late ones included.
    readings: i32,
    /// How many of them arrived after a later one.
    late: i32,
    /// When it was registered.
    registered_at: DateTime,
}

/// SQL has no booleans: 0 and 1.
fn flag<'de, D: Deserializer<'de>>(source: D) -> Result<bool, D::Error> {
    u8::deserialize(source).map(|flag| flag != 0)
}

/// How a meter is, by its own account.
#[derive(Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MeterStatus {
    /// All is well.
    Ok,
    /// It works, and wants to be looked at.
    Warn,
    /// It does not work.
    Fault,
}

/// A meter to be taken into service.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterMeterInput {
    /// Model name in the maker's catalogue, 1 to 100 characters.
    model: String,
    /// Whose it is.
    owner_id: ID,
}

/// A report of how a meter is.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateMeterInput {
    /// How it is.
    status: MeterStatus,
    /// What it measured.
    reading: f64,
    /// When, by its own clock; at most 24 hours ahead of ours.
    observed_at: DateTime,
}

/// In which order meters are listed. All of them are by what never changes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum MeterOrderBy {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// By model.
    Model,
}

/// Which meters are listed: those that all of it holds of.
#[derive(Default, InputObject)]
pub struct MeterFilter {
    /// Whose they are.
    owner_id: Option<ID>,
    /// Of this model.
    model: Option<String>,
    /// That are like this by their latest report.
    status: Option<MeterStatus>,
    /// Out of service, or in service.
    decommissioned: Option<bool>,
}

/// What may be asked about meters.
#[derive(Default)]
pub struct MeterQuery;

#[Object]
impl MeterQuery {
    /// A meter; null when there is none. At most one of the three arguments besides `id` may be given.
    async fn meter(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Wait until the read model is at this version.")] min_version: Option<i32>,
        #[graphql(desc = "What it was at this version.")] at_version: Option<i32>,
        #[graphql(desc = "What it was at this instant.")] at: Option<DateTime>,
    ) -> Option<Result<MeterView>> {
        let sql = include_str!("../../sql/query/meter_by_id.sql");
        one_or_past::<super::Meter, _>(
            context,
            sql,
            &id,
            Which { min_version, at_version, at },
            past,
        )
        .await
        .transpose()
    }

    /// Meters, in the order that is asked for.
    async fn meters(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<MeterFilter>,
        #[graphql(desc = "In which order.", default)] order_by: MeterOrderBy,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Cursor after which the page begins, of the same order.")] after: Option<
            String,
        >,
    ) -> Result<Connection<MeterView>> {
        let list = List { sql: LIST, order_by, filter: wanted(filter)?, first, after };
        page::<super::Meter, _>(context, list).await
    }
}

/// A page of meters.
const LIST: &str = include_str!("../../sql/query/meter_page.sql");

/// What a filter asks for, in the order of the statement.
fn wanted(filter: Option<MeterFilter>) -> Result<Vec<(&'static str, Value)>> {
    let filter = filter.unwrap_or_default();
    Ok(vec![
        ("ownerId", json!(filter.owner_id)),
        ("model", json!(filter.model)),
        ("status", named(filter.status)),
        ("decommissioned", json!(filter.decommissioned)),
    ])
}

fn past(past: Past<reducer::State>) -> Option<MeterView> {
    let meter = past.state?;
    Some(MeterView {
        id: past.id,
        version: past.version,
        status: meter.status.map(|status| match status {
            Status::Ok => MeterStatus::Ok,
            Status::Warn => MeterStatus::Warn,
            Status::Fault => MeterStatus::Fault,
        }),
        reading: meter.reading,
        observed_at: meter.observed_at.map(|at| DateTime(at.to_string())),
        model: meter.model.as_str().to_owned(),
        owner_id: meter.owner_id.as_str().into(),
        decommissioned: meter.decommissioned,
        readings: i32::try_from(meter.readings).ok()?,
        late: i32::try_from(meter.late).ok()?,
        registered_at: past.began,
    })
}

/// What may be asked of meters.
#[derive(Default)]
pub struct MeterMutation;

#[Object]
impl MeterMutation {
    /// Takes a meter into service.
    async fn register_meter(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier of the new meter; made up when left out.")] id: Option<ID>,
        #[graphql(desc = "What is asked for.")] input: RegisterMeterInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at; 0: it must not exist.")]
        expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let envelope = Envelope { id, command_id, expected_version };
        send::<super::Meter>(context, "RegisterMeter", input, envelope).await
    }

    /// Reports how a meter is. The latest report by the meter's clock counts; a late one is kept as history.
    async fn update_meter_status(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "What is asked for.")] input: UpdateMeterInput,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let envelope = Envelope { id: Some(id), command_id, expected_version };
        send::<super::Meter>(context, "UpdateMeter", input, envelope).await
    }

    /// Takes a meter out of service for good. It takes no reports any more.
    async fn decommission_meter(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(desc = "Idempotency key; made up when left out.")] command_id: Option<ID>,
        #[graphql(desc = "Version that the stream must be at.")] expected_version: Option<i32>,
    ) -> Result<CommandResult> {
        let envelope = Envelope { id: Some(id), command_id, expected_version };
        send::<super::Meter>(context, "DecommissionMeter", json!({}), envelope).await
    }
}

/// Something that happened to a meter.
#[derive(SimpleObject)]
pub struct MeterUpdate {
    /// Come back with `after:` this, and nothing is missed and nothing comes twice. Opaque.
    cursor: String,
    /// What happened.
    event: Event,
    /// What came of it.
    meter: Option<MeterView>,
}

/// What may be heard of a meter.
#[derive(Default)]
pub struct MeterSubscription;

#[Subscription]
impl MeterSubscription {
    /// What happens to a meter, in order, each event once: everything after the cursor, then live.
    async fn meter(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Identifier.")] id: ID,
        #[graphql(
            desc = "Cursor after which it begins, `0` for everything; when left out it begins with the latest event."
        )]
        after: Option<String>,
    ) -> Result<Followed<MeterUpdate>> {
        follow::<super::Meter, _>(context, &id, after, |cursor, event, state| MeterUpdate {
            cursor,
            event,
            meter: past(state),
        })
    }
    /// What happens to meters from now on, or after the cursor: each event once, as soon as the read model has it, in the order
    /// in which it came there. Only those that a list with this filter would hold by then.
    async fn meters(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<MeterFilter>,
        #[graphql(
            desc = "Cursor after which it begins, of the same field; with what comes from now on when left out."
        )]
        after: Option<String>,
    ) -> Result<Followed<MeterUpdate>> {
        let (order_by, filter) = (MeterOrderBy::default(), wanted(filter)?);
        let list = List { sql: LIST, order_by, filter, first: None, after };
        follow_all::<super::Meter, _, _>(context, list, |cursor, event, meter| MeterUpdate {
            cursor,
            event,
            meter: Some(meter),
        })
        .await
    }
}
