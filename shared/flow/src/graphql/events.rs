//! GraphQL over server-sent events, in the mode of *distinct connections*: a request is answered with a stream of its own.
//!
//! Source: <https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>.
//!
//! A subscription runs in a session, as it does behind a websocket. The script is that session's client: it shows the caller, sends
//! one operation, and passes on what comes as events. So the limits, the places and the flow control of sessions hold here, too. The
//! session's question whether everything has arrived is answered once the stream's reader has taken everything before it.
//!
//! | the session | the reader is told |
//! |---|---|
//! | `next` | `next` |
//! | `error`: the operation was refused, or failed | `next` with `errors` and without `data`, then `complete` |
//! | `complete` | `complete` |
//! | closes before it has taken the operation | an HTTP status, and the same errors as JSON |
//! | closes later | `next` with `errors` and without `data`, whose `extensions.code` says why, then `complete` |

use std::borrow::Cow;

use edgefold_kernel::{Failure, Fault, Kind, Rejection};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::refusal::entry;
use crate::session::message::Asked;

/// Milliseconds without an event after which a comment is sent. Proxies cut a response on which nothing comes, many after 30 s and most
/// after 60 s; and a reader that has vanished is noticed when something is sent.
pub const QUIET_MS: u32 = 15_000;
/// A comment, which readers ignore. One is sent at the beginning: some proxies, and browsers, hold the head of a response back until
/// something follows.
pub const COMMENT: &str = ":\n\n";
/// The last event.
const COMPLETE: &str = "event: complete\ndata:\n\n";
/// Id of the only operation of its session.
const ID: &str = "1";

/// What becomes of a message of the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What the reader is told.
    pub told: Option<String>,
    /// The answer to the session, once the reader has taken everything before.
    pub answer: Option<String>,
    /// True if nothing follows.
    pub is_over: bool,
}

/// A message of the session after its acknowledgement.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// The first message to the session. It shows no token: the upgrade shows the caller.
pub fn init() -> String {
    json!({"type": "connection_init"}).to_string()
}

/// The message that the session gets once it has acknowledged the first one.
pub fn subscribe(asked: &Asked) -> String {
    json!({"id": ID, "type": "subscribe", "payload": asked}).to_string()
}

/// Translates a message of the session.
pub fn heard(text: &str) -> Heard {
    let Ok(Message { kind, payload }) = serde_json::from_str(text) else {
        return Heard::default();
    };
    let payload = payload.map_or("null", RawValue::get);
    match kind.as_ref() {
        "next" => Heard { told: Some(next(payload)), ..Heard::default() },
        "error" => over(failed(payload)),
        "complete" => over(COMPLETE.to_owned()),
        "ping" => {
            let answer = format!(r#"{{"type":"pong","payload":{payload}}}"#);
            Heard { answer: Some(answer), ..Heard::default() }
        }
        _ => Heard::default(),
    }
}

/// The end of a stream whose session was closed with this code and reason.
pub fn closed(code: u16, reason: &str) -> Heard {
    let errors = Value::from(vec![entry(why(code, reason))]);
    over(failed(&errors.to_string()))
}

/// The reason for which a session was closed with this code and reason.
pub fn why(code: u16, reason: &str) -> Failure {
    let refused = match code {
        4400 => Rejection::new(Kind::Malformed, "MALFORMED_REQUEST", reason),
        4401 => Rejection::new(Kind::Unauthenticated, "INVALID_TOKEN", reason),
        4403 => Rejection::new(Kind::Unauthenticated, "TOKEN_EXPIRED", "the token has expired"),
        4430 => {
            let detail = "the stream was not read: come back with your cursor";
            Rejection::new(Kind::TooMany, "SLOW_CONSUMER", detail)
        }
        4431 => {
            let detail = "you have as many sockets and event streams open as you may";
            Rejection::new(Kind::TooMany, "TOO_MANY_SOCKETS", detail)
        }
        _ => {
            return Fault::Unavailable("the session".into(), format!("closed with {code}")).into();
        }
    };
    refused.into()
}

/// The stream of a result that is alone: of a query, a mutation, or a refusal.
pub fn only(result: &str) -> String {
    next(result) + COMPLETE
}

fn over(told: String) -> Heard {
    Heard { told: Some(told), answer: None, is_over: true }
}

fn failed(errors: &str) -> String {
    only(&format!(r#"{{"errors":{errors}}}"#))
}

/// JSON text of ours is one line.
fn next(result: &str) -> String {
    format!("event: next\ndata: {result}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::message::{self, Close};

    fn told(text: &str) -> Heard {
        Heard { told: Some(text.to_owned()), ..Heard::default() }
    }

    #[test]
    fn every_message_of_a_session_is_translated() {
        assert_eq!(
            heard(&message::next(ID, r#"{"data":{"a":"\n"}}"#)),
            told("event: next\ndata: {\"data\":{\"a\":\"\\n\"}}\n\n")
        );
        assert_eq!(
            heard(&message::error(ID, r#"[{"message":"no"}]"#)),
            over("event: next\ndata: {\"errors\":[{\"message\":\"no\"}]}\n\nevent: complete\ndata:\n\n".into())
        );
        assert_eq!(heard(&message::complete(ID)), over("event: complete\ndata:\n\n".into()));
        for nothing in [message::ack(None), message::pong(None), String::new(), "7".into()] {
            assert_eq!(heard(&nothing), Heard::default(), "{nothing}");
        }
    }

    #[test]
    fn the_answer_to_a_question_has_its_number() {
        let Heard { told: None, answer: Some(answer), is_over: false } = heard(&message::ping(7))
        else {
            panic!("the reader is told of it")
        };
        let Ok(message::Said::Pong(back)) = message::Said::parse(&answer, 1_000) else {
            panic!("{answer}")
        };
        assert_eq!(message::number(back.as_ref()), Some(7));
    }

    #[test]
    fn a_session_understands_what_is_sent_to_it() {
        let asked = Asked { query: "subscription { a }".into(), ..Asked::default() };
        let said = message::Said::parse(&subscribe(&asked), 1_000);
        assert_eq!(said, Ok(message::Said::Subscribe { id: ID.into(), asked: Box::new(asked) }));
        assert_eq!(message::Said::parse(&init(), 1_000), Ok(message::Said::Init(None)));
    }

    #[test]
    fn every_close_has_a_status_and_a_code() {
        for (close, status, code) in [
            (Close::BadRequest("no".into()), 400, "MALFORMED_REQUEST"),
            (Close::BadToken("no".into()), 401, "INVALID_TOKEN"),
            (Close::Forbidden("the token has expired"), 401, "TOKEN_EXPIRED"),
            (Close::SlowConsumer, 429, "SLOW_CONSUMER"),
            (Close::TooManySockets, 429, "TOO_MANY_SOCKETS"),
            (Close::TryAgainLater, 503, "UNAVAILABLE"),
            (Close::Restarted, 503, "UNAVAILABLE"),
            (Close::InitTimeout, 503, "UNAVAILABLE"),
        ] {
            let (known, reason) = (close.code(), close.reason());
            let found = match why(known, &reason) {
                Failure::Rejected(refused) => refused.status(),
                Failure::Faulted(fault) => fault.status(),
            };
            assert_eq!(found, status, "{close:?}");
            let Heard { told: Some(told), is_over: true, .. } = closed(known, &reason) else {
                panic!("{close:?} is no end")
            };
            assert!(told.contains(&format!(r#""code":"{code}""#)), "{told}");
            assert!(told.ends_with("\n\nevent: complete\ndata:\n\n"), "{told}");
        }
    }
}
