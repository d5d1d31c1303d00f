//! Step 1, **command**: a message enters at a door, and is answered at once.

use edgefold_kernel::{
    Described, Failure, Id, Kind, Metadata, Rejection, Shape, Version,
    command::optional_object,
    payload,
    shape::{Field, Object},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::door::{allowance::Allowance, header, json};

/// A command on its way, as it enters at `POST /commands`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// Stored name of the aggregate's type.
    pub aggregate_type: String,
    /// Instance. A command that begins a stream may leave it out at a door.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub aggregate_id: Option<Id>,
    /// Name of the command.
    pub name: String,
    /// Its payload, an object.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, Value>"))]
    pub payload: Value,
    /// Idempotency key. The door makes one up when it is left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command_id: Option<Id>,
    /// Absent: any; 0: the stream must not exist; n: the stream must be at n.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected_version: Option<Version>,
    /// Its causes: correlation, causation, trace context and actor.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "optional_object"
    )]
    pub metadata: Option<Metadata>,
}

impl Described for Message {
    const SHAPE: Shape = Shape::Object(&Object {
        name: "Message",
        about: "",
        is_strict: true,
        fields: &[
            Field::new("aggregateType", "", Shape::ANY_TEXT),
            Field::new("aggregateId", "", Shape::Id).optional(),
            Field::new("name", "", Shape::ANY_TEXT),
            Field::new("payload", "", Shape::Any),
            Field::new("commandId", "", Shape::Id).optional(),
            Field::new("expectedVersion", "", Version::SHAPE).optional(),
            Field::new("metadata", "", Metadata::SHAPE).optional(),
        ],
    });
}

impl Message {
    /// Reads a message from a JSON object.
    ///
    /// # Errors
    /// `MISSING_FIELD`, `UNKNOWN_FIELD` or `INVALID_FIELD`, with the field's path.
    pub fn from_value(value: Value) -> Result<Self, Rejection> {
        payload::body("message", value)
    }

    /// Takes the `Idempotency-Key` header as command id.
    ///
    /// # Errors
    /// `INVALID_FIELD` when it is not an id, or the body names another one.
    pub fn with_key(mut self, key: Option<String>) -> Result<Self, Rejection> {
        let Some(key) = key else { return Ok(self) };
        let invalid = |said: &str| {
            Rejection::shape("INVALID_FIELD", "Idempotency-Key", format!("expected: {said}"))
        };
        let key = Id::parse(header::key(key)).map_err(invalid)?;
        match &self.command_id {
            Some(command_id) if *command_id != key => {
                Err(invalid("the same value as commandId, or only one of the two"))
            }
            _ => {
                self.command_id = Some(key);
                Ok(self)
            }
        }
    }
}

/// Reads JSON from a request's body of at most `most` bytes.
///
/// # Errors
/// `BODY_TOO_LARGE`, or what [`json::read`] says.
pub fn parse_json(body: &[u8], most: usize) -> Result<Value, Rejection> {
    if body.len() > most {
        return Err(body_too_large(most));
    }
    json::read(body)
}

/// The refusal of a body of more than `most` bytes.
pub fn body_too_large(most: usize) -> Rejection {
    let detail = format!("the body may have at most {most} bytes");
    Rejection::new(Kind::TooLarge, "BODY_TOO_LARGE", detail)
}

/// One appended event, as the answer to a command names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventRef {
    /// UUIDv7.
    pub id: String,
    /// Stored name of the event type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Its place in the stream.
    pub version: Version,
}

/// The answer to an accepted command. Over HTTP: 202.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accepted {
    /// The command's id, made up when the caller gave none.
    pub command_id: Id,
    /// Stored name of the aggregate's type.
    pub aggregate_type: String,
    /// The instance, made up when the caller gave none: the same one each time that the command is sent.
    pub aggregate_id: Id,
    /// Version of the first appended event; the current version when nothing had to be appended.
    pub first_version: Version,
    /// Version of the stream after the command.
    pub version: Version,
    /// The appended events.
    pub events: Vec<EventRef>,
    /// Milliseconds to wait for what follows, such as the answer of another aggregate, before asking for it; 0 when nothing does. It is
    /// reckoned when this is answered, also when it is answered again, and is never later than the deadline.
    pub confirm_within_ms: u32,
    /// True if this is the outcome of an earlier send of the same command.
    pub duplicate: bool,
}

