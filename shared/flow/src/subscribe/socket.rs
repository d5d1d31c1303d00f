//! Step 8, **subscribe**: the protocol of an aggregate's native socket, `edgefold.v1`.
//!
//! After the upgrade the server sends every stored event after the cursor, in order, as `event`; then `caughtUp` once;
//! then live events as `event`. Each event carries its version as `sequence`: a client that was cut off comes back with
//! `?after=` the last one that it saw. `ping` is answered by `pong` without waking a hibernated object.
//!
//! A client sends commands to this instance as `command`, or several as `commands`; each is answered by `accepted` or
//! `rejected` with its `id`, in order. Anything else is answered by `error`, and the socket stays open. Each message
//! but `pong`, and the exact `ping` that the runtime answers, counts as a request of its principal: one too many is answered with the code `RATE_LIMITED`,
//! and nothing is decided.
//!
//! After every [`SOCKET_WINDOW_BYTES`](edgefold_kernel::limits::SOCKET_WINDOW_BYTES) the server asks the client whether
//! it has them: it sends `{"type":"ping","version":N}`, and the client sends `{"type":"pong","version":N}` back. Until
//! then the client gets no more events; then it gets the stored ones. A client that has not answered after 10 s, or
//! does not read the answers to its own commands, gets an `error` with the code `SLOW_CONSUMER` and the close code
//! [`SLOW_CONSUMER`]. It comes back with `?after=`. A socket that carries little is not asked, unless all sockets of the
//! instance together have much that is not known to be read: see [`crowd`](super::crowd). Then the one that is furthest
//! behind may be closed, with the code `TOO_MUCH_UNREAD` and the close code [`TOO_MUCH_UNREAD`].

use edgefold_kernel::{
    Envelope, Failure, Id, Kind, Metadata, Rejection, Timestamp, Version, command::optional_object,
    limits,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Accepted, Message,
    command::body_too_large,
    door::{allowance::Allowance, json, ticket},
};

/// Subprotocol of the native socket.
pub const PROTOCOL: &str = "edgefold.v1";
/// The client's message to check the socket …
pub const PING: &str = r#"{"type":"ping"}"#;
/// … and the answer.
pub const PONG: &str = r#"{"type":"pong"}"#;

/// Close code for a token that has expired and was not renewed: 03 is from 403.
pub const EXPIRED: u16 = 4403;

/// Close code for a reader that is too slow: 4000–4999 are an application's own (RFC 6455), 29 is from 429.
pub const SLOW_CONSUMER: u16 = 4429;

/// Close code for the reader that is furthest behind when all readers of an instance together have too much unread. 4430
/// and 4431 are taken by the GraphQL socket.
pub const TOO_MUCH_UNREAD: u16 = 4432;

/// A message of the client.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// The client checks the socket.
    Ping {},
    /// It has everything up to the server's `ping`.
    Pong {
        /// The version of the server's `ping`. A `pong` without one answers nothing and is not an error.
        version: Option<Version>,
    },
    /// A new token, before the old one expires.
    Authenticate {
        /// For the same subject in the same role.
        token: String,
    },
    /// A command to this instance.
    Command(Box<Asked>),
    /// Several commands to this instance, in order.
    Commands {
        /// They are answered one by one.
        commands: Vec<Asked>,
    },
}

/// A command to this instance. Unknown fields are refused, as at `POST /commands`: a misspelt `expectedVersion` must
/// not mean "any".
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Asked {
    /// Comes back with the answer.
    pub id: String,
    /// Name of the command.
    pub name: String,
    /// Its payload, an object.
    pub payload: Value,
    /// Idempotency key; made up when it is left out.
    #[serde(default)]
    pub command_id: Option<Id>,
    /// Absent: any; 0: the stream must not exist; n: the stream must be at n.
    #[serde(default)]
    pub expected_version: Option<Version>,
    /// Its causes: correlation, causation, trace context and actor.
    #[serde(default, deserialize_with = "optional_object")]
    pub metadata: Option<Metadata>,
}

/// The types of messages of the client.
const TYPES: &str = "ping, pong, authenticate, command, commands";

