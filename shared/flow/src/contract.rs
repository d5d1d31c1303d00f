//! The messages between the script and the objects, in one file that both use.
//!
//! Old and new code run side by side during a deploy: a field may be added here, with a default; none may change.

use edgefold_kernel::{Envelope, Id, StreamId, Subject, Timestamp, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    journal::{Link, Place, order::Order},
    participant::RowFilter,
    publish::{Hold, Item},
};

/// Header of every request that a policy decides about: the caller, as [`Asker`](crate::door::Asker). The script sets
/// it after it has verified the token; a caller's own value never gets through.
pub const ASKER: &str = "edgefold-asker";

/// `POST`: a complete [`Message`](crate::Message). Answers [`Accepted`](crate::Accepted) with 202, or a problem.
pub const COMMAND: &str = "/command";
/// `POST`: several complete [`Message`](crate::Message)s for this instance. Answers an array with the result of each,
/// in order, see [`answer`](crate::command::answer).
pub const COMMANDS: &str = "/commands";
/// `POST`: [`Queued`](crate::queued::Queued) commands. Answers [`Taken`](crate::queued::Taken) with 200, or a problem: then they are to be
/// brought again.
pub const QUEUED: &str = "/queued";
/// `POST` to the object that counts a principal's sockets: an [`Apart`](crate::queued::Apart) of its to keep. Answers 200, or a
/// problem.
pub const APART: &str = "/apart";
/// `POST` to the same: an [`ApartWanted`](crate::queued::ApartWanted). Answers what it keeps of them, with 200, or a problem.
pub const APART_OF: &str = "/apart/of";
/// `POST`: a [`Parcel`](crate::receive::Parcel) from the bus. Answers a [`Receipt`](crate::receive::Receipt) for each of its
/// deliveries with 200, or a problem.
pub const DELIVER: &str = "/deliver";
/// `POST`: [`Settled`](crate::receive::Settled), what has become of letters of this stream. Answers 204, or a problem.
pub const SETTLED: &str = "/settled";
/// `POST`: [`PartWanted`], what this stream has for another object. Answers a [`Delivery`](crate::publish::Delivery), as much
/// of it as one page takes.
pub const PART: &str = "/part";
/// `POST`: [`HoldAsked`], an administrator looks at a hold of this stream. Answers [`HoldFound`] with 200, or a problem.
pub const HOLD: &str = "/hold";
/// Code of the refusal that nothing is held back there.
pub const UNKNOWN_SEQUENCE: &str = "UNKNOWN_SEQUENCE";
/// `POST`: [`HoldRetried`], an administrator lets it be tried now. Answers [`HoldOutcome`] with 200, or a problem.
pub const HOLD_RETRY: &str = "/hold/retry";
/// `POST`: [`HoldDiscarded`], an administrator lets one version go. Answers [`HoldOutcome`] with 200, or a problem.
pub const HOLD_DISCARD: &str = "/hold/discard";
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
/// `GET ?commandId=`: what has become of a command, as [`Ended`](crate::queued::Ended), or null.
pub const OUTCOME: &str = "/outcome";
/// `GET` with an upgrade: the native socket.
pub const SOCKET: &str = "/socket";
/// `POST`: a [`Follow`] for a caller: the session is told of every event from now on. Answers [`Followed`] with 200, or
/// a problem: `TOO_MANY_FOLLOWERS`, `TOO_MANY_FOLLOWED`.
///
/// `POST` to a journal: a [`FollowRows`] for a caller. Answers [`FollowedRows`] with 200, or the same problems and `STALE_CURSOR`.
pub const FOLLOW: &str = "/follow";
/// `POST`: a [`Follow`] that is over. Answers 204.
pub const LEAVE: &str = "/leave";
/// `POST`: a [`Pull`] for a caller. Answers a [`Page`](crate::subscribe::Page) with 200, or a problem.
///
/// `POST` to a journal: a [`RowsPull`](crate::journal::RowsPull) for a caller. Answers a [`RowsPage`](crate::journal::RowsPage)
/// with 200, or a problem: `STALE_CURSOR`.
pub const PULL: &str = "/pull";
/// `POST` to a session: a [`Told`](crate::subscribe::Told). Answers 204, or 410 when it does not follow that source.
pub const TOLD: &str = "/told";

/// `POST` to a journal: an [`Append`](crate::journal::Append). Answers an [`Appended`](crate::journal::Appended) with 200, or a
/// problem.
pub const APPEND: &str = "/append";

/// `POST` to an instance, for a caller that may list it: a [`ShownWanted`]. It sees to it that the version is journalled, and asks
/// its journal. Answers a [`ShownAnswer`] with 200, or a problem: `UNKNOWN_INSTANCE` for a stranger.
///
/// `POST` to a journal: a [`Shown`]. Answers a [`ShownAnswer`] with 200, or a problem.
pub const SHOWN: &str = "/shown";
/// `POST` by a journal, without a body: answers the instance's current [`Row`](crate::journal::Row), or null when there is no
/// stream.
pub const OUTLINE: &str = "/outline";
/// `POST` by a journal that was restored to an earlier state, without a body: the instance looks for the last event that its
/// journal has, and sends what comes after it. Answers 204 once its journal has everything; until then a fault. An instance that
/// appends something finds that out by itself; one that is silent would not.
pub const RESEND: &str = "/resend";

