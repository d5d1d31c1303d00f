//! A subscription. Its field is resolved once to find its source, and then again for every page of that source. So
//! nothing of it stays in memory between two events, and the session can hibernate.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{Context, Error, ID, Subscription, resolver_utils::EnumType};
use edgefold_kernel::{Envelope, Failure, Fault, Id, Kind, Principal, Rejection, StreamId};
use futures_util::{StreamExt, future::try_join_all, stream, stream::BoxStream};

use super::{
    AggregateType, DateTime, Event, List, StateAt, faulted,
    gateway::Gateway,
    int,
    list::{Statement, Wanted},
    page::{allowed, name, order, read_rows, shown},
    refusal::invalid,
    unanswered,
};
use crate::{
    Participant,
    instance::unknown,
    participant::{Filter, Order, Sight, folded, sight},
    subscribe::{Begin, Page, Source, socket::parse_version},
};

/// The stream of items of a subscription's field.
pub type Subscribed<T> = BoxStream<'static, Result<T, Error>>;

/// The purpose for which a subscription's field is resolved. The session puts it into the request.
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
    /// Resolves the field to find its source.
    pub fn ask() -> Arc<Self> {
        Arc::new(Self(Mutex::default()))
    }

    /// Resolves the field for the next events.
    pub fn give(page: Page) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Inner { page: Some(page), ..Inner::default() })))
    }

    /// The sources that were found, one for each selected field.
    pub fn found(&self) -> Vec<(Source, Begin)> {
        self.with(|inner| std::mem::take(&mut inner.found))
    }

    /// The cursor of the next event that the field has yielded.
    pub fn yielded(&self) -> Option<u64> {
        self.with(|inner| inner.yielded.pop_front())
    }

    /// True if the page needs data that could not be read now; another attempt may succeed.
    pub fn is_stuck(&self) -> bool {
        self.with(|inner| inner.stuck)
    }

    /// Takes the page if there is one; otherwise notes the source that the field follows.
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

    /// A stream of these items that notes the cursor of each.
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

/// Follows an instance of this aggregate, from a cursor on, or from its latest event. `show` makes an item of each
/// event
/// and the state after it. A caller that may only list the instance gets no event with it.
///
/// # Errors
/// `INVALID_CURSOR`, `INVALID_FIELD`; a fault when an event cannot be read.
pub fn subscribe<A: Participant, T: Send + 'static>(
    context: &Context<'_>,
    id: &ID,
    after: Option<String>,
    show: impl Fn(String, Option<Event>, StateAt<A::State>) -> T,
) -> Result<Subscribed<T>, Error> {
    let feed = Arc::clone(context.data::<Arc<Feed>>()?);
    let stream = StreamId::new(A::TYPE, instance("id", id)?);
    let begin = begin(after.as_deref(), Begin::Latest)?;
    let Some(page) = feed.turn(Source::stream(&stream), begin) else {
        return Ok(stream::empty().boxed());
    };
    let principal = context.data::<Arc<dyn Gateway>>()?.principal().map_err(unanswered)?;
    let items = fold::<A, T>(&page, &stream.aggregate_id, principal, show);
    let items = items.map_err(|fault| faulted(&fault))?;
    Ok(feed.stream(items.into_iter().map(|(cursor, item)| (cursor, Ok(item))).collect()))
}

