//! A subscription. Its field is resolved once to find its sources, and then again for every page of one of them. So
//! nothing of it stays in memory between two events, and the session can hibernate.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{Context, Error, ID, SimpleObject, Subscription};
use edgefold_kernel::{Fault, Id, Kind, Principal, Rejection, StreamId};
use futures_util::{StreamExt, stream, stream::BoxStream};
use serde::Deserialize;

use super::{
    AggregateType, DateTime, Event, StateAt, faulted, gateway::Gateway, int, page::allowed,
    refusal::invalid, unanswered,
};
use crate::{
    Participant,
    instance::unknown,
    journal::{Place, RowChange, RowsPage, cursor},
    participant::{Condition, Sight, folded, sight},
    session::Lack,
    subscribe::{Begin, Page, Part, RowsWanted, Wanted, socket::parse_version},
};

/// The stream of items of a subscription's field.
pub type Subscribed<T> = BoxStream<'static, Result<T, Error>>;

/// An item of a subscription, beside the instance itself: the part that is the same for every aggregate.
#[derive(SimpleObject)]
pub struct Update {
    /// Pass it as `after` when you come back: then you miss nothing and get nothing twice. Opaque.
    pub cursor: String,
    /// The event. Null for a caller that may list this instance but not see its events.
    event: Option<Event>,
    /// An instance that the filter held before this event and does not hold any more: take it off your list. Null otherwise.
    left: Option<ID>,
    /// True once everything that was there when the subscription began has come: from the last item of it on. Where none is
    /// left to say so, an item comes that has nothing but this and its cursor.
    caught_up: bool,
}

/// The purpose for which a subscription's field is resolved. The session puts it into the request.
#[derive(Debug)]
pub struct Feed(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    given: Option<(Part, Lack)>,
    found: Vec<(Wanted, Begin)>,
    yielded: VecDeque<Place>,
}

impl Feed {
    /// Resolves the field to find its sources.
    pub fn ask() -> Arc<Self> {
        Arc::new(Self(Mutex::default()))
    }

    /// Resolves the field for the next events: part of the source in which it lacks something.
    pub fn give(part: Part, lack: Lack) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Inner { given: Some((part, lack)), ..Inner::default() })))
    }

    /// What was asked for, once for each selected field.
    pub fn found(&self) -> Vec<(Wanted, Begin)> {
        self.with(|inner| std::mem::take(&mut inner.found))
    }

    /// The place, in the source of the page, behind the next item that the field has yielded.
    pub fn yielded(&self) -> Option<Place> {
        self.with(|inner| inner.yielded.pop_front())
    }

    /// Takes the page if there is one; otherwise notes what the field asks for.
    fn turn(&self, wanted: Wanted, begin: Begin) -> Option<(Part, Lack)> {
        self.with(|inner| {
            let given = inner.given.take();
            if given.is_none() {
                inner.found.push((wanted, begin));
            }
            given
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A stream of these items that notes the place of each.
    fn stream<T: Send + 'static>(
        self: Arc<Self>,
        items: Vec<(Place, Result<T, Error>)>,
    ) -> Subscribed<T> {
        let yielded = move |(place, item)| {
            self.with(|inner| inner.yielded.push_back(place));
            item
        };
        stream::iter(items).map(yielded).boxed()
    }
}

/// An item, before it gets its cursor.
struct Shown<S> {
    at: Place,
    event: Option<Event>,
    left: Option<ID>,
    state: Option<StateAt<S>>,
}

/// The items of a page that ends with this place, each as `show` makes it; and one more when nobody else says that the
/// operation has caught up.
fn items<S, T>(
    mut shown: Vec<Shown<S>>,
    through: Place,
    lack: &Lack,
    cursor: impl Fn(&Place) -> String,
    show: impl Fn(Update, Option<StateAt<S>>) -> T,
) -> Vec<(Place, Result<T, Error>)> {
    let has_caught_up = |at: &Place| lack.has_caught_up_at(at.position);
    let is_said = lack.has_caught_up || shown.last().is_some_and(|last| has_caught_up(&last.at));
    if has_caught_up(&through) && !is_said {
        shown.push(Shown { at: through, event: None, left: None, state: None });
    }
    let item = |Shown { at, event, left, state }| {
        let update = Update { cursor: cursor(&at), event, left, caught_up: has_caught_up(&at) };
        (at, Ok(show(update, state)))
    };
    shown.into_iter().map(item).collect()
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
    show: impl Fn(Update, Option<StateAt<A::State>>) -> T,
) -> Result<Subscribed<T>, Error> {
    let feed = Arc::clone(context.data::<Arc<Feed>>()?);
    let stream = StreamId::new(A::TYPE, instance("id", id)?);
    let begin = begin(after.as_deref(), Begin::Latest)?;
    let Some((part, lack)) = feed.turn(Wanted::Stream(stream.clone()), begin) else {
        return Ok(stream::empty().boxed());
    };
    let Part::Stream(page) = part else { return Err(faulted(&misplaced())) };
    let principal = context.data::<Arc<dyn Gateway>>()?.principal().map_err(unanswered)?;
    let shown = fold::<A>(&page, &stream.aggregate_id, principal);
    let shown = shown.map_err(|fault| faulted(&fault))?;
    let cursor = |place: &Place| place.position.to_string();
    Ok(feed.stream(items(shown, Place::version(page.through), &lack, cursor, show)))
}

/// Follows all instances of this aggregate, from a cursor on, or from now: those that a list would hold, each with its row
/// after the event. With those that the caller may only list comes no event.
///
/// # Errors
/// `FORBIDDEN` for a caller that may list nothing; `INVALID_CURSOR`; a fault when an event or its row cannot be read.
pub fn subscribe_all<A: Participant, T: Send + 'static>(
    context: &Context<'_>,
    conditions: Vec<Option<Condition>>,
    after: Option<String>,
    show: impl Fn(Update, Option<StateAt<A::State>>) -> T,
) -> Result<Subscribed<T>, Error> {
    let feed = Arc::clone(context.data::<Arc<Feed>>()?);
    let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
    let principal = gateway.principal().map_err(unanswered)?;
    let Some(filter) = allowed::<A>(gateway, conditions)? else {
        let detail = format!("you may not list {}", A::TYPE);
        return Err(unanswered(Rejection::new(Kind::Forbidden, "FORBIDDEN", detail)));
    };
    let begin = match after.as_deref() {
        None => Begin::Now,
        Some(text) => Begin::After(cursor::read(A::TYPE, text).map_err(unanswered)?),
    };
    let wanted = Wanted::Rows(RowsWanted {
        aggregate_type: A::TYPE.to_owned(),
        lists_all: filter.owner.is_none() && filter.only.is_none(),
        filter,
        wants_events: context.look_ahead().field("event").exists(),
    });
    let Some((part, lack)) = feed.turn(wanted, begin) else {
        return Ok(stream::empty().boxed());
    };
    let Part::Rows(RowsPage { changes, through, .. }) = part else {
        return Err(faulted(&misplaced()));
    };
    let shown = changes.into_iter().map(|change| row::<A>(change, principal));
    let shown = shown.collect::<Result<_, _>>().map_err(|fault| faulted(&fault))?;
    let cursor = |place: &Place| {
        let mut places = lack.places.clone();
        if let Some(own) = places.get_mut(lack.index) {
            own.clone_from(place);
        }
        cursor::write(A::TYPE, &places)
    };
    Ok(feed.stream(items(shown, through, &lack, cursor, show)))
}

