//! An event with its place in a stream, and its wire form: a CloudEvents 1.0 structured-mode JSON object.
//!
//! Source: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>, and the sequence
//! extension beside it. The same form travels in the queue, on sockets, in pages and exports.

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::{
    EventSet, Fault, Id, Principal, Role, Subject, Timestamp, Version, limits,
    principal::SYSTEM,
    shape::{Described, Field, Object, Shape},
};

/// Digits of the `sequence` attribute: the extension asks for strings that sort as numbers, so it is padded with zeros.
const SEQUENCE_DIGITS: usize = 10;

/// Name of a stream: the type and the id of the aggregate instance that owns it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamId {
    /// Stored name of the aggregate's type.
    pub aggregate_type: String,
    /// Identifier of the instance.
    pub aggregate_id: Id,
}

impl StreamId {
    /// The stream of this instance.
    pub fn new(aggregate_type: impl Into<String>, aggregate_id: Id) -> Self {
        Self { aggregate_type: aggregate_type.into(), aggregate_id }
    }
}

/// The causes of an event. They travel from the command to its events, and on to the commands that these cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Metadata {
    /// One id for everything that a request caused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correlation_id: Option<Id>,
    /// Id of the event or command that directly caused this.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub causation_id: Option<Id>,
    /// W3C trace context, as the caller sent it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(
        feature = "schema",
        schemars(length(max = crate::limits::TRACE_BYTES), pattern(TRACEPARENT))
    )]
    pub traceparent: Option<String>,
    /// What vendors of tracing add to `traceparent`, as the caller sent it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = crate::limits::TRACESTATE_BYTES), pattern("^[ -~]*$"))
    )]
    pub tracestate: Option<String>,
    /// W3C baggage, as the caller sent it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = crate::limits::BAGGAGE_BYTES), pattern("^[ -~]*$"))
    )]
    pub baggage: Option<String>,
    /// True if a caller from outside has named the correlation: nobody has checked that the chain is its own. The system
    /// writes it.
    #[serde(skip_serializing_if = "is_false", default)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub correlation_claimed: bool,
    /// True if a caller from outside has named the cause. The system writes it.
    #[serde(skip_serializing_if = "is_false", default)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub causation_claimed: bool,
    /// The sender of the command at the beginning of the chain; absent when the system acts by itself, as deadlines do.
    /// The system writes it; a caller that names one is refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub actor: Option<Principal>,
    /// The service that sent the command for that sender, as its token said; absent when the sender came itself. The system
    /// writes it, too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub via: Option<Subject>,
    /// Instant until which the instance that asked waits for the answer: what follows from the command reaches it by then,
    /// also when a message gets lost. It stays with the stored event, and is not on the wire. The system writes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub answer_by: Option<Timestamp>,
}

/// For what callers send: the rest of what is wrong has its own refusals, where a door admits a command.
impl Described for Metadata {
    const SHAPE: Shape = {
        const fn field(name: &'static str, shape: Shape) -> Field {
            Field::new(name, "", shape).optional()
        }
        Shape::Object(&Object {
            name: "Metadata",
            about: "",
            is_strict: true,
            fields: &[
                field("correlationId", Shape::Id),
                field("causationId", Shape::Id),
                field("traceparent", Shape::ANY_TEXT),
                field("tracestate", Shape::ANY_TEXT),
                field("baggage", Shape::ANY_TEXT),
                field("correlationClaimed", Shape::Bool),
                field("causationClaimed", Shape::Bool),
                field("actor", Shape::Any),
                field("via", Shape::Subject),
                field("answerBy", Shape::Timestamp),
            ],
        })
    };
}

