//! The messages of the client, the answers of the server, and the close codes.

use edgefold_kernel::{Kind, Rejection, Timestamp, limits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::door::{self, document::is_hash_alone};

/// The subprotocol.
pub const PROTOCOL: &str = "graphql-transport-ws";
/// The client's message to check the socket, as every client writes it …
pub const PING: &str = r#"{"type":"ping"}"#;
/// … and the answer.
pub const PONG: &str = r#"{"type":"pong"}"#;

/// A JSON object.
pub type Payload = Map<String, Value>;

/// A message of the client.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// `connection_init`.
    Init(Option<Payload>),
    /// `ping`.
    Ping(Option<Payload>),
    /// `pong`.
    Pong(Option<Payload>),
    /// `subscribe`.
    Subscribe {
        /// Made up by the client, unique among its active operations.
        id: String,
        /// The request.
        asked: Box<Asked>,
    },
    /// `complete`.
    Complete {
        /// Id of the operation.
        id: String,
    },
}

/// The payload of `subscribe`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// The document; empty where the client has sent only its hash.
    pub query: String,
    /// The operation to execute, when there are several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation_name: Option<String>,
    /// The variables.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variables: Option<Payload>,
    /// Extensions of the request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extensions: Option<Payload>,
}

impl Asked {
    /// What a request over HTTP has asked for. Nothing here reads the extensions.
    pub fn of(request: &async_graphql::Request) -> Self {
        let variables = match json!(request.variables) {
            Value::Object(variables) if !variables.is_empty() => Some(variables),
            _ => None,
        };
        Self {
            query: request.query.clone(),
            operation_name: request.operation_name.clone(),
            variables,
            extensions: None,
        }
    }

    /// What is kept of a subscription for as long as it lives: the extensions, which nothing reads, are not.
    ///
    /// # Errors
    /// `VARIABLES_TOO_LARGE` when the variables have more than `most` bytes.
    pub fn to_keep(self, most: usize) -> Result<Self, Rejection> {
        let variables = self.variables.as_ref().map(|it| json!(it).to_string().len());
        if variables.is_some_and(|bytes| bytes > most) {
            let detail = format!("the variables of a subscription may have at most {most} bytes");
            return Err(Rejection::new(Kind::TooLarge, "VARIABLES_TOO_LARGE", detail));
        }
        Ok(Self { extensions: None, ..self })
    }

    /// True if the client has sent a hash in place of the document.
    pub fn is_hash_alone(&self) -> bool {
        let has_hash = |it: &Payload| it.contains_key("persistedQuery");
        self.query.is_empty() && self.extensions.as_ref().is_some_and(has_hash)
    }

    /// The request, as GraphQL takes it. Nothing here reads the extensions.
    pub fn request(&self) -> async_graphql::Request {
        let mut request = async_graphql::Request::new(&self.query);
        request.operation_name = self.operation_name.clone();
        let variables = Value::Object(self.variables.clone().unwrap_or_default());
        request.variables = async_graphql::Variables::from_json(variables);
        request
    }
}

impl Said {
    /// Reads a message of at most `most` bytes.
    ///
    /// # Errors
    /// [`Close::BadRequest`] for a message that the protocol does not know.
    pub fn parse(text: &str, most: usize) -> Result<Self, Close> {
        if text.len() > most {
            return Err(invalid(&format!("a message may have at most {most} bytes")));
        }
        let mut message = match door::json::read(text.as_bytes()) {
            Ok(Value::Object(message)) => message,
            Err(refusal) if refusal.code != "MALFORMED_JSON" => {
                return Err(invalid(&refusal.detail));
            }
            _ => return Err(invalid("expected a JSON object")),
        };
        let kind = message.remove("type");
        let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
        // Nothing but an operation is long.
        let most = limits::BODY_BYTES_LEAST;
        if kind != "subscribe" && text.len() > most {
            return Err(invalid(&format!("{kind}: a message may have at most {most} bytes")));
        }
        let payload = message.remove("payload");
        match kind {
            "connection_init" => Ok(Self::Init(object(kind, payload)?)),
            "ping" => Ok(Self::Ping(object(kind, payload)?)),
            "pong" => Ok(Self::Pong(object(kind, payload)?)),
            "complete" => Ok(Self::Complete { id: id(kind, &mut message)? }),
            "subscribe" => {
                let id = id(kind, &mut message)?;
                let mut payload = payload.unwrap_or_default();
                if let Value::Object(members) = &mut payload
                    && is_hash_alone(members)
                {
                    members.insert("query".to_owned(), json!(""));
                }
                // `expected …` of serde names the field that is wrong, and nothing of ours.
                let asked = door::json::of(&payload)
                    .map_err(|error| invalid(&format!("subscribe: {error}")))?;
                Ok(Self::Subscribe { id, asked: Box::new(asked) })
            }
            "" => Err(invalid("a message must have a type")),
            _ => Err(invalid("the type of this message is unknown")),
        }
    }
}

