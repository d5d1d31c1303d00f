//! Resolvers send commands and read models.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeSet, time::Duration};

use edgefold_flow::{
    Accepted, Catalogue, Message,
    contract::{self, CausedWanted, EventsPage, PlaceWanted, RowView, ShownAnswer, ShownWanted},
    door::{
        Asker,
        header::traced,
        token::{Caller, missing},
    },
    graphql::{
        faults,
        gateway::{Gateway, Row, behind},
    },
    instance::When,
    journal::{Partitions, Place, Seal, cursor},
    participant::Sight,
    queued::{ApartWanted, Ended},
    subscribe::Page,
};
use edgefold_kernel::{Envelope, Failure, Fault, Id, Metadata, StreamId, Version, limits};
use futures_util::future::{BoxFuture, FutureExt, try_join_all};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use worker::{Delay, Env, Method, Request, console_error, send::SendFuture};

use super::admit::{admit, target};
use crate::platform::{apart, bindings, clock, database, stub};

/// The gateway of one request.
pub struct WorkersGateway {
    env: Env,
    catalogue: &'static Catalogue,
    caller: Option<Caller>,
    trace: Metadata,
}

impl WorkersGateway {
    /// The gateway to the bindings of this environment, for a caller, or for a stranger, whom resolvers refuse.
    pub fn new(env: Env, catalogue: &'static Catalogue, caller: Option<Caller>) -> Self {
        Self { env, catalogue, caller, trace: Metadata::default() }
    }

    /// The same gateway for a request with this trace context, which its commands get.
    pub fn traced(self, trace: Metadata) -> Self {
        Self { trace, ..self }
    }

    fn asker(&self) -> Result<Asker, Failure> {
        Ok(Asker::Somebody(self.caller.clone().ok_or_else(missing)?))
    }

    async fn send(&self, mut message: Message) -> Result<Accepted, Failure> {
        let by = self.asker()?;
        message.metadata = traced(message.metadata, &self.trace);
        let message = admit(message, self.catalogue, self.caller()?)?;
        let to = target(&message)?;
        let request = stub::post_as(&by, contract::COMMAND, &message)?;
        stub::read(stub::fetch(&self.env, self.catalogue, &to, request).await?).await
    }

    /// Asks a version of an instance whether a processor shows it.
    async fn shows(
        &self,
        processor: &str,
        stream: StreamId,
        version: Version,
    ) -> Result<(), Failure> {
        let (name, within_ms) = (processor.to_owned(), limits::READ_YOUR_WRITES_MS);
        let asked = ShownWanted { name, version, within_ms };
        let request = stub::post_as(&self.asker()?, contract::SHOWN, &asked)?;
        let answer = stub::fetch(&self.env, self.catalogue, &stream, request).await?;
        let ShownAnswer { is_passed } = match stub::read(answer).await {
            // A stranger is told no more than of an instance that does not exist.
            Err(Failure::Rejected(refused)) if refused.code == "UNKNOWN_INSTANCE" => {
                ShownAnswer::default()
            }
            answer => answer?,
        };
        match is_passed {
            true => Ok(()),
            false => Err(behind(&stream, version).into()),
        }
    }

    /// Asks every journal of a category the same. The answers come in the order of the partitions.
    async fn journals<T: DeserializeOwned>(
        &self,
        category: &str,
        path: &'static str,
        body: &impl Serialize,
    ) -> Result<Vec<T>, Failure> {
        let setting = self.env.var(bindings::JOURNAL_PARTITIONS).ok();
        let (partitions, _) =
            Partitions::parse(&setting.map(|it| it.to_string()).unwrap_or_default());
        let asked = (0..partitions.of(category)).map(|partition| async move {
            let call = stub::post(path, body)?;
            stub::read(stub::journal(&self.env, (category, partition), call).await?).await
        });
        try_join_all(asked).await
    }

