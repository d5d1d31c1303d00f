//! Resolvers send commands and read models.

use std::{borrow::Cow, collections::BTreeSet, time::Duration};

use edgefold_flow::{
    Accepted, Catalogue, Message,
    contract::{self, Asker, EventsPage, RowView},
    gateway::{Gateway, Row},
    graphql::faults,
    instance::{Sight, When},
    session::Page,
    token::{Session, missing},
};
use edgefold_kernel::{Failure, Fault, Id, Principal, StreamId, Version};
use futures_util::future::{BoxFuture, FutureExt, try_join_all};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use worker::{Delay, Env, Method, Request, console_error, send::SendFuture};

use crate::{
    clock,
    database::{bind, failed, open},
    stub,
};

/// The gateway of one request.
pub struct WorkersGateway {
    env: Env,
    catalogue: &'static Catalogue,
    session: Option<Session>,
}

impl WorkersGateway {
    /// The gateway to what is bound in this environment, for somebody, or for a stranger, who is refused.
    pub fn new(env: Env, catalogue: &'static Catalogue, session: Option<Session>) -> Self {
        Self { env, catalogue, session }
    }

    fn asker(&self) -> Result<Asker, Failure> {
        Ok(Asker::Somebody(self.session.clone().ok_or_else(missing)?))
    }

    async fn send(&self, message: Message) -> Result<Accepted, Failure> {
        let by = self.asker()?;
        let message = admit(message, self.catalogue, self.principal()?)?;
        let to = target(&message)?;
        let request = stub::post_as(&by, contract::COMMAND, &message)?;
        stub::read(stub::fetch(&self.env, self.catalogue, &to, request).await?).await
    }

    async fn look<T: DeserializeOwned>(
        &self,
        stream: StreamId,
        path: String,
    ) -> Result<T, Failure> {
        let request = Request::new(&stub::url(&path), Method::Get);
        let request = request.map_err(|error| Fault::Defect(error.to_string()))?;
        let request = stub::on_behalf(request, &self.asker()?)?;
        stub::read(stub::fetch(&self.env, self.catalogue, &stream, request).await?).await
    }

    async fn read(&self, sql: Cow<'static, str>, params: Vec<Value>) -> Result<Vec<Row>, Fault> {
        let found = bind(&open(&self.env)?, &sql, &params)?.all().await;
        let found = found.map_err(|error| failed(&error))?;
        found.results::<Row>().map_err(|error| Fault::Unreadable(error.to_string()))
    }
}

impl Gateway for WorkersGateway {
    fn principal(&self) -> Result<&Principal, Failure> {
        Ok(&self.session.as_ref().ok_or_else(missing)?.principal)
    }

    fn command(&self, message: Message) -> BoxFuture<'_, Result<Accepted, Failure>> {
        SendFuture::new(self.send(message)).boxed()
    }

    fn row(&self, stream: StreamId, when: When) -> BoxFuture<'_, Result<RowView, Failure>> {
        let query = match when {
            When::Now => String::new(),
            When::Version(version) => format!("?version={version}"),
            // Printed in UTC with a Z: nothing in it needs encoding.
            When::Instant(at) => format!("?at={at}"),
        };
        SendFuture::new(self.look(stream, format!("{}{query}", contract::ROW))).boxed()
    }

    fn seen(
        &self,
        streams: BTreeSet<StreamId>,
    ) -> BoxFuture<'_, Result<BTreeSet<StreamId>, Failure>> {
        SendFuture::new(
            async move { seen(&self.env, self.catalogue, &self.asker()?, streams).await },
        )
        .boxed()
    }

    fn sights(&self, stream: &StreamId, page: &Page) -> Result<Vec<Sight>, Failure> {
        let sights = self.catalogue.entry(&stream.aggregate_type)?.sights;
        Ok(sights(self.principal()?, &stream.aggregate_id, page)?)
    }

    fn events(
        &self,
        stream: StreamId,
        after: Version,
        limit: usize,
    ) -> BoxFuture<'_, Result<EventsPage, Failure>> {
        let path = format!("{}?after={after}&limit={limit}", contract::EVENTS);
        SendFuture::new(self.look(stream, path)).boxed()
    }

    fn outcome(
        &self,
        stream: StreamId,
        command_id: Id,
    ) -> BoxFuture<'_, Result<Option<Accepted>, Failure>> {
        // An id may hold whatever is visible.
        let id = utf8_percent_encode(command_id.as_str(), NON_ALPHANUMERIC);
        let path = format!("{}?commandId={id}", contract::OUTCOME);
        SendFuture::new(self.look(stream, path)).boxed()
    }

    fn rows(
        &self,
        sql: Cow<'static, str>,
        params: Vec<Value>,
    ) -> BoxFuture<'_, Result<Vec<Row>, Fault>> {
        SendFuture::new(self.read(sql, params)).boxed()
    }

    fn sleep(&self, millis: u64) -> BoxFuture<'_, ()> {
        SendFuture::new(Delay::from(Duration::from_millis(millis))).boxed()
    }
}

/// Those of these instances that somebody may see, as they say themselves.
///
/// # Errors
/// A fault when one of them cannot be asked.
pub(crate) async fn seen(
    env: &Env,
    catalogue: &'static Catalogue,
    by: &Asker,
    streams: BTreeSet<StreamId>,
) -> Result<BTreeSet<StreamId>, Failure> {
    let asked = streams.into_iter().map(|stream| async move {
        let request = Request::new(&stub::url(contract::SIGHT), Method::Get);
        let request = request.map_err(|error| Fault::Defect(error.to_string()))?;
        let request = stub::on_behalf(request, by)?;
        let answer = stub::fetch(env, catalogue, &stream, request).await?;
        match stub::read::<()>(answer).await {
            Ok(()) => Ok(Some(stream)),
            Err(Failure::Rejected(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
}

/// What resolvers could not do is logged with its text: the caller gets its code alone.
pub(crate) fn log_faults(response: &async_graphql::Response) {
    faults(response).for_each(|fault| console_error!("{}: {fault}", fault.code()));
}

/// Admits a message at a door, with ids made up where they were left out.
///
/// # Errors
/// What the door refuses.
pub fn admit(message: Message, catalogue: &Catalogue, by: &Principal) -> Result<Message, Failure> {
    Ok(message.admit(catalogue, by, clock::fresh_id)?)
}

/// The instance that an admitted message goes to.
///
/// # Errors
/// A defect when the message was not admitted.
pub fn target(message: &Message) -> Result<StreamId, Fault> {
    let id = message
        .aggregate_id
        .clone()
        .ok_or_else(|| Fault::Defect("a message without an instance".into()))?;
    Ok(StreamId::new(message.aggregate_type.as_str(), id))
}
