//! A ticket lets a page open one socket to watch, without the token: that stays with the page's server, behind its cookie.
//!
//! It is good for a minute and for one socket. `POST /tickets` gives one to a caller with a token. It lies, as a digest, in the
//! object that counts the sockets of that principal, which is also where it is used. So the ticket names that object, and a
//! made-up name reaches none: the platform knows its own identifiers.

use edgefold_kernel::{Rejection, Timestamp};
use serde::{Deserialize, Serialize};

use super::token::{Caller, digest, invalid};

/// Prefix of a ticket in a subprotocol: browsers cannot set headers at an upgrade.
const PREFIX: &str = "ticket.";

/// Length of an object's identifier: 32 bytes in hexadecimal digits.
const OBJECT: usize = 64;

/// The answer to `POST /tickets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ticket {
    /// The ticket.
    pub ticket: String,
    /// Instant until which a socket can be opened with it.
    pub expires_at: Timestamp,
}

impl Ticket {
    /// The ticket that lies in this object under the digest of this secret.
    pub fn new(object: &str, secret: &str, expires_at: Timestamp) -> Self {
        Self { ticket: format!("{object}.{secret}"), expires_at }
    }
}

/// The object in which a ticket lies, and the digest under which it does.
///
/// # Errors
/// `INVALID_TOKEN` when it has another form.
pub fn read(text: &str) -> Result<(&str, String), Rejection> {
    let is_object = |object: &str| {
        object.len() == OBJECT && object.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let (object, secret) =
        text.split_once('.').filter(|(object, _)| is_object(object)).ok_or_else(unknown)?;
    Ok((object, kept_as(secret)))
}

/// The text that is kept of a secret.
pub fn kept_as(secret: &str) -> String {
    digest(secret).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The caller who comes with the ticket of this one: it only watches.
pub fn bearer(caller: Caller) -> Caller {
    Caller { watches: true, ..caller }
}

/// The refusal of a ticket.
pub fn unknown() -> Rejection {
    invalid("the ticket is none, was used before, or is older than a minute")
}

/// The ticket among offered subprotocols, as `ticket.<ticket>`. It is never answered as the chosen one.
pub fn offered(protocols: &str) -> Option<&str> {
    protocols.split(',').find_map(|one| one.trim().strip_prefix(PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_names_its_object_and_is_kept_as_a_digest() {
        let object = "0a".repeat(32);
        let Ticket { ticket, .. } = Ticket::new(&object, "secret", Timestamp::default());
        let (named, kept) = read(&ticket).unwrap();
        assert_eq!((named, kept.as_str()), (object.as_str(), kept_as("secret").as_str()));
        assert!(!kept.contains("secret"));
        for bad in ["", ".", "secret", &object, "x.secret", &format!("{}.secret", "zz".repeat(32))]
        {
            assert_eq!(read(bad).unwrap_err().code, "INVALID_TOKEN", "{bad}");
        }
        assert_eq!(offered("edgefold.v1, ticket.a.b"), Some("a.b"));
        assert_eq!(offered("edgefold.v1, bearer.a.b"), None);
    }
}
