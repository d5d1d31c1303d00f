//! The port through which GraphQL resolvers reach commands and read models. The runtime implements it.

use std::borrow::Cow;

use edgefold_kernel::{Failure, Fault, Id, Kind, Principal, Rejection, StreamId, Version, limits};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::{
    Accepted, Message,
    contract::{EventsPage, StateView},
    instance::When,
};

/// A row of a read model: column to value.
pub type Row = Map<String, Value>;

/// Commands and read models, as resolvers see them.
pub trait Gateway: Send + Sync {
    /// Who asks.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when nobody has shown a token.
    fn principal(&self) -> Result<&Principal, Failure>;

    /// Sends a command.
    fn command(&self, message: Message) -> BoxFuture<'_, Result<Accepted, Failure>>;

    /// The state of an instance, now or then, from its own object.
    fn state(&self, stream: StreamId, when: When) -> BoxFuture<'_, Result<StateView, Failure>>;

    /// Part of a stream, from its own object.
    fn events(
        &self,
        stream: StreamId,
        after: Version,
        limit: usize,
    ) -> BoxFuture<'_, Result<EventsPage, Failure>>;

    /// What was remembered of an accepted command; none when nothing is.
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

/// How often a query looks again while it waits for a read model, in milliseconds.
const LOOK_AGAIN_MS: u64 = 50;

/// The row of one instance, at least at `min_version` when one is named: read your writes.
///
/// # Errors
/// `READ_MODEL_BEHIND` with the version that the read model is at, when it has not come so far within
/// [`limits::READ_YOUR_WRITES_MS`].
pub async fn row_at_least(
    gateway: &dyn Gateway,
    sql: &'static str,
    id: &str,
    owner: Value,
    min_version: Option<Version>,
) -> Result<Option<Row>, Failure> {
    let mut waited = 0;
    loop {
        let row = gateway.rows(Cow::Borrowed(sql), vec![Value::from(id), owner.clone()]).await?;
        let row = row.into_iter().next();
        let version =
            row.as_ref().and_then(|row| row.get("version")).and_then(Value::as_u64).unwrap_or(0);
        match min_version {
            Some(min) if version < min && waited >= limits::READ_YOUR_WRITES_MS => {
                let detail = format!("the read model is at version {version}, not yet at {min}");
                return Err(Rejection::new(Kind::Conflict, "READ_MODEL_BEHIND", detail)
                    .at(version)
                    .into());
            }
            Some(min) if version < min => {
                gateway.sleep(LOOK_AGAIN_MS).await;
                waited += LOOK_AGAIN_MS;
            }
            _ => return Ok(row),
        }
    }
}