/// A row that changed, for a caller. The policy decides about its event by the state in the row.
fn row<A: Participant>(change: RowChange, principal: &Principal) -> Result<Shown<A::State>, Fault> {
    let RowChange { at, id, event, row, has_left } = change;
    let state = A::State::deserialize(&mut serde_json::Deserializer::from_str(row.state.get()));
    let state = state.map_err(|error| Fault::Unreadable(error.to_string()))?;
    // The journal keeps the schema version of the release that wrote the event there.
    let seen = event.filter(|_| sight::<A>(principal, &id, &state) == Sight::Stream);
    let event = seen.map(|event| event.lifted::<A::Event>().and_then(|event| Event::read(&event)));
    let id = ID::from(id.as_str());
    let began = DateTime(row.began.to_string());
    let (left, state) = match has_left {
        true => (Some(id), None),
        false => (None, Some(StateAt { id, version: int(row.version), began, state })),
    };
    Ok(Shown { at, event: event.transpose()?, left, state })
}

fn misplaced() -> Fault {
    Fault::Defect("a page of another kind of source".to_owned())
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
        let begin = begin(after.as_deref(), Begin::version(0))?;
        let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
        let Some((part, _)) = feed.turn(Wanted::Stream(stream.clone()), begin) else {
            // To follow a stream it is enough to may list its instance.
            let seen = gateway.seen(BTreeSet::from([stream.clone()])).await.map_err(unanswered)?;
            return match seen.contains(&stream) {
                true => Ok(stream::empty().boxed()),
                false => Err(unanswered(unknown(&stream))),
            };
        };
        let Part::Stream(page) = part else { return Err(faulted(&misplaced())) };
        let sights = gateway.sights(&stream, &page).map_err(unanswered)?;
        let sees = sights.into_iter().map(|sight| sight == Sight::Stream);
        let events = page.events.iter().zip(sees).filter(|(_, sees)| *sees);
        let shown = events.map(|((cursor, event), _)| {
            (Place::version(*cursor), Event::read(event).map_err(|fault| faulted(&fault)))
        });
        Ok(feed.stream(shown.collect()))
    }
}

/// The items of a page for a caller: each event with the state after it. Where the caller may only list the instance
/// the event is left out, and where it may not even list it there is no item.
fn fold<A: Participant>(
    page: &Page,
    id: &Id,
    principal: &Principal,
) -> Result<Vec<Shown<A::State>>, Fault> {
    let fold = match &page.fold {
        Some(fold) => fold,
        None if page.events.is_empty() => return Ok(Vec::new()),
        None => return Err(Fault::Defect("a page without a state".to_owned())),
    };
    let shown = folded::<A, _>(&fold.state, fold.at, &page.events, |event, at, state| {
        let shown = match sight::<A>(principal, id, state) {
            Sight::Stream => Some(Event::read(event)?),
            Sight::Row => None,
            Sight::Nothing => return Ok(None),
        };
        let (began, state) = (DateTime(fold.began.to_string()), state.clone());
        let state = StateAt { id: id.as_str().into(), version: int(at), began, state };
        let at = Place::version(event.version);
        Ok(Some(Shown { at, event: shown, left: None, state: Some(state) }))
    })?;
    shown.into_iter().filter_map(Result::transpose).collect()
}

/// The beginning of a subscription to a stream. A cursor is opaque: a client may use only those that the server gave out.
fn begin(after: Option<&str>, otherwise: Begin) -> Result<Begin, Error> {
    match after {
        None => Ok(otherwise),
        Some(cursor) => parse_version("after", cursor)
            .map(Begin::version)
            .map_err(|_| invalid("INVALID_CURSOR", "after", "after: expected a cursor")),
    }
}

fn instance(field: &'static str, id: &ID) -> Result<Id, Error> {
    Id::parse(id.0.clone())
        .map_err(|said| invalid("INVALID_FIELD", field, format!("{field}: expected {said}")))
}