#[derive(Deserialize)]
struct Pong {
    version: Option<Version>,
}

#[derive(Deserialize)]
struct Authenticate {
    token: String,
}

#[derive(Deserialize)]
struct Commands {
    commands: Vec<Asked>,
}

impl Said {
    /// Reads a message of the client.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`; `DUPLICATE_MEMBER`; `MALFORMED_MESSAGE` with what was expected; `INVALID_BATCH` for no commands, or
    /// too many.
    pub fn parse(text: &str, allowance: &Allowance) -> Result<Self, Rejection> {
        if text.len() > allowance.body {
            return Err(body_too_large(allowance.body));
        }
        let malformed = |detail: String| {
            Rejection::new(Kind::Malformed, "MALFORMED_MESSAGE", format!("not a message: {detail}"))
        };
        let mut value = json::read(text.as_bytes()).map_err(|refusal| match &*refusal.code {
            "MALFORMED_JSON" => malformed(refusal.detail),
            _ => refusal,
        })?;
        let kind = value.as_object_mut().and_then(|message| message.remove("type"));
        let is_short =
            matches!(kind.as_ref().and_then(Value::as_str), Some("ping" | "pong" | "authenticate"));
        if is_short && text.len() > limits::BODY_BYTES_LEAST {
            return Err(body_too_large(limits::BODY_BYTES_LEAST));
        }
        let said = match kind.as_ref().and_then(Value::as_str) {
            Some("ping") => Ok(Self::Ping {}),
            Some("pong") => json::of(&value).map(|Pong { version }| Self::Pong { version }),
            Some("authenticate") => {
                json::of(&value).map(|Authenticate { token }| Self::Authenticate { token })
            }
            Some("command") => json::of(&value).map(|asked| Self::Command(Box::new(asked))),
            Some("commands") => {
                json::of(&value).map(|Commands { commands }| Self::Commands { commands })
            }
            _ => return Err(malformed(format!("expected a type, one of {TYPES}"))),
        };
        let said = said.map_err(malformed)?;
        match &said {
            Self::Commands { commands } if !(1..=allowance.batch).contains(&commands.len()) => {
                let detail = format!("a batch may have 1 to {} commands", allowance.batch);
                Err(Rejection::shape("INVALID_BATCH", "commands", detail))
            }
            _ => Ok(said),
        }
    }
}

impl Said {
    /// The same message with an id for each of its commands: the answer names it, whatever becomes of the command.
    #[must_use]
    pub fn named(self, fresh: impl Fn() -> Id) -> Self {
        let named = |mut asked: Asked| {
            asked.command_id.get_or_insert_with(&fresh);
            asked
        };
        match self {
            Self::Command(asked) => Self::Command(Box::new(named(*asked))),
            Self::Commands { commands } => {
                Self::Commands { commands: commands.into_iter().map(named).collect() }
            }
            other => other,
        }
    }
}

impl Asked {
    /// The message to this instance, and the id that the answer carries.
    pub fn to(self, aggregate_type: &str, aggregate_id: &Id) -> (String, Message) {
        let message = Message {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: Some(aggregate_id.clone()),
            name: self.name,
            payload: self.payload,
            command_id: self.command_id,
            expected_version: self.expected_version,
            metadata: self.metadata,
        };
        (self.id, message)
    }
}

/// Requests that a message counts as, as over HTTP: a batch as many as it has commands. A `ping` counts here: the runtime
/// answers the one that is written as [`PING`], and it wakes nobody. A `pong` does
/// not count here, since it may be an answer that was asked for: the object counts the others.
pub fn cost(said: &Result<Said, Rejection>) -> usize {
    match said {
        Ok(Said::Pong { .. }) => 0,
        Ok(Said::Commands { commands }) => commands.len(),
        _ => 1,
    }
}

