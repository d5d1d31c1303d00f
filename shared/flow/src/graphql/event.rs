//! An event as it is shown: what every other door shows as a CloudEvent, in the words of GraphQL.

use async_graphql::{ID, InputValueResult, Scalar, ScalarType, SimpleObject, Value};
use edgefold_kernel::{Envelope, Fault, envelope::data_schema};

use super::{AggregateType, DateTime, EventType, RoleName, int};

/// Something that happened, as it is stored, lifted to the current version of its schema.
#[derive(SimpleObject)]
pub struct Event {
    /// Identifier, a UUIDv7.
    id: ID,
    /// Cursor: pass it as `after` to go on from here, in a subscription or a page. Opaque.
    cursor: String,
    /// Type of the event.
    #[graphql(name = "type")]
    event_type: EventType,
    /// Its place in the stream, from 1.
    version: i32,
    /// Instant of the decision.
    time: DateTime,
    /// Type of the aggregate that it happened to.
    aggregate_type: AggregateType,
    /// Instance that it happened to.
    aggregate_id: ID,
    /// Name of the schema of `data`: `urn:edgefold:` aggregate type, event type, schema version.
    data_schema: String,
    /// The event's data.
    data: Json,
    /// The command that led to the event.
    command_id: ID,
    /// One id for everything that a request caused.
    correlation_id: Option<ID>,
    /// The event or command that directly caused it.
    causation_id: Option<ID>,
    /// True if a caller from outside has named the correlation: nobody has checked that the chain is its own.
    correlation_claimed: bool,
    /// True if a caller from outside has named the cause.
    causation_claimed: bool,
    /// W3C trace context, as the caller sent it.
    traceparent: Option<String>,
    /// What vendors of tracing add to `traceparent`.
    tracestate: Option<String>,
    /// W3C baggage, as the caller sent it.
    baggage: Option<String>,
    /// Sender of the command at the beginning of the chain; null when the system acts by itself, as deadlines do.
    actor: Option<ID>,
    /// Role of that sender.
    actor_role: Option<RoleName>,
    /// Service that sent it for that sender.
    actor_via: Option<ID>,
}

impl Event {
    /// A stored event.
    ///
    /// # Errors
    /// A fault when its data are not JSON.
    pub fn read(event: &Envelope) -> Result<Self, Fault> {
        let data = serde_json::from_str::<serde_json::Value>(event.data.get())
            .and_then(Value::from_json)
            .map_err(|error| Fault::Unreadable(error.to_string()))?;
        let stream = &event.stream;
        let schema = data_schema(&stream.aggregate_type, &event.event_type, event.schema_version);
        let id = |id: &edgefold_kernel::Id| ID::from(id.as_str());
        let meta = &event.metadata;
        Ok(Self {
            id: event.id.as_str().into(),
            cursor: event.version.to_string(),
            event_type: EventType(event.event_type.clone()),
            version: int(event.version),
            time: DateTime(event.time.to_string()),
            aggregate_type: AggregateType(stream.aggregate_type.clone()),
            aggregate_id: id(&stream.aggregate_id),
            data_schema: schema,
            data: Json(data),
            command_id: id(&event.command_id),
            correlation_id: meta.correlation_id.as_ref().map(id),
            causation_id: meta.causation_id.as_ref().map(id),
            correlation_claimed: meta.correlation_claimed,
            causation_claimed: meta.causation_claimed,
            traceparent: meta.traceparent.clone(),
            tracestate: meta.tracestate.clone(),
            baggage: meta.baggage.clone(),
            actor: meta.actor.as_ref().map(|actor| actor.subject.as_str().into()),
            actor_role: meta.actor.as_ref().map(|actor| RoleName(actor.role.clone())),
            actor_via: meta.via.as_ref().map(|via| via.as_str().into()),
        })
    }
}

/// A JSON value.
pub struct Json(pub Value);

/// A JSON value, as `dataSchema` describes it.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}