fn object(kind: &str, payload: Option<Value>) -> Result<Option<Payload>, Close> {
    match payload {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err(invalid(&format!("{kind}: expected an object as payload"))),
    }
}

fn id(kind: &str, message: &mut Payload) -> Result<String, Close> {
    match message.remove("id") {
        Some(Value::String(id)) if id.len() > limits::OPERATION_ID_BYTES => {
            let most = limits::OPERATION_ID_BYTES;
            Err(invalid(&format!("{kind}: an id may have at most {most} bytes")))
        }
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        _ => Err(invalid(&format!("{kind}: expected a non-empty string as id"))),
    }
}

fn invalid(detail: &str) -> Close {
    Close::BadRequest(detail.to_owned())
}

/// The reasons for which the server closes a socket. 4000–4999 are an application's own (RFC 6455).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Close {
    /// 4400: the client sent something that is not a message.
    BadRequest(String),
    /// 4401: an operation before the acknowledgement.
    Unauthorized,
    /// 4401: no token, or a bad one. Clients do not come back with it.
    BadToken(String),
    /// 4403: the token has expired while the socket was open, or is somebody else's. Clients come back with a new one.
    Forbidden(&'static str),
    /// 4406: another subprotocol.
    SubprotocolNotAcceptable,
    /// 4408: no `connection_init` in time.
    InitTimeout,
    /// 4409: there is an active operation of this id.
    SubscriberExists(String),
    /// 4429: a second `connection_init`.
    TooManyInits,
    /// 4430, ours: the client does not read what it is sent. It comes back with its cursors.
    SlowConsumer,
    /// 4431, ours: the principal has too many sockets open.
    TooManySockets,
    /// 1013: the token cannot be checked now. The client may try again.
    TryAgainLater,
    /// 1012: the session was interrupted while it worked on a single result. The client may try again.
    Restarted,
}

impl Close {
    /// The close code.
    pub fn code(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 4400,
            Self::Unauthorized | Self::BadToken(_) => 4401,
            Self::Forbidden(_) => 4403,
            Self::SubprotocolNotAcceptable => 4406,
            Self::InitTimeout => 4408,
            Self::SubscriberExists(_) => 4409,
            Self::TooManyInits => 4429,
            Self::SlowConsumer => 4430,
            Self::TooManySockets => 4431,
            Self::Restarted => 1012,
            Self::TryAgainLater => 1013,
        }
    }

    /// The reason, as the protocol words it. A close frame holds 123 bytes of it.
    pub fn reason(&self) -> String {
        let mut reason = match self {
            Self::BadRequest(detail) => format!("Invalid message: {detail}"),
            Self::Unauthorized => "Unauthorized".into(),
            Self::BadToken(detail) => format!("Unauthorized: {detail}"),
            Self::Forbidden(detail) => format!("Forbidden: {detail}"),
            Self::SubprotocolNotAcceptable => "Subprotocol not acceptable".into(),
            Self::InitTimeout => "Connection initialisation timeout".into(),
            Self::SubscriberExists(id) => {
                // Shortened in the middle of the sentence, so that it still says what is wrong.
                let mut id = id.clone();
                shorten(&mut id, 80);
                format!("Subscriber for {id} already exists")
            }
            Self::TooManyInits => "Too many initialisation requests".into(),
            Self::SlowConsumer => "Slow consumer: come back with your cursors".into(),
            Self::TooManySockets => "Too many sockets".into(),
            Self::Restarted => "Service restart".into(),
            Self::TryAgainLater => "Try again later".into(),
        };
        shorten(&mut reason, 123);
        reason
    }
}