/// A `traceparent` as W3C's Trace Context writes it.
#[cfg(feature = "schema")]
const TRACEPARENT: &str = "^(00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}|(?!00|ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[ -~]*)?)$";

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Metadata {
    /// Adds a member to the baggage: it stays with the events, and travels to whatever they cause. One of the same key gives
    /// way. Source: W3C Baggage, section 3.2.1.
    ///
    /// # Errors
    /// The key or the value has a character that cannot stand there, or there is no room for it: [`limits::BAGGAGE_BYTES`]. The
    /// error says what was expected; nothing has changed then.
    pub fn carry(&mut self, key: &str, value: &str) -> Result<(), &'static str> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !br#"",;=\"#.contains(&byte);
        if key.is_empty() || !key.bytes().chain(value.bytes()).all(is_plain) {
            return Err("a key and a value of visible ASCII characters without \" , ; = \\");
        }
        let own = format!("{key}={value}");
        let names = |member: &&str| member.split(['=', ';']).next().map(str::trim) == Some(key);
        let rest = self.baggage.iter().flat_map(|all| all.split(','));
        let members: Vec<_> = rest.map(str::trim).filter(|member| !names(member)).collect();
        let carried = [members.as_slice(), &[own.as_str()]].concat().join(",");
        if carried.len() > limits::BAGGAGE_BYTES {
            return Err("less baggage: an event keeps 1,024 bytes of it");
        }
        self.baggage = Some(carried);
        Ok(())
    }

    /// Subject and role of the sender of the command at the beginning of the chain; `system` twice if there was no
    /// sender.
    pub fn acting(&self) -> (&str, &str) {
        match &self.actor {
            Some(actor) => (actor.subject.as_str(), actor.role.as_str()),
            None => (SYSTEM, SYSTEM),
        }
    }
}

/// One stored event. `data` stays the stored text; only code that needs the data parses it.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// UUIDv7.
    pub id: String,
    /// The stream that it belongs to.
    pub stream: StreamId,
    /// Its place in the stream, from 1.
    pub version: Version,
    /// Stored name of the event type.
    pub event_type: String,
    /// Schema version of the data.
    pub schema_version: u32,
    /// Instant of the decision.
    pub time: Timestamp,
    /// The command that led to the event.
    pub command_id: Id,
    /// Its causes: correlation, causation, trace context and actor.
    pub metadata: Metadata,
    /// JSON text.
    pub data: Box<RawValue>,
}

impl PartialEq for Envelope {
    fn eq(&self, other: &Self) -> bool {
        let key = |e: &Self| {
            (e.id.clone(), e.stream.clone(), e.version, e.event_type.clone(), e.schema_version)
        };
        let rest = |e: &Self| (e.time, e.command_id.clone(), e.metadata.clone());
        key(self) == key(other) && rest(self) == rest(other) && self.data.get() == other.data.get()
    }
}

impl Envelope {
    /// Reads the data, lifting old schema versions.
    ///
    /// # Errors
    /// The errors of [`EventSet::read`].
    pub fn read<E: EventSet>(&self) -> Result<E, Fault> {
        E::read(&self.event_type, self.schema_version, self.data.get())
    }

