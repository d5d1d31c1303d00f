//! Step 8, **subscribe**: the protocol of an aggregate's native socket, `edgefold.v1`.
//!
//! After the upgrade the server sends every stored event after the cursor, in order, as `event`; then `caughtUp` once;
//! then live events as `event`. Each event carries its version as `sequence`: a client that was cut off comes back with
//! `?after=` the last one that it saw. `ping` is answered by `pong` without waking a hibernated object.

use edgefold_kernel::{Envelope, Kind, Rejection, Version};
use serde::Serialize;

/// Subprotocol of the native socket.
pub const PROTOCOL: &str = "edgefold.v1";
/// What a client sends to see whether the socket lives …
pub const PING: &str = r#"{"type":"ping"}"#;
/// … and what it gets.
pub const PONG: &str = r#"{"type":"pong"}"#;

/// What the server sends.
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
    /// The client said something that is no message. The socket stays.
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
/// `INVALID_CURSOR` when it is no version, or ahead of the stream.
pub fn cursor(after: Option<&str>, head: Version) -> Result<Version, Rejection> {
    let after = match after {
        None => Ok(0),
        Some(text) => parse_version("after", text),
    }?;
    if after > head {
        let detail = format!("after is {after}, the stream is at {head}");
        return Err(Rejection::shape("INVALID_CURSOR", "after", detail).at(head));
    }
    Ok(after)
}

/// Reads a version from a query string.
///
/// # Errors
/// `INVALID_CURSOR` when it is none.
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

/// Whether the client offers the native subprotocol. A client that offers none at all is served too.
///
/// # Errors
/// `UNSUPPORTED_PROTOCOL` when it offers only others.
pub fn negotiate(offered: Option<&str>) -> Result<Option<&'static str>, Rejection> {
    match offered {
        None => Ok(None),
        Some(list) if list.split(',').any(|one| one.trim() == PROTOCOL) => Ok(Some(PROTOCOL)),
        Some(_) => Err(Rejection::new(
            Kind::Unsupported,
            "UNSUPPORTED_PROTOCOL",
            format!("this socket speaks {PROTOCOL}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