/// The answers to a refused message: one for each of its commands.
pub fn refuse(said: &Result<Said, Rejection>, rejection: &Rejection) -> Vec<String> {
    let commands = match said {
        Ok(Said::Command(asked)) => std::slice::from_ref(&**asked),
        Ok(Said::Commands { commands }) => commands,
        _ => return vec![error(rejection)],
    };
    let refused = Err(rejection.clone().into());
    let answer = |asked: &Asked| answer(&asked.id, &refused, asked.command_id.as_ref());
    commands.iter().map(answer).collect()
}

/// The answer to a message that is not a command.
pub fn error(rejection: &Rejection) -> String {
    Frame::Error { code: &rejection.code, detail: &rejection.detail }.text()
}

/// The answer to a command on the socket. A refusal names the command.
pub fn answer(id: &str, result: &Result<Accepted, Failure>, command_id: Option<&Id>) -> String {
    let mut answer = serde_json::json!(crate::command::answer(result, command_id));
    if let Some(members) = answer.as_object_mut() {
        let kind = if result.is_ok() { "accepted" } else { "rejected" };
        members.insert("type".to_owned(), Value::from(kind));
        members.insert("id".to_owned(), Value::from(id));
    }
    answer.to_string()
}

/// A message of the server.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Frame<'a> {
    /// One event.
    Event {
        /// In its wire form.
        event: &'a Envelope,
    },
    /// Everything that was stored has been sent; live from here.
    CaughtUp {
        /// Version of the stream at that moment.
        version: Version,
    },
    /// Asks the reader whether it has everything so far. It answers `pong` with the same version.
    Ping {
        /// Version of the last event that was sent.
        version: Version,
    },
    /// The new token counts.
    Authenticated {
        /// Instant at which it expires.
        #[serde(rename = "expiresAt")]
        expires_at: Timestamp,
    },
    /// The client sent something that is not a message, and the socket stays open; or it is too slow, and the socket
    /// closes.
    Error {
        /// Stable code.
        code: &'a str,
        /// For people.
        detail: &'a str,
    },
}

impl Frame<'_> {
    /// Text of the frame.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The cursor of a client: `after` in the query, 0 when it is left out.
///
/// # Errors
/// `INVALID_CURSOR` when it is not a version, or ahead of the stream.
pub fn cursor(after: Option<&str>, head: Version) -> Result<Version, Rejection> {
    let after = match after {
        None => Ok(0),
        Some(text) => parse_version("after", text),
    }?;
    if after > head {
        let detail = format!("after is {after}, but the stream is only at {head}");
        return Err(Rejection::shape("INVALID_CURSOR", "after", detail).at(head));
    }
    Ok(after)
}

/// Reads a version from a query string.
///
/// # Errors
/// `INVALID_CURSOR` when it is not a version.
pub fn parse_version(field: &'static str, text: &str) -> Result<Version, Rejection> {
    let digits =
        !text.is_empty() && text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().ok_or_else(|| {
        Rejection::shape(
            "INVALID_CURSOR",
            field,
            format!("{field}: expected a whole number from 0"),
        )
    })
}

/// Reads an instant from a query string. There a `+` stands for a blank: one before an offset was a `+`.
///
/// # Errors
/// `INVALID_INSTANT` when it is none.
pub fn parse_instant(field: &'static str, text: &str) -> Result<Timestamp, Rejection> {
    let offset = text.rfind(' ').filter(|at| text.len() - at == " 00:00".len());
    let written = match offset {
        Some(at) => text.get(..at).zip(text.get(at + 1..)).map(|(time, of)| format!("{time}+{of}")),
        None => None,
    };
    Timestamp::parse(written.as_deref().unwrap_or(text)).map_err(|said| {
        Rejection::shape("INVALID_INSTANT", field, format!("{field}: expected {said}"))
    })
}

/// The token among offered subprotocols, as `bearer.<token>`: browsers cannot set headers at an upgrade. It is never
/// answered as the chosen one.
pub fn offered_token(offered: &str) -> Option<&str> {
    offered.split(',').find_map(|one| one.trim().strip_prefix(TOKEN_PREFIX))
}

/// Prefix of a token in a subprotocol.
const TOKEN_PREFIX: &str = "bearer.";