/// A refusal or a fault as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// `urn:edgefold:problem:` and the code.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "schema", schemars(pattern("^urn:edgefold:problem:[A-Z][A-Z0-9_]*$")))]
    pub kind: String,
    /// The meaning of the status.
    pub title: &'static str,
    /// The HTTP status.
    #[cfg_attr(feature = "schema", schemars(range(min = 400, max = 599)))]
    pub status: u16,
    /// Stable code, for programs.
    #[cfg_attr(feature = "schema", schemars(pattern("^[A-Z][A-Z0-9_]*$")))]
    pub code: String,
    /// A sentence for people that says what was expected.
    pub detail: String,
    /// Path of the offending field, such as `payload.dateStart`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Name of the business rule that said no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Version of the stream when it was refused, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<Version>,
    /// The command's id, made up when the caller gave none: what fails on the server's side is safe to repeat under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_id: Option<Id>,
}

impl Problem {
    fn new(status: u16, code: &str, detail: &str) -> Self {
        Self {
            kind: format!("urn:edgefold:problem:{code}"),
            title: title(status),
            status,
            code: code.to_owned(),
            detail: detail.to_owned(),
            field: None,
            rule: None,
            current_version: None,
            command_id: None,
        }
    }

    /// A failure: a fault with its code, never with its text.
    pub fn of(failure: &Failure) -> Self {
        match failure {
            Failure::Rejected(rejection) => Self {
                field: rejection.field.clone(),
                rule: rejection.rule.as_ref().map(ToString::to_string),
                current_version: rejection.current_version,
                ..Self::new(rejection.status(), &rejection.code, &rejection.detail)
            },
            Failure::Faulted(fault) => {
                let detail = if fault.retryable() { "try again" } else { "an error on our side" };
                Self::new(fault.status(), fault.code(), detail)
            }
        }
    }

    /// The same problem of this command.
    #[must_use]
    pub fn of_command(self, command_id: Option<&Id>) -> Self {
        Self { command_id: command_id.cloned(), ..self }
    }
}

/// The result of a command as one JSON object with its `status`, for doors that answer several commands at once.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer<'a> {
    /// It was accepted.
    Accepted {
        /// The answer to it alone.
        #[serde(flatten)]
        accepted: &'a Accepted,
        /// 202.
        status: u16,
    },
    /// It was refused, or has failed.
    Failed(Box<Problem>),
}

/// The result of a command among others. A failure names the command.
pub fn answer<'a>(result: &'a Result<Accepted, Failure>, command_id: Option<&Id>) -> Answer<'a> {
    match result {
        Ok(accepted) => Answer::Accepted { accepted, status: 202 },
        Err(failure) => Answer::Failed(Box::new(Problem::of(failure).of_command(command_id))),
    }
}

/// The body of `POST /commands`.
#[derive(Debug, PartialEq)]
pub enum Incoming {
    /// One command, answered by one object.
    One(Box<Message>),
    /// Several commands, answered by an array in the same order. One that cannot be read does not affect the others.
    Many(Vec<Result<Message, Rejection>>),
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Incoming {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Incoming".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = generator.subschema_for::<Message>();
        schemars::json_schema!({
            "description": "The body of POST /commands: one command, or several.",
            "anyOf": [
                one,
                {
                    "type": "array",
                    "items": one,
                    "minItems": 1,
                    "maxItems": edgefold_kernel::limits::BATCH_COMMANDS,
                },
            ],
        })
    }
}

impl Incoming {
    /// Reads one message, or an array of as many as are allowed.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`, `MALFORMED_JSON`, `INVALID_BATCH`, or what [`Message::from_value`] says of a single one.
    pub fn parse(body: &[u8], allowance: &Allowance) -> Result<Self, Rejection> {
        let most = allowance.batch;
        match parse_json(body, allowance.body)? {
            Value::Array(items) if (1..=most).contains(&items.len()) => {
                Ok(Self::Many(items.into_iter().map(Message::from_value).collect()))
            }
            Value::Array(items) => {
                let detail =
                    format!("a batch may have 1 to {most} commands, this one has {}", items.len());
                Err(Rejection::shape("INVALID_BATCH", "message", detail))
            }
            one => Message::from_value(one).map(|one| Self::One(Box::new(one))),
        }
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Malformed request",
        401 => "Unauthenticated",
        403 => "Forbidden",
        404 => "Not found",
        405 => "Method not allowed",
        409 => "Version conflict",
        413 => "Too large",
        415 => "Unsupported media type",
        422 => "Refused",
        503 => "Unavailable",
        _ => "Internal error",
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Fault, limits};
    use serde_json::json;

    use super::*;

    fn parse(body: &str) -> Result<Message, Rejection> {
        Message::from_value(parse_json(body.as_bytes(), limits::BODY_BYTES)?)
    }