/// Follows all instances of this aggregate, from a cursor on, or from now: those that a list would hold, as the read model
/// shows them when the event has reached it. With those that the caller may only list comes no event.
///
/// # Errors
/// `FORBIDDEN` for a caller that may list nothing; `INVALID_CURSOR`; a fault when an event or its row cannot be read.
pub async fn subscribe_all<A: Participant, T: Send + 'static>(
    context: &Context<'_>,
    list: List<impl EnumType>,
    show: impl Fn(String, Option<Event>, StateAt<A::State>) -> T,
) -> Result<Subscribed<T>, Error> {
    let feed = Arc::clone(context.data::<Arc<Feed>>()?);
    let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
    let Some(filter) = allowed::<A>(gateway, list.filter)? else {
        let detail = format!("you may not list {}", A::TYPE);
        return Err(unanswered(Rejection::new(Kind::Forbidden, "FORBIDDEN", detail)));
    };
    let source = Source::Category { aggregate_type: A::TYPE.to_owned() };
    let Some(page) = feed.turn(source, begin(list.after.as_deref(), Begin::Now)?) else {
        return Ok(stream::empty().boxed());
    };
    let stuck = || feed.with(|inner| inner.stuck = true);
    let order = order::<A>(name(list.order_by)).map_err(|fault| faulted(&fault))?;
    let ids: BTreeSet<_> = page.events.iter().map(|(_, it)| &it.stream.aggregate_id).collect();
    let rows = rows_of::<A>(gateway, order, &filter, ids).await.map_err(|failure| {
        if matches!(&failure, Failure::Faulted(fault) if fault.retryable()) {
            stuck();
        }
        unanswered(failure)
    })?;
    let is_listed = |event: &Envelope| rows.contains_key(&event.stream.aggregate_id);
    let seen = match context.look_ahead().field("event").exists() {
        true => {
            let events = page.events.iter().map(|(_, event)| event);
            let streams = events.filter(|event| is_listed(event)).map(|it| it.stream.clone());
            gateway.seen(streams.collect()).await.map_err(|failure| {
                stuck();
                unanswered(failure)
            })?
        }
        false => BTreeSet::new(),
    };
    let mut items = Vec::new();
    for (cursor, event) in &page.events {
        if let Some(row) = rows.get(&event.stream.aggregate_id) {
            // The journal keeps the schema version of the release that wrote the event there.
            let lifted =
                || event.clone().lifted::<A::Event>().and_then(|event| Event::read(&event));
            let shown = seen.contains(&event.stream).then(lifted).transpose();
            let shown = shown.map_err(|fault| faulted(&fault))?;
            items.push((*cursor, Ok(show(cursor.to_string(), shown, row.clone()))));
        }
    }
    Ok(feed.stream(items))
}

/// The rows of these instances that a list with this filter would hold.
async fn rows_of<A: Participant>(
    gateway: &dyn Gateway,
    order: &Order,
    filter: &Filter,
    ids: BTreeSet<&Id>,
) -> Result<BTreeMap<Id, StateAt<A::State>>, Failure> {
    let ids = ids.into_iter().filter(|id| filter.only.as_ref().is_none_or(|only| only == *id));
    let rows = ids.map(|id| async move {
        let filter = Filter { only: Some(id.clone()), ..filter.clone() };
        let wanted = Wanted { order, after: None, filter: &filter, rows: 1 };
        let found =
            read_rows(gateway, A::TYPE, &Statement::of(A::TYPE, &A::LISTED, &wanted)).await?;
        let Some(row) = found.first() else { return Ok(None) };
        Ok::<_, Failure>(shown::<A>(gateway, row).await?.map(|(_, at)| (id.clone(), at)))
    });
    Ok(try_join_all(rows).await?.into_iter().flatten().collect())
}

/// Subscriptions to any aggregate.
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
        let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
        let Some(page) = feed.turn(Source::stream(&stream), begin) else {
            // To follow a stream it is enough to may list its instance.
            let seen = gateway.seen(BTreeSet::from([stream.clone()])).await.map_err(unanswered)?;
            return match seen.contains(&stream) {
                true => Ok(stream::empty().boxed()),
                false => Err(unanswered(unknown(&stream))),
            };
        };
        let sights = gateway.sights(&stream, &page).map_err(unanswered)?;
        let sees = sights.into_iter().map(|sight| sight == Sight::Stream);
        let events = page.events.iter().zip(sees).filter(|(_, sees)| *sees);
        let shown = events.map(|((cursor, event), _)| {
            (*cursor, Event::read(event).map_err(|fault| faulted(&fault)))
        });
        Ok(feed.stream(shown.collect()))
    }
}

/// The items of a page for a caller: each event with the state after it. Where the caller may only list the instance
/// the event is left out, and where it may not even list it there is no item.
fn fold<A: Participant, T>(
    page: &Page,
    id: &Id,
    principal: &Principal,
    show: impl Fn(String, Option<Event>, StateAt<A::State>) -> T,
) -> Result<Vec<(u64, T)>, Fault> {
    let fold =
        page.fold.as_ref().ok_or_else(|| Fault::Defect("a page without a state".to_owned()))?;
    let shown = folded::<A, _>(&fold.state, fold.at, &page.events, |event, at, state| {
        let shown = match sight::<A>(principal, id, state) {
            Sight::Stream => Some(Event::read(event)?),
            Sight::Row => None,
            Sight::Nothing => return Ok(None),
        };
        let (began, state) = (DateTime(fold.began.to_string()), state.clone());
        let shown_at = StateAt { id: id.as_str().into(), version: int(at), began, state };
        Ok(Some((event.version, show(event.version.to_string(), shown, shown_at))))
    })?;
    shown.into_iter().filter_map(Result::transpose).collect()
}

/// The beginning of a subscription. A cursor is opaque: a client may use only those that the server gave out.
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