/// The native subprotocol, if the client offers it. A client that offers none at all is served too.
///
/// # Errors
/// `UNSUPPORTED_PROTOCOL` when it offers only others.
pub fn negotiate(offered: Option<&str>) -> Result<Option<&'static str>, Rejection> {
    let shows = |one: &str| one.starts_with(TOKEN_PREFIX) || ticket::offered(one).is_some();
    let others = |list: &str| list.split(',').any(|one| !shows(one.trim()));
    match offered {
        None => Ok(None),
        Some(list) if !others(list) => Ok(None),
        Some(list) if list.split(',').any(|one| one.trim() == PROTOCOL) => Ok(Some(PROTOCOL)),
        Some(_) => Err(Rejection::new(
            Kind::Unsupported,
            "UNSUPPORTED_PROTOCOL",
            format!("offer the subprotocol {PROTOCOL}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Said, Rejection> {
        Said::parse(text, &Allowance::default())
    }

    #[test]
    fn a_cursor_is_a_version_up_to_the_head() {
        assert_eq!(cursor(None, 7), Ok(0));
        assert_eq!(cursor(Some("7"), 7), Ok(7));
        for bad in ["8", "-1", "", "x", "1.5", "+1", "99999999999999999999"] {
            assert_eq!(cursor(Some(bad), 7).unwrap_err().code, "INVALID_CURSOR", "{bad:?}");
        }
    }

    #[test]
    fn a_subprotocol_is_answered_only_when_offered() {
        assert_eq!(negotiate(None), Ok(None));
        assert_eq!(negotiate(Some("other, edgefold.v1")), Ok(Some(PROTOCOL)));
        assert!(negotiate(Some("graphql-transport-ws")).is_err());
    }

    #[test]
    fn what_a_client_says_is_read_or_refused() {
        assert_eq!(read(r#"{ "type": "ping" }"#), Ok(Said::Ping {}));
        assert_eq!(read(r#"{"type":"pong"}"#), Ok(Said::Pong { version: None }));
        let asked = Frame::Ping { version: 7 }.text();
        assert_eq!(read(&asked.replace("ping", "pong")), Ok(Said::Pong { version: Some(7) }));
        let command =
            r#"{"type":"command","id":"7","name":"Open","payload":{},"expectedVersion":3}"#;
        assert!(
            matches!(read(command), Ok(Said::Command(asked)) if asked.id == "7" && asked.expected_version == Some(3))
        );
        for bad in [
            "",
            "7",
            "{}",
            r#"{"type":"dance"}"#,
            r#"{"type":"command","id":"7"}"#,
            r#"{"type":"command","id":7,"name":"a","payload":{}}"#,
            r#"{"type":"command","id":"7","name":"a","payload":{},"expectedversion":3}"#,
        ] {
            assert_eq!(read(bad).unwrap_err().code, "MALFORMED_MESSAGE", "{bad}");
        }
        assert_eq!(read(r#"{"type":"commands","commands":[]}"#).unwrap_err().code, "INVALID_BATCH");
    }

    #[test]
    fn an_instant_in_a_query_may_have_lost_the_plus_of_its_offset() {
        let parse = |text: &str| parse_instant("at", text).map(|at| at.to_string());
        let noon = Ok("2030-01-01T11:00:00.000Z".to_owned());
        assert_eq!(parse("2030-01-01T12:00:00 01:00"), noon);
        assert_eq!(parse("2030-01-01T12:00:00+01:00"), noon);
        for bad in [
            "2030-01-01 11:00:00Z",
            "2030-01-01T12:00:00  01:00",
            " 01:00",
            "2030-01-01 00:00",
            "é 01:00",
        ] {
            let refusal = parse(bad).unwrap_err();
            assert_eq!((&*refusal.code, refusal.field.as_deref()), ("INVALID_INSTANT", Some("at")));
        }
    }

    #[test]
    fn a_command_without_an_id_gets_one() {
        let fresh = || Id::parse("made-up").unwrap();
        let said = r#"{"type":"commands","commands":[{"id":"7","name":"A","payload":{}},{"id":"8","name":"A","payload":{},"commandId":"own"}]}"#;
        let Ok(Said::Commands { commands }) = read(said).map(|said| said.named(fresh)) else {
            panic!("no commands");
        };
        let ids: Vec<_> =
            commands.iter().map(|it| it.command_id.as_ref().unwrap().as_str()).collect();
        assert_eq!(ids, ["made-up", "own"]);
    }

    #[test]
    fn a_member_that_comes_twice_is_refused_on_a_socket_too() {
        let twice = r#"{"type":"command","id":"7","name":"A","payload":{"amount":1,"amount":2}}"#;
        let refusal = read(twice).unwrap_err();
        assert_eq!(
            (&*refusal.code, refusal.field.as_deref()),
            ("DUPLICATE_MEMBER", Some("payload.amount"))
        );
    }

    #[test]
    fn a_message_holds_as_much_as_is_allowed() {
        let one = r#"{"id":"7","name":"a","payload":{}}"#;
        let text = format!(r#"{{"type":"commands","commands":[{one},{one}]}}"#);
        let parse = |body, batch| {
            let said = Said::parse(&text, &Allowance { body, batch, ..Allowance::default() });
            said.map_err(|refusal| refusal.code)
        };
        assert!(
            matches!(parse(text.len(), 2), Ok(Said::Commands { commands }) if commands.len() == 2)
        );
        assert_eq!(parse(text.len(), 1), Err("INVALID_BATCH".into()));
        assert_eq!(parse(text.len() - 1, 2), Err("BODY_TOO_LARGE".into()));
    }

    #[test]
    fn a_message_counts_as_its_commands_and_an_answer_that_was_asked_for_does_not() {
        let command = r#"{"id":"7","name":"Open","payload":{}}"#;
        for (text, expected) in [
            (format!(r#"{{"type":"command",{}"#, &command[1..]), 1),
            (format!(r#"{{"type":"commands","commands":[{command},{command}]}}"#), 2),
            (r#"{"type":"authenticate","token":"t"}"#.into(), 1),
            ("rubbish".into(), 1),
            (r#"{"type":"ping" }"#.into(), 1),
            (r#"{"type":"pong"}"#.into(), 0),
            (r#"{"type":"pong","version":7}"#.into(), 0),
        ] {
            assert_eq!(cost(&read(&text)), expected, "{text}");
        }
    }

    #[test]
    fn a_message_that_is_refused_as_a_whole_is_answered_once_for_each_command() {
        let refused = Rejection::new(Kind::TooMany, "RATE_LIMITED", "later");
        let answers = |text: &str| -> Vec<Value> {
            let texts = refuse(&read(text), &refused);
            texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
        };
        let command = |id: u8| format!(r#""id":"{id}","name":"Open","payload":{{}}}}"#);
        let one = answers(&format!(r#"{{"type":"command",{}"#, command(7)));
        let both =
            format!(r#"{{"type":"commands","commands":[{{{},{{{}]}}"#, command(8), command(9));
        for (answer, id) in one.iter().chain(&answers(&both)).zip(["7", "8", "9"]) {
            let members = ["type", "id", "code", "status"].map(|name| answer[name].clone());
            let expected = serde_json::json!(["rejected", id, "RATE_LIMITED", 429]);
            assert_eq!(Value::from(members.to_vec()), expected);
        }
        for other in [r#"{"type":"authenticate","token":"t"}"#, "rubbish"] {
            let expected =
                serde_json::json!({"type": "error", "code": "RATE_LIMITED", "detail": "later"});
            assert_eq!(answers(other), [expected], "{other}");
        }
    }

    #[test]
    fn an_answer_carries_the_id_of_the_command() {
        let refused = Err(Rejection::rule("DOOR_LOCKED", "locked").at(3).into());
        let answer: Value = serde_json::from_str(&answer("7", &refused, None)).unwrap();
        assert_eq!(
            (&answer["type"], &answer["id"], &answer["code"], &answer["status"]),
            (&"rejected".into(), &"7".into(), &"DOOR_LOCKED".into(), &422.into())
        );
    }
}
