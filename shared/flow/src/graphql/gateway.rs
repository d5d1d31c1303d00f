//! The port through which GraphQL resolvers reach commands and read models. The runtime implements it.

use std::{borrow::Cow, collections::BTreeSet};

use edgefold_kernel::{Failure, Fault, Id, Kind, Principal, Rejection, StreamId, Version, limits};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::{
    Accepted, Message,
    contract::{EventsPage, RowView},
    door::token::Caller,
    instance::When,
    participant::Sight,
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

    /// The record of an accepted command; `None` if there is none.
    fn outcome(
        &self,
        stream: StreamId,
        command_id: Id,
    ) -> BoxFuture<'_, Result<Option<Accepted>, Failure>>;

    /// Reads rows. `sql` comes from a `.sql` file; parameters are null, booleans, numbers and strings.
    fn rows(
        &self,
        sql: Cow<'static, str>,
        params: Vec<Value>,
    ) -> BoxFuture<'_, Result<Vec<Row>, Fault>>;

    /// Waits.
    fn sleep(&self, millis: u64) -> BoxFuture<'_, ()>;
}

/// Milliseconds between the first two looks of a query that waits for a read model. Each pause is twice the one before, so
/// that a version that never comes costs eight looks and not a hundred.
const LOOK_AGAIN_MS: u64 = 50;

/// The row of one instance, at this version at least when one is named: read your writes.
///
/// # Errors
/// `READ_MODEL_BEHIND` with the version of the read model, when it has not reached `min_version` within
/// [`limits::READ_YOUR_WRITES_MS`].
pub async fn row_at_least(
    gateway: &dyn Gateway,
    sql: &'static str,
    id: &str,
    least: Option<Version>,
) -> Result<Option<Row>, Failure> {
    let (mut waited, mut pause) = (0, LOOK_AGAIN_MS);
    loop {
        let row = gateway.rows(Cow::Borrowed(sql), vec![Value::from(id)]).await?;
        let row = row.into_iter().next();
        let version =
            row.as_ref().and_then(|row| row.get("version")).and_then(Value::as_u64).unwrap_or(0);
        match behind(version, least.unwrap_or(0)) {
            Ok(()) => return Ok(row),
            Err(refusal) if waited >= limits::READ_YOUR_WRITES_MS => return Err(refusal.into()),
            Err(_) => {
                let rest = pause.min(limits::READ_YOUR_WRITES_MS - waited);
                gateway.sleep(rest).await;
                waited += rest;
                pause *= 2;
            }
        }
    }
}

/// Checks that a version is at least the one that the caller wants.
///
/// # Errors
/// `READ_MODEL_BEHIND` with the version that is shown.
pub fn behind(version: Version, least: Version) -> Result<(), Rejection> {
    if version >= least {
        return Ok(());
    }
    let detail = format!("the read model is at version {version}, not yet at {least}");
    Err(Rejection::new(Kind::Conflict, "READ_MODEL_BEHIND", detail).at(version))
}