    fn refusal(body: &str) -> (u16, String, String) {
        let refusal = parse(body).unwrap_err();
        (refusal.status(), refusal.code.to_string(), refusal.field.unwrap_or_default())
    }

    #[test]
    fn a_message_is_refused_precisely() {
        assert_eq!(refusal("{").1, "MALFORMED_JSON");
        assert_eq!(refusal("[]"), (422, "INVALID_FIELD".into(), "message".into()));
        assert_eq!(refusal("{}"), (422, "MISSING_FIELD".into(), "aggregateType".into()));
        let with =
            |rest: &str| format!(r#"{{"aggregateType":"a","name":"b","payload":{{}}{rest}}}"#);
        assert_eq!(
            refusal(&with(r#","expectedVersion":-1"#)),
            (422, "INVALID_FIELD".into(), "expectedVersion".into())
        );
        assert_eq!(
            refusal(&with(r#","aggregateId":"a/b""#)),
            (422, "INVALID_FIELD".into(), "aggregateId".into())
        );
        assert_eq!(
            refusal(&with(r#","metadata":["r-1"]"#)),
            (422, "INVALID_FIELD".into(), "metadata".into())
        );
        assert_eq!(
            refusal(&with(r#","metadata":{"correlationId":"a/b"}"#)),
            (422, "INVALID_FIELD".into(), "metadata.correlationId".into())
        );
        assert_eq!(refusal(&with(r#","mood":1"#)), (422, "UNKNOWN_FIELD".into(), "mood".into()));
        assert!(parse(&with("")).is_ok());
    }

    #[test]
    fn a_body_over_the_limit_is_refused_before_it_is_parsed() {
        let body = vec![b' '; limits::BODY_BYTES + 1];
        let parse = |allowance| Incoming::parse(&body, &allowance).unwrap_err();
        assert_eq!(parse(Allowance::default()).status(), 413);
        let more = Allowance { body: body.len(), ..Allowance::default() };
        assert_eq!(parse(more).status(), 400, "as many bytes as are allowed are read");
    }

    #[test]
    fn a_batch_over_the_limit_is_refused_as_a_whole() {
        let parse = |batch| {
            let allowance = Allowance { batch, ..Allowance::default() };
            Incoming::parse(b"[1, 2, 3]", &allowance)
        };
        assert_eq!(parse(2).unwrap_err().code, "INVALID_BATCH");
        assert!(matches!(parse(3), Ok(Incoming::Many(items)) if items.len() == 3));
        assert_eq!(
            Incoming::parse(b"[]", &Allowance::default()).unwrap_err().code,
            "INVALID_BATCH"
        );
    }

    #[test]
    fn a_problem_carries_field_rule_and_version() {
        let problem = json!(Problem::of(&Rejection::rule("ROOM_CLOSED", "closed").at(3).into()));
        let shown = [&problem["status"], &problem["rule"], &problem["currentVersion"]];
        assert_eq!(shown, [&json!(422), &json!("ROOM_CLOSED"), &json!(3)]);
    }

    #[test]
    fn a_refusal_and_a_fault_name_the_command() {
        let id = Id::parse("c-1").unwrap();
        for failure in [
            Failure::from(Rejection::rule("ROOM_CLOSED", "closed")),
            Fault::Unavailable("the object".into(), "no answer".into()).into(),
        ] {
            let named = |id| json!(answer(&Err(failure.clone()), id)).get("commandId").cloned();
            assert_eq!(named(Some(&id)), Some(json!("c-1")), "{failure}");
            assert_eq!(named(None), None);
        }
    }

    #[test]
    fn a_key_in_quotes_is_the_same_key() {
        let body = r#"{"aggregateType":"a","name":"b","payload":{},"commandId":"abc"}"#;
        let keyed = |key: &str| parse(body).unwrap().with_key(Some(key.to_owned()));
        assert!(keyed("abc").is_ok() && keyed("\"abc\"").is_ok());
        assert!(keyed("abd").is_err() && keyed("\"abd\"").is_err());
    }

    #[test]
    fn a_message_is_the_same_however_its_numbers_are_written() {
        let body = |numbers: &str| format!(r#"{{"aggregateType":"a","name":"b",{numbers}}}"#);
        let plain = parse(&body(r#""expectedVersion":0,"payload":{"capacity":2,"rate":9900}"#));
        let float =
            parse(&body(r#""expectedVersion":0.0,"payload":{"capacity":2.0,"rate":9.9e3}"#));
        assert_eq!(float.unwrap(), plain.unwrap());
        let twice = refusal(&body(r#""commandId":"a","commandId":"b","payload":{}"#));
        assert_eq!(twice, (400, "DUPLICATE_MEMBER".into(), "commandId".into()));
    }
}
