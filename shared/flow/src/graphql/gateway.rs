//! The port through which GraphQL resolvers reach commands and read models. The runtime implements it.

use std::{borrow::Cow, collections::BTreeSet};

use edgefold_kernel::{
    Envelope, Failure, Fault, Id, Kind, Principal, Rejection, StreamId, Version,
};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::{
    Accepted, Message,
    contract::{EventsPage, RowView},
    door::token::Caller,
    instance::When,
    journal::Seal,
    participant::Sight,
    queued::Ended,
    subscribe::Page,
};

/// A row of a read model: column to value.
pub type Row = Map<String, Value>;

/// Commands and read models, as resolvers see them.
pub trait Gateway: Send + Sync {
    /// The caller.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when the caller has shown no token.
    fn caller(&self) -> Result<&Caller, Failure>;

    /// Its principal.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when the caller has shown no token.
    fn principal(&self) -> Result<&Principal, Failure> {
        Ok(&self.caller()?.principal)
    }

    /// The seal of the deployment's cursors.
    ///
    /// # Errors
    /// A fault where the script is not bound as it should be.
    fn seal(&self) -> Result<Seal, Failure>;

    /// A fresh id for a command that has none.
    fn fresh_id(&self) -> Id;

    /// Sends a command.
    fn command(&self, message: Message) -> BoxFuture<'_, Result<Accepted, Failure>>;

    /// The row of an instance, now or then, from its own object.
    fn row(&self, stream: StreamId, when: When) -> BoxFuture<'_, Result<RowView, Failure>>;

    /// Those of these instances that the caller may see with their events: each object is asked.
    fn seen(
        &self,
        streams: BTreeSet<StreamId>,
    ) -> BoxFuture<'_, Result<BTreeSet<StreamId>, Failure>>;

    /// The part of an instance that the caller sees after each event of a page of its stream.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`; a fault when the page cannot be folded.
    fn sights(&self, stream: &StreamId, page: &Page) -> Result<Vec<Sight>, Failure>;

    /// Part of a stream, from its own object.
    fn events(
        &self,
        stream: StreamId,
        after: Version,
        limit: usize,
    ) -> BoxFuture<'_, Result<EventsPage, Failure>>;

    /// What has become of a command; `None` if nothing is known.
    fn outcome(
        &self,
        stream: StreamId,
        command_id: Id,
    ) -> BoxFuture<'_, Result<Option<Ended>, Failure>>;

    /// Waits until a processor has passed these versions.
    ///
    /// # Errors
    /// `READ_MODEL_BEHIND` when it has not within [`READ_YOUR_WRITES_MS`](edgefold_kernel::limits::READ_YOUR_WRITES_MS); a fault.
    fn shown<'a>(
        &'a self,
        processor: &'a str,
        wanted: Vec<(StreamId, Version)>,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// The place of a processor in each partition of a category, as the cursor of a subscription to the category.
    fn places<'a>(
        &'a self,
        category: &'a str,
        processor: &'a str,
    ) -> BoxFuture<'a, Result<String, Failure>>;

    /// Has the journals of a category look what is to be done: their tables may be missing.
    fn wake<'a>(&'a self, category: &'a str) -> BoxFuture<'a, Result<(), Failure>>;

    /// The events of a correlation, over all categories, oldest first, also of instances that the caller may not see. At most
    /// [`CAUSED_EVENTS`](edgefold_kernel::limits::CAUSED_EVENTS).
    fn caused(&self, correlation: Id) -> BoxFuture<'_, Result<Vec<Envelope>, Failure>>;

    /// Reads rows. Parameters are null, booleans, numbers and strings.
    fn rows(
        &self,
        sql: Cow<'static, str>,
        params: Vec<Value>,
    ) -> BoxFuture<'_, Result<Vec<Row>, Fault>>;

    /// Waits.
    fn sleep(&self, millis: u64) -> BoxFuture<'_, ()>;
}

/// The refusal of a list that does not show a version of an instance yet. It says not by how much: that is what others have done.
pub fn behind(stream: &StreamId, version: Version) -> Rejection {
    let StreamId { aggregate_type, aggregate_id } = stream;
    let detail =
        format!("the list does not show version {version} of {aggregate_type} {aggregate_id} yet");
    let field = Some("minVersion".to_owned());
    Rejection { field, ..Rejection::new(Kind::Conflict, "READ_MODEL_BEHIND", detail) }
}