fn shorten(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
}

/// `connection_ack`.
pub fn ack(payload: Option<&Payload>) -> String {
    with_payload("connection_ack", payload)
}

/// `pong`, with the payload of the `ping`.
pub fn pong(payload: Option<&Payload>) -> String {
    with_payload("pong", payload)
}

/// `ping` with a number, which comes back with the `pong`.
pub fn ping(number: u64) -> String {
    json!({"type": "ping", "payload": {"number": number}}).to_string()
}

/// The number of our `ping`, from the payload of a `pong`.
pub fn number(payload: Option<&Payload>) -> Option<u64> {
    payload?.get("number")?.as_u64()
}

/// What a client shows in a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A token.
    Token(String),
    /// A ticket, see [`ticket`](crate::door::ticket).
    Ticket(String),
}

/// The token in a payload: `authorization` as in the header, `Bearer …`, or the bare token as `token`; or a `ticket`.
pub fn shown(payload: Option<&Payload>) -> Option<Shown> {
    let payload = payload?;
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let bearer = ["authorization", "Authorization"].into_iter().find_map(text);
    let bearer = bearer.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let token = bearer.or_else(|| text("token")).map(|token| Shown::Token(token.to_owned()));
    token.or_else(|| text("ticket").map(|ticket| Shown::Ticket(ticket.to_owned())))
}

/// The answer to a `ping` with a token that counts from now on.
pub fn renewed(expires_at: Timestamp) -> String {
    json!({"type": "pong", "payload": {"expiresAt": expires_at}}).to_string()
}

/// The answer to a `ping` with a token that does not count.
pub fn not_renewed(code: &str, detail: &str) -> String {
    json!({"type": "pong", "payload": {"code": code, "detail": detail}}).to_string()
}

fn with_payload(kind: &str, payload: Option<&Payload>) -> String {
    match payload {
        Some(payload) => json!({"type": kind, "payload": payload}).to_string(),
        None => json!({"type": kind}).to_string(),
    }
}