/// `POST` to a journal: a [`PlaceWanted`]. Answers the [`Place`](crate::journal::Place) that the processor has passed, with 200, or
/// a problem.
pub const PLACE: &str = "/place";
/// `POST` to a journal, without a body: it looks what its processors have to do, such as making a table. Answers 204.
pub const WAKE: &str = "/wake";
/// `POST` to a journal: a [`CausedWanted`]. Answers the events of the correlation, in the order of the journal.
pub const CAUSED: &str = "/caused";

/// `POST` to a journal, without a body: answers how its processors are, as
/// [`TrackStatus`](crate::journal::status::TrackStatus)es.
pub const PROCESSORS: &str = "/processors";
/// `POST` to a journal: an [`OrderGiven`] of an administrator. Answers 200, or a problem.
pub const ORDER: &str = "/order";

/// Name of the journal of a category's partition.
pub fn journal_object(aggregate_type: &str, partition: u16) -> String {
    format!("{aggregate_type}/{partition}")
}

/// Category and partition of the journal with this name.
pub fn journal_place(name: &str) -> Option<(String, u16)> {
    let (category, partition) = name.rsplit_once('/')?;
    let number = partition.parse::<u16>().ok()?;
    (journal_object(category, number) == name).then(|| (category.to_owned(), number))
}

/// An order about a processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderGiven {
    /// Name of the processor.
    pub name: String,
    /// What is to be done.
    pub order: Order,
}

/// A question whether a processor has passed a version of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownWanted {
    /// Name of the processor.
    pub name: String,
    /// The version. Where it is not published, the last published one before it counts.
    pub version: Version,
    /// Milliseconds that the answer may take.
    pub within_ms: u64,
}

/// A question whether a processor has passed an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Name of the processor.
    pub name: String,
    /// The instance.
    pub id: Id,
    /// The event.
    pub link: Link,
    /// Milliseconds that the answer may take: it comes as soon as the processor has passed the event.
    pub within_ms: u64,
}

/// A question how far a processor is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceWanted {
    /// Name of the processor.
    pub name: String,
}

/// A question what a correlation has caused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CausedWanted {
    /// The correlation.
    pub correlation: Id,
    /// Number of events, at most.
    pub limit: u64,
}

/// Whether a processor has passed an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownAnswer {
    /// True if it has.
    pub is_passed: bool,
}

/// `GET` to a session: 204, or 410 when its socket is gone.
pub const ALIVE: &str = "/alive";
/// `POST` to the object that counts a principal's sockets: a [`Seat`]. Answers 204, or 429 when there is none left.
pub const SEAT: &str = "/seat";
/// `POST`: a [`Seat`] that is free again. Answers 204.
pub const SEAT_FREE: &str = "/seat/free";

/// `POST` to that object: an [`Await`]. Answers 204, or 429 when the principal waits for as much as it may.
pub const AWAIT: &str = "/await";
/// `POST` to that object: an [`Await`] that is over. Answers 204.
pub const AWAIT_OVER: &str = "/await/over";

/// `POST` to that object: the [`Caller`](crate::door::token::Caller) who asks for a ticket. Answers a
/// [`Ticket`](crate::door::ticket::Ticket) with 201, or a problem.
pub const TICKET: &str = "/ticket";
/// `POST` to that object: the digest of a ticket, as a text. Answers the [`Caller`](crate::door::token::Caller) who comes with
/// it, once; or null.
pub const TICKET_USE: &str = "/ticket/use";

/// A socket of a principal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seat {
    /// Identifier of its session's object.
    pub session: String,
    /// Instant at which its token expires.
    pub until: Timestamp,
}

/// A subscription that waits for an instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Await {
    /// Identifier of its session's object.
    pub session: String,
    /// Its number in the session.
    pub number: u64,
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

/// A session that follows a partition of a category.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowRows {
    /// Identifier of its object.
    pub session: String,
    /// Number of its latest operation: a leave that was overtaken by another follow changes nothing.
    pub turn: u64,
    /// The place behind which it begins; it is checked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Place>,
    /// The rows that its subscriptions ask for. It is told of events that concern one of them; of all events when there is none.
    pub filters: Vec<RowFilter>,
    /// True if its caller may list every row.
    pub lists_all: bool,
}

/// The place behind the last event of a partition. The session is told of later ones that concern it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FollowedRows {
    /// The place.
    pub head: Place,
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

/// A destination's request for what a stream has for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartWanted {
    /// The destination.
    pub to: StreamId,
    /// It lacks what comes after this version …
    pub after: Version,
    /// … up to this one.
    pub through: Version,
}

/// An administrator's question about a hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldAsked {
    /// The destination.
    pub to: StreamId,
    /// Items after this version.
    pub after: Version,
    /// Largest number of items.
    pub limit: usize,
}

/// A hold, with a page of what waits behind it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldFound {
    /// The hold.
    pub hold: Hold,
    /// In the order of the stream.
    pub items: Vec<Item>,
    /// True if there are more.
    pub has_more: bool,
}

/// An administrator lets a hold be tried now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldRetried {
    /// The destination.
    pub to: StreamId,
    /// The administrator.
    pub by: Subject,
}

/// An administrator lets the version go at which a hold stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldDiscarded {
    /// The destination.
    pub to: StreamId,
    /// The version; null for the one at which it stands.
    pub version: Option<Version>,
    /// The administrator.
    pub by: Subject,
    /// Reason, for the record.
    pub reason: String,
}

/// What has become of a hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldOutcome {
    /// The hold as it is now.
    pub hold: Hold,
    /// Items that were delivered.
    pub delivered: usize,
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