    async fn all_caused(&self, correlation: Id) -> Result<Vec<Envelope>, Failure> {
        let asked = CausedWanted { correlation, limit: limits::CAUSED_EVENTS };
        let categories = self.catalogue.entries.iter().map(|entry| entry.aggregate_type);
        let found = categories
            .map(|category| self.journals::<Vec<Envelope>>(category, contract::CAUSED, &asked));
        let found = try_join_all(found).await?;
        let mut events: Vec<Envelope> = found.into_iter().flatten().flatten().collect();
        events.sort_by(oldest_first);
        Ok(events)
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
}

impl Gateway for WorkersGateway {
    fn caller(&self) -> Result<&Caller, Failure> {
        Ok(self.caller.as_ref().ok_or_else(missing)?)
    }

    fn seal(&self) -> Result<Seal, Failure> {
        stub::seal(&self.env)
    }

    fn fresh_id(&self) -> Id {
        clock::fresh_id()
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
        let entry = self.catalogue.entry(&stream.aggregate_type)?;
        let Some(fold) = &page.fold else { return Ok(Vec::new()) };
        let from = (&fold.state, fold.at);
        Ok(entry.run.sights(self.principal()?, &stream.aggregate_id, from, &page.events)?)
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
    ) -> BoxFuture<'_, Result<Option<Ended>, Failure>> {
        // An id may hold any visible character.
        let id = utf8_percent_encode(command_id.as_str(), NON_ALPHANUMERIC);
        let path = format!("{}?commandId={id}", contract::OUTCOME);
        SendFuture::new(async move {
            let found = self.look(stream.clone(), path).await;
            let is_unknown = matches!(&found, Ok(None))
                || matches!(&found, Err(Failure::Rejected(it)) if it.code == "UNKNOWN_INSTANCE");
            if !is_unknown {
                return found;
            }
            let wanted = ApartWanted { of: stream, command_ids: vec![command_id] };
            match apart::of(&self.env, self.principal()?, &wanted).await?.pop() {
                Some(apart) => Ok(Some(apart.ending.into())),
                None => found,
            }
        })
        .boxed()
    }

    fn shown<'a>(
        &'a self,
        processor: &'a str,
        wanted: Vec<(StreamId, Version)>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        SendFuture::new(async move {
            let asked = wanted.into_iter();
            let asked = asked.map(|(stream, version)| self.shows(processor, stream, version));
            try_join_all(asked).await.map(drop)
        })
        .boxed()
    }

    fn places<'a>(
        &'a self,
        category: &'a str,
        processor: &'a str,
    ) -> BoxFuture<'a, Result<String, Failure>> {
        SendFuture::new(async move {
            let asked = PlaceWanted { name: processor.to_owned() };
            let places: Vec<Place> = self.journals(category, contract::PLACE, &asked).await?;
            Ok(cursor::write(&self.seal()?, category, &places))
        })
        .boxed()
    }

    fn wake<'a>(&'a self, category: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        SendFuture::new(async move {
            self.journals::<()>(category, contract::WAKE, &()).await.map(drop)
        })
        .boxed()
    }

    fn caused(&self, correlation: Id) -> BoxFuture<'_, Result<Vec<Envelope>, Failure>> {
        SendFuture::new(self.all_caused(correlation)).boxed()
    }

    fn rows(
        &self,
        sql: Cow<'static, str>,
        params: Vec<Value>,
    ) -> BoxFuture<'_, Result<Vec<Row>, Fault>> {
        SendFuture::new(async move { database::rows(&self.env, &sql, &params).await }).boxed()
    }

    fn sleep(&self, millis: u64) -> BoxFuture<'_, ()> {
        SendFuture::new(Delay::from(Duration::from_millis(millis))).boxed()
    }
}

/// The order of events over all streams. Those of one stream stand in the order of the stream.
fn oldest_first(one: &Envelope, other: &Envelope) -> Ordering {
    (one.time, &one.stream, one.version).cmp(&(other.time, &other.stream, other.version))
}

/// Those of these instances that the caller may see: each instance is asked.
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

/// Logs the faults of resolvers with their texts: the caller gets only their codes.
pub(crate) fn log_faults(response: &async_graphql::Response) {
    faults(response).for_each(|fault| console_error!("{}: {fault}", fault.code()));
}