/// `next`. `result` is the JSON text of an execution result.
pub fn next(id: &str, result: &str) -> String {
    format!(r#"{{"id":{},"type":"next","payload":{result}}}"#, json!(id))
}

/// `error`. `errors` is the JSON text of a list of GraphQL errors.
pub fn error(id: &str, errors: &str) -> String {
    format!(r#"{{"id":{},"type":"error","payload":{errors}}}"#, json!(id))
}

/// A list of one GraphQL error, for [`error`].
pub fn errors(code: &str, detail: &str) -> String {
    json!([{"message": detail, "extensions": {"code": code}}]).to_string()
}

/// `complete`.
pub fn complete(id: &str) -> String {
    json!({"id": id, "type": "complete"}).to_string()
}

/// True if the client offers the subprotocol.
pub fn is_offered(offered: Option<&str>) -> bool {
    offered.is_some_and(|list| list.split(',').any(|one| one.trim() == PROTOCOL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Said, Close> {
        Said::parse(text, 1 << 20)
    }

    #[test]
    fn a_subscription_keeps_bounded_variables_and_no_extensions() {
        let of = |variables: usize, extensions: usize| {
            let padded = |length| json!({"x": "x".repeat(length)}).as_object().cloned();
            let (variables, extensions) = (padded(variables), padded(extensions));
            Asked { query: "subscription{a}".into(), variables, extensions, ..Asked::default() }
        };
        let kept = of(1_000, 1 << 20).to_keep(1_010).unwrap();
        assert_eq!((kept.extensions, kept.variables.is_some()), (None, true));
        let refusal = of(1_000, 0).to_keep(1_000).unwrap_err();
        assert_eq!((refusal.status(), &*refusal.code), (413, "VARIABLES_TOO_LARGE"));
    }

    #[test]
    fn a_request_over_http_asks_for_the_same() {
        let variables = json!({"a": [1, {"b": "c"}, null]}).as_object().cloned();
        let query = "subscription($a: [A]) { a(a: $a) }".to_owned();
        let asked = Asked { query, variables, operation_name: Some("a".into()), extensions: None };
        assert_eq!(Asked::of(&asked.request()), asked);
    }

    #[test]
    fn a_member_that_comes_twice_is_no_message() {
        let twice = r#"{"id":"1","type":"subscribe","payload":{"query":"{a}","query":"{b}"}}"#;
        let Err(Close::BadRequest(detail)) = read(twice) else { panic!("it is read") };
        assert_eq!(detail, "the member payload.query comes twice");
    }

    #[test]
    fn every_message_of_the_protocol_is_read() {
        let payload = json!({"a": 1}).as_object().cloned();
        for (text, said) in [
            (r#"{"type":"connection_init"}"#, Said::Init(None)),
            (r#"{"type":"connection_init","payload":null}"#, Said::Init(None)),
            (r#"{"type":"connection_init","payload":{"a":1}}"#, Said::Init(payload.clone())),
            (r#"{"type":"ping"}"#, Said::Ping(None)),
            (r#"{"type":"ping","payload":{"a":1}}"#, Said::Ping(payload.clone())),
            (r#"{"type":"pong","payload":{"a":1},"more":7}"#, Said::Pong(payload)),
            (r#"{"id":"1","type":"complete"}"#, Said::Complete { id: "1".into() }),
        ] {
            assert_eq!(read(text), Ok(said), "{text}");
        }
        let text = r#"{"id":"1","type":"subscribe","payload":{"query":"{a}","operationName":null,"variables":{"a":1},"extensions":null}}"#;
        let Ok(Said::Subscribe { id, asked }) = read(text) else { panic!("{text}") };
        assert_eq!((id.as_str(), asked.query.as_str(), asked.operation_name), ("1", "{a}", None));
        assert_eq!(asked.variables.unwrap()["a"], 1);
    }

    #[test]
    fn a_type_or_format_which_is_not_specified_is_4400() {
        for text in [
            "",
            "7",
            "[]",
            "{}",
            r#"{"type":7}"#,
            r#"{"type":"next","id":"1","payload":{}}"#,
            r#"{"type":"start","id":"1","payload":{"query":"{a}"}}"#,
            r#"{"type":"ping","payload":"a"}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"complete","id":7}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":7}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":7}}"#,
        ] {
            let close = read(text).unwrap_err();
            assert_eq!(close.code(), 4400, "{text}");
            assert!(close.reason().len() <= 123, "{text}");
        }
        let long = format!(r#"{{"type":"ping","payload":{{"a":"{}"}}}}"#, "a".repeat(1 << 20));
        assert_eq!(read(&long).unwrap_err().code(), 4400);
    }

    #[test]
    fn the_id_of_an_operation_has_a_length() {
        let of = |bytes| {
            let id = "a".repeat(bytes);
            let asked = json!({"type": "subscribe", "id": id, "payload": {"query": "{a}"}});
            let ended = json!({"type": "complete", "id": id});
            [asked, ended].map(|message| read(&message.to_string()).err())
        };
        assert_eq!(of(limits::OPERATION_ID_BYTES), [None, None]);
        for close in of(limits::OPERATION_ID_BYTES + 1).map(Option::unwrap) {
            assert_eq!(close.code(), 4400);
            assert!(close.reason().ends_with("256 bytes"), "{}", close.reason());
        }
    }

    #[test]
    fn a_reason_fits_a_close_frame_and_still_says_which_operation() {
        let close = Close::SubscriberExists("é".repeat(100));
        assert!(close.reason().len() <= 123);
        assert!(close.reason().ends_with("already exists"));
        assert_eq!(Close::SubscriberExists("7".into()).reason(), "Subscriber for 7 already exists");
    }

    #[test]
    fn what_is_answered_is_json() {
        for text in
            [ack(None), pong(None), ping(7), next("a\"b", "{}"), error("1", "[]"), complete("1")]
        {
            serde_json::from_str::<Value>(&text).unwrap();
        }
        assert_eq!(pong(None), PONG);
        let Ok(Said::Pong(back)) = read(&ping(7).replace("ping", "pong")) else {
            panic!("a ping comes back as pong")
        };
        assert_eq!(number(back.as_ref()), Some(7));
    }

    #[test]
    fn the_subprotocol_is_one_of_those_that_are_offered() {
        assert!(is_offered(Some("graphql-transport-ws")));
        assert!(is_offered(Some("edgefold.v1, graphql-transport-ws")));
        assert!(!is_offered(Some("graphql-ws")));
        assert!(!is_offered(None));
    }
}