    /// One field of the data as text, if the data have it. Routing needs no more, and no type.
    pub fn field(&self, name: &str) -> Option<String> {
        let mut data: Value = serde_json::from_str(self.data.get()).ok()?;
        match data.get_mut(name)?.take() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The texts in one field of the data that is an array; empty if the field is something else.
    pub fn fields(&self, name: &str) -> Vec<String> {
        let data = serde_json::from_str::<Value>(self.data.get());
        match data.ok().as_mut().and_then(|data| data.get_mut(name)).map(Value::take) {
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// An event on the wire, as a CloudEvents 1.0 JSON object.
// The attributes in the order in which they are written. Borrowed for writing, owned for reading.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct CloudEvent<T> {
    /// Version of the CloudEvents specification.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "1.0")))]
    specversion: T,
    /// UUIDv7.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "uuid")))]
    id: T,
    /// Type of the aggregate that decided the event.
    #[cfg_attr(feature = "schema", schemars(pattern("^/aggregates/[^/]+$")))]
    source: T,
    /// Instance that decided the event.
    #[cfg_attr(feature = "schema", schemars(with = "Id"))]
    subject: T,
    /// Stored name of the event type.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    #[serde(rename = "type")]
    event_type: T,
    /// Instant of the decision.
    time: Timestamp,
    /// Content type of `data`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "application/json")))]
    datacontenttype: T,
    /// Name of the schema of `data`: aggregate type, event type, schema version.
    #[cfg_attr(feature = "schema", schemars(pattern("^urn:edgefold:[^:]+:[^:]+:[1-9][0-9]*$")))]
    dataschema: T,
    /// Place of the event in the stream of its subject, from 1, padded so that it sorts as the numbers do.
    #[cfg_attr(feature = "schema", schemars(pattern("^[0-9]{10,}$")))]
    sequence: T,
    /// The command that led to the event.
    #[cfg_attr(feature = "schema", schemars(with = "Id"))]
    commandid: T,
    /// One id for everything that a request caused.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Id>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    correlationid: Option<T>,
    /// Id of the event or command that directly caused this.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Id>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    causationid: Option<T>,
    /// W3C trace context, as the caller sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<T>,
    /// What vendors of tracing add to `traceparent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracestate: Option<T>,
    /// W3C baggage, as the caller sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    baggage: Option<T>,
    /// True if a caller from outside has named `correlationid`: nobody has checked that the chain is its own.
    #[serde(skip_serializing_if = "is_false", default)]
    correlationclaimed: bool,
    /// True if a caller from outside has named `causationid`.
    #[serde(skip_serializing_if = "is_false", default)]
    causationclaimed: bool,
    /// Subject of the sender of the command at the beginning of the chain; the name of its role for a reader that may not know
    /// it; `system` if there was no sender.
    #[cfg_attr(feature = "schema", schemars(with = "Subject"))]
    actor: T,
    /// Role of that sender, as the domain names it; `system` if there was no sender.
    #[cfg_attr(feature = "schema", schemars(length(max = crate::limits::ROLE_BYTES), pattern("^[a-z][a-z0-9_]*$")))]
    actorrole: T,
    /// Subject of the service that sent it for that sender.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Subject>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    actorvia: Option<T>,
    /// The event's data.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, Value>"))]
    data: Box<RawValue>,
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Envelope {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CloudEvent".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        CloudEvent::<String>::json_schema(generator)
    }
}

/// Name of the schema of an event's data, as the event says it in `dataschema`.
pub fn data_schema(aggregate_type: &str, event_type: &str, schema_version: u32) -> String {
    format!("urn:edgefold:{aggregate_type}:{event_type}:{schema_version}")
}

impl Envelope {
    /// The same without names, for a reader that is not to know them: the role stands for its bearer. What the bearer's client said
    /// for tracing may name it, too.
    #[must_use]
    pub fn nameless(&self) -> Self {
        let known = self.metadata.clone();
        let actor = known.actor.map(|Principal { role, .. }| Principal::new(&role, role.clone()));
        let metadata = Metadata { actor, via: None, baggage: None, ..known };
        Self { metadata, ..self.clone() }
    }
}

impl Serialize for Envelope {
    fn serialize<S: serde::Serializer>(&self, sink: S) -> Result<S::Ok, S::Error> {
        let StreamId { aggregate_type, aggregate_id } = &self.stream;
        let meta = &self.metadata;
        let (actor, actorrole) = meta.acting();
        CloudEvent::<&str> {
            specversion: "1.0",
            id: &self.id,
            source: &format!("/aggregates/{aggregate_type}"),
            subject: aggregate_id.as_str(),
            event_type: &self.event_type,
            time: self.time,
            datacontenttype: "application/json",
            dataschema: &data_schema(aggregate_type, &self.event_type, self.schema_version),
            sequence: &format!("{:0SEQUENCE_DIGITS$}", self.version),
            commandid: self.command_id.as_str(),
            correlationid: meta.correlation_id.as_ref().map(Id::as_str),
            causationid: meta.causation_id.as_ref().map(Id::as_str),
            traceparent: meta.traceparent.as_deref(),
            tracestate: meta.tracestate.as_deref(),
            baggage: meta.baggage.as_deref(),
            correlationclaimed: meta.correlation_claimed,
            causationclaimed: meta.causation_claimed,
            actor,
            actorrole,
            actorvia: meta.via.as_ref().map(Subject::as_str),
            data: self.data.clone(),
        }
        .serialize(sink)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let wire = CloudEvent::<String>::deserialize(source)?;
        let id = |text: String| Id::parse(text).map_err(D::Error::custom);
        let subject = |text: String| Subject::parse(text).map_err(D::Error::custom);
        let aggregate_type =
            wire.source.strip_prefix("/aggregates/").ok_or_else(|| D::Error::custom("source"))?;
        let actor = match wire.actorrole.as_str() {
            SYSTEM => None,
            role => {
                let role = Role::parse(role).ok_or_else(|| D::Error::custom("actorrole"))?;
                Some(Principal::new(subject(wire.actor)?, role))
            }
        };
        let schema_version = wire.dataschema.rsplit(':').next().and_then(|text| text.parse().ok());
        Ok(Self {
            id: wire.id,
            stream: StreamId::new(aggregate_type, id(wire.subject)?),
            version: wire.sequence.parse().map_err(D::Error::custom)?,
            event_type: wire.event_type,
            schema_version: schema_version.ok_or_else(|| D::Error::custom("dataschema"))?,
            time: wire.time,
            command_id: id(wire.commandid)?,
            metadata: Metadata {
                correlation_id: wire.correlationid.map(id).transpose()?,
                causation_id: wire.causationid.map(id).transpose()?,
                traceparent: wire.traceparent,
                tracestate: wire.tracestate,
                baggage: wire.baggage,
                correlation_claimed: wire.correlationclaimed,
                causation_claimed: wire.causationclaimed,
                actor,
                via: wire.actorvia.map(subject).transpose()?,
                answer_by: None,
            },
            data: wire.data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        Envelope {
            id: "0190a7a0-0000-7000-8000-000000000001".into(),
            stream: StreamId::new("door", Id::parse("front").unwrap()),
            version: 12,
            event_type: "DoorOpened".into(),
            schema_version: 2,
            time: Timestamp::parse("2026-01-31T12:00:00Z").unwrap(),
            command_id: Id::parse("c-1").unwrap(),
            metadata: Metadata {
                correlation_id: Id::parse("r-1").ok(),
                actor: Some(Principal::new(Id::parse("ana").unwrap(), Role::new("owner"))),
                ..Metadata::default()
            },
            data: RawValue::from_string(r#"{"wide":true,"by":"ana"}"#.into()).unwrap(),
        }
    }

    #[test]
    fn without_names_it_says_only_the_role() {
        let mut event = envelope();
        event.metadata.via = Some(Id::parse("shop").unwrap().into());
        event.metadata.baggage = Some("buyer=ana".into());
        let text = serde_json::to_string(&event.nameless()).unwrap();
        assert!(text.contains(r#""actor":"owner","actorrole":"owner","data""#), "{text}");
        assert!(!text.contains("shop") && !text.contains("buyer"), "{text}");
        event.metadata.actor = None;
        assert_eq!(event.nameless().metadata.acting(), ("system", "system"));
    }

    #[test]
    fn baggage_takes_a_member_once_and_within_its_bounds() {
        let mut metadata =
            Metadata { baggage: Some("tenant=a;p=1, shop=web".into()), ..Metadata::default() };
        metadata.carry("tenant", "b").unwrap();
        assert_eq!(metadata.baggage.as_deref(), Some("shop=web,tenant=b"));
        for (key, value) in
            [("", "a"), ("a b", "a"), ("a", "b,c=d"), ("a", "\n"), ("a", &"x".repeat(1_024))]
        {
            assert!(metadata.carry(key, value).is_err(), "{key} {value}");
        }
        assert_eq!(metadata.baggage.as_deref(), Some("shop=web,tenant=b"));
    }

    #[test]
    fn the_wire_form_is_a_cloud_event() {
        let expected = r#"{"specversion":"1.0","id":"0190a7a0-0000-7000-8000-000000000001","source":"/aggregates/door","subject":"front","type":"DoorOpened","time":"2026-01-31T12:00:00.000Z","datacontenttype":"application/json","dataschema":"urn:edgefold:door:DoorOpened:2","sequence":"0000000012","commandid":"c-1","correlationid":"r-1","actor":"ana","actorrole":"owner","data":{"wide":true,"by":"ana"}}"#;
        assert_eq!(serde_json::to_string(&envelope()).unwrap(), expected);
    }

    #[test]
    fn the_system_is_named_where_nobody_asked() {
        let mut quiet = envelope();
        quiet.metadata.actor = None;
        let text = serde_json::to_string(&quiet).unwrap();
        assert!(text.contains(r#""actor":"system","actorrole":"system""#), "{text}");
        assert_eq!(serde_json::from_str::<Envelope>(&text).unwrap(), quiet);
    }

    #[test]
    fn the_wire_form_reads_back() {
        let text = serde_json::to_string(&envelope()).unwrap();
        assert_eq!(serde_json::from_str::<Envelope>(&text).unwrap(), envelope());
    }

    #[test]
    fn a_field_is_read_without_knowing_the_type() {
        assert_eq!(envelope().field("by").as_deref(), Some("ana"));
        assert_eq!(envelope().field("wide"), None);
        assert_eq!(envelope().field("none"), None);
    }
}
