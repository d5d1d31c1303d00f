//! A subscription. Its field is resolved in two ways: once to find out what it follows, and from then on for every page of
//! that, anew each time. So nothing of it has to stay in memory between two events, and a session hibernates.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{Context, Error, ID, Subscription, resolver_utils::EnumType};
use edgefold_kernel::{Fault, Id, Kind, Rejection, StreamId, Version};
use futures_util::{StreamExt, stream, stream::BoxStream};
use serde::de::DeserializeOwned;

use super::{
    AggregateType, DateTime, Event, List, StateAt, faulted,
    gateway::Gateway,
    int,
    page::{owner, read, rows_of},
    refusal::invalid,
    unanswered,
};
use crate::{
    Participant,
    subscribe::{Begin, Page, Source, socket::parse_version},
};

/// What a subscription's field yields.
pub type Subscribed<T> = BoxStream<'static, Result<T, Error>>;

/// What the field of a subscription is resolved for. The session puts it into the request.
#[derive(Debug)]
pub struct Feed(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    page: Option<Page>,
    found: Vec<(Source, Begin)>,
    yielded: VecDeque<u64>,
    stuck: bool,
}

impl Feed {
    /// Finds out what the field follows.
    pub fn ask() -> Arc<Self> {
        Arc::new(Self(Mutex::default()))
    }

    /// Gives it the next events.
    pub fn give(page: Page) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Inner { page: Some(page), ..Inner::default() })))
    }

    /// What was found: one for each field that was asked for.
    pub fn found(&self) -> Vec<(Source, Begin)> {
        self.with(|inner| std::mem::take(&mut inner.found))
    }

    /// The cursor of the next event that the field has yielded.
    pub fn yielded(&self) -> Option<u64> {
        self.with(|inner| inner.yielded.pop_front())
    }

    /// Whether what the page needs could not be read: another attempt may.
    pub fn is_stuck(&self) -> bool {
        self.with(|inner| inner.stuck)
    }

    /// The page, when there is one; otherwise takes note of what is followed.
    fn turn(&self, source: Source, begin: Begin) -> Option<Page> {
        self.with(|inner| {
            let page = inner.page.take();
            if page.is_none() {
                inner.found.push((source, begin));
            }
            page
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A stream of these, which takes note of the cursor of each.
    fn stream<T: Send + 'static>(
        self: Arc<Self>,
        items: Vec<(u64, Result<T, Error>)>,
    ) -> Subscribed<T> {
        let yielded = move |(cursor, item)| {
            self.with(|inner| inner.yielded.push_back(cursor));
            item
        };
        stream::iter(items).map(yielded).boxed()
    }
}

/// Follows an instance of this aggregate, from a cursor on, or from its latest event: `show` makes of each event, with the
/// state after it, what the field yields.
///
/// # Errors
/// `INVALID_CURSOR`, `INVALID_FIELD`; a fault when an event cannot be read.
pub fn subscribe<A: Participant, T: Send + 'static>(
    context: &Context<'_>,
    id: &ID,
    after: Option<String>,
    show: impl Fn(String, Event, StateAt<A::State>) -> T,
) -> Result<Subscribed<T>, Error> {
    let feed = Arc::clone(context.data::<Arc<Feed>>()?);
    let source = Source::stream(&StreamId::new(A::TYPE, instance("id", id)?));
    let Some(page) = feed.turn(source, begin(after.as_deref(), Begin::Latest)?) else {
        return Ok(stream::empty().boxed());
    };
    let items = fold::<A, T>(page, id, show).map_err(|fault| faulted(&fault))?;
    Ok(feed.stream(items.into_iter().map(|(cursor, item)| (cursor, Ok(item))).collect()))
}

