//! The messages between the script and the objects, in one file that both use.
//!
//! Old and new code run side by side during a deploy: a field may be added here, with a default; none may change.

use edgefold_kernel::{Envelope, Id, Timestamp, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{participant::Only, receive::Span};

/// Header of every request that a policy decides about: the caller, as [`Asker`](crate::door::Asker). The script sets
/// it after it has verified the token; a caller's own value never gets through.
pub const ASKER: &str = "edgefold-asker";

/// `POST`: a complete [`Message`](crate::Message). Answers [`Accepted`](crate::Accepted) with 202, or a problem.
pub const COMMAND: &str = "/command";
/// `POST`: several complete [`Message`](crate::Message)s for this instance. Answers an array with the result of each,
/// in order, see [`answer`](crate::command::answer).
pub const COMMANDS: &str = "/commands";
/// `POST`: a [`Parcel`](crate::receive::parcel::Parcel) from the bus. Answers a
/// [`Receipt`](crate::receive::parcel::Receipt) with 200, or a problem.
pub const DELIVER: &str = "/deliver";
/// `POST`: a [`RefusedErrand`](crate::receive::parcel::RefusedErrand). Answers 204, or a problem.
pub const REFUSED: &str = "/refused";
/// `POST`: [`Confirmed`]. Answers 204, or a problem.
pub const CONFIRM: &str = "/confirm";
/// `POST` by another object, which decides on the state: answers [`ForeignState`](edgefold_kernel::ForeignState), also
/// when there is no stream.
pub const FOREIGN: &str = "/foreign";
/// `GET`: the costs of this object, as [`Counters`].
pub const COUNTERS: &str = "/counters";
/// `GET ?version=` or `?at=`: the state, now or then, as [`StateView`].
pub const STATE: &str = "/state";
/// `GET ?version=` or `?at=`: the row, now or then, as [`RowView`]. Callers that may only list the instance get it too.
pub const ROW: &str = "/row";
/// `GET`: may the caller see this instance? Answers 200, or a problem.
pub const SIGHT: &str = "/sight";
/// `GET ?after=&limit=`: part of the stream for a caller from outside, as [`EventsPage`].
pub const EVENTS: &str = "/events";
/// `GET ?commandId=`: the first answer to a command, as [`Accepted`](crate::Accepted), or null.
pub const OUTCOME: &str = "/outcome";
/// `POST`: [`SpanWanted`], part of the stream for another object. Answers [`SpanFound`], also when there is no stream.
pub const SPAN: &str = "/span";
/// `GET` with an upgrade: the native socket.
pub const SOCKET: &str = "/socket";
/// `POST`: a [`Follow`] for a caller: the session is told of every event from now on. Answers [`Followed`] with 200, or
/// a problem.
pub const FOLLOW: &str = "/follow";
/// `POST`: a [`Follow`] that is over. Answers 204.
pub const LEAVE: &str = "/leave";
/// `POST`: a [`Pull`] for a caller. Answers a [`Page`](crate::subscribe::Page) with 200, or a problem.
pub const PULL: &str = "/pull";
/// `POST` to a session: a [`Told`](crate::subscribe::Told). Answers 204, or 410 when it does not follow that source.
pub const TOLD: &str = "/told";

/// `POST` to the object of a category: the journal has come further. Answers 204 once the sessions are sure to be told.
pub const JOURNALLED: &str = "/journalled";

/// Name of a category's object, in the class of sessions …
pub fn category_object(aggregate_type: &str) -> String {
    format!("{CATEGORY}{aggregate_type}")
}

/// … and the category of an object with this name. A principal's name begins with its role; a session has no name.
pub fn category_of(name: &str) -> Option<&str> {
    name.strip_prefix(CATEGORY)
}

const CATEGORY: &str = "category/";

/// `GET` to a session: 204, or 410 when its socket is gone.
pub const ALIVE: &str = "/alive";
/// `POST` to the object that counts a principal's sockets: a [`Seat`]. Answers 204, or 429 when there is none left.
pub const SEAT: &str = "/seat";
/// `POST`: a [`Seat`] that is free again. Answers 204.
pub const SEAT_FREE: &str = "/seat/free";

/// A socket of a principal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seat {
    /// Identifier of its session's object.
    pub session: String,
    /// Instant at which its token expires.
    pub until: Timestamp,
}

/// A session that follows a stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Follow {
    /// Identifier of its object.
    pub session: String,
    /// Number of its latest operation: a leave that was overtaken by another follow changes nothing.
    pub turn: u64,
}

/// The version of the stream. The session is told of later events.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Followed {
    /// Its version.
    pub head: Version,
}

/// A session's request for the events that it lacks.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Pull {
    /// It has everything up to this version.
    pub after: Version,
}

/// The costs of an object since it was loaded.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Rows read, as the platform counts them.
    pub rows_read: usize,
    /// Rows written, as the platform counts them: those of the database, and one for each time the alarm was set.
    pub rows_written: usize,
    /// Size of its database.
    pub bytes: usize,
}

/// Own events that have reached all their destinations.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Confirmed {
    /// Their versions, in any order.
    pub versions: Vec<Version>,
}

/// A destination's request for the events of this stream that it lacks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpanWanted {
    /// It lacks the events after this version …
    pub after: Version,
    /// … up to this one; up to the head when left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub through: Option<Version>,
    /// Stored names of the events that it wants; all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub types: Vec<String>,
    /// Event types of which it wants only the events that name it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub only: Vec<Only>,
}

impl SpanWanted {
    /// True if the destination wants this event.
    pub fn includes(&self, event: &Envelope) -> bool {
        let names = |Only { field, id, .. }: &Only| {
            event.field(field).is_some_and(|one| one == id.as_str())
                || event.fields(field).iter().any(|one| one == id.as_str())
        };
        let mut only = self.only.iter().filter(|only| only.event == event.event_type).peekable();
        only.peek().is_none() || only.any(names)
    }
}

/// Part of the wanted events: as many as one page takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpanFound {
    /// The span, from the wanted version on.
    pub span: Span,
    /// Version of the stream.
    pub head: Version,
}

/// `GET /aggregates/{type}/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StateView {
    /// Stored name of the type.
    pub aggregate_type: String,
    /// The instance.
    pub aggregate_id: Id,
    /// Version that the state is at.
    pub version: Version,
    /// The fold.
    pub state: Value,
}

/// The content of a list's row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowView {
    /// Version that the state is at.
    pub version: Version,
    /// Instant of the stream's first event.
    pub began: Timestamp,
    /// The fold.
    pub state: Value,
}

/// `GET /aggregates/{type}/{id}/events`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventsPage {
    /// Ascending.
    pub events: Vec<Envelope>,
    /// Version of the stream.
    pub head: Version,
    /// `after` of the next page; null at the end.
    pub next: Option<Version>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_of_a_category_has_a_name_that_no_principal_has() {
        assert_eq!(category_object("room"), "category/room");
        assert_eq!(category_of("category/room"), Some("room"));
        assert_eq!(category_of("owner:category/room"), None);
    }
}