/// Follows all instances of this aggregate, from a cursor on, or from now: those that a list would hold, as the read model
/// shows them when the event has reached it.
///
/// # Errors
/// `FORBIDDEN` for whom a list would hold nothing; `INVALID_CURSOR`; a fault when an event or its row cannot be read.
pub async fn subscribe_all<A: Participant, V: DeserializeOwned, T: Send + 'static>(
    context: &Context<'_>,
    list: List<impl EnumType>,
    show: impl Fn(String, Event, V) -> T,
) -> Result<Subscribed<T>, Error> {
    let feed = Arc::clone(context.data::<Arc<Feed>>()?);
    let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
    let Some(owner) = owner::<A>(gateway)? else {
        let detail = format!("you see no {}", A::TYPE);
        return Err(unanswered(Rejection::new(Kind::Forbidden, "FORBIDDEN", detail)));
    };
    let source = Source::Category { aggregate_type: A::TYPE.to_owned() };
    let Some(page) = feed.turn(source, begin(list.after.as_deref(), Begin::Now)?) else {
        return Ok(stream::empty().boxed());
    };
    let ids = page.events.iter().map(|(_, event)| event.stream.aggregate_id.as_str()).collect();
    let rows = rows_of(gateway, owner, &list, &ids).await.map_err(|fault| {
        feed.with(|inner| inner.stuck = true);
        faulted(&fault)
    })?;
    let mut items = Vec::new();
    for (cursor, event) in &page.events {
        if let Some(row) = rows.get(event.stream.aggregate_id.as_str()) {
            // The journal has it as the release had it that wrote it there.
            let lifted = event.clone().lifted::<A::Event>();
            let shown = lifted.and_then(|event| Event::read(&event));
            let shown = shown.map_err(|fault| faulted(&fault))?;
            items.push((*cursor, Ok(show(cursor.to_string(), shown, read(row.clone())?))));
        }
    }
    Ok(feed.stream(items))
}

/// What may be heard of any aggregate.
#[derive(Default)]
pub struct EventSubscription;

#[Subscription]
impl EventSubscription {
    /// The events of one stream, in order, each once: everything after the cursor, then live.
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Type of the aggregate.")] aggregate_type: AggregateType,
        #[graphql(desc = "The instance.")] aggregate_id: ID,
        #[graphql(desc = "Cursor after which it begins; with the first event when left out.")]
        after: Option<String>,
    ) -> Result<Subscribed<Event>, Error> {
        let feed = Arc::clone(context.data::<Arc<Feed>>()?);
        let stream = StreamId::new(aggregate_type.0, instance("aggregateId", &aggregate_id)?);
        let begin = begin(after.as_deref(), Begin::After(0))?;
        let Some(page) = feed.turn(Source::stream(&stream), begin) else {
            return Ok(stream::empty().boxed());
        };
        let shown =
            |(cursor, event)| (cursor, Event::read(&event).map_err(|fault| faulted(&fault)));
        Ok(feed.stream(page.events.into_iter().map(shown).collect()))
    }
}

/// What a page shows: each event with the state after it.
fn fold<A: Participant, T>(
    page: Page,
    id: &ID,
    show: impl Fn(String, Event, StateAt<A::State>) -> T,
) -> Result<Vec<(u64, T)>, Fault> {
    let unreadable = |error: serde_json::Error| Fault::Unreadable(error.to_string());
    let fold = page.fold.ok_or_else(|| Fault::Defect("a page without a state".to_owned()))?;
    let (mut state, mut at): (A::State, Version) =
        (serde_json::from_value(fold.state).map_err(unreadable)?, fold.at);
    let began = DateTime(fold.began.to_string());
    let mut items = Vec::with_capacity(page.events.len());
    for (cursor, event) in &page.events {
        if event.version > at {
            A::evolve(&mut state, &event.read()?);
            at = event.version;
        }
        let (id, began, state) = (id.clone(), began.clone(), state.clone());
        let state = StateAt { id, version: int(at), began, state };
        items.push((*cursor, show(cursor.to_string(), Event::read(event)?, state)));
    }
    Ok(items)
}

/// Where to begin. A cursor is opaque to clients: only what was given out is one.
fn begin(after: Option<&str>, otherwise: Begin) -> Result<Begin, Error> {
    match after {
        None => Ok(otherwise),
        Some(cursor) => parse_version("after", cursor)
            .map(Begin::After)
            .map_err(|_| invalid("INVALID_CURSOR", "after", "after: expected a cursor")),
    }
}

fn instance(field: &'static str, id: &ID) -> Result<Id, Error> {
    Id::parse(id.0.clone())
        .map_err(|said| invalid("INVALID_FIELD", field, format!("{field}: expected {said}")))
}
