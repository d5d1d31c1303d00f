//! What answers a field of a subscription.

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::{Context, Error};
use edgefold_kernel::{Fault, Id, Kind, Principal, Rejection, StreamId, Version};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    api::{Api, Does},
    faulted,
    feed::{Feed, Subscribed},
    gateway::Gateway,
    input::Arguments,
    page::{allowed, conditions},
    refusal::invalid,
    show, unanswered,
};
use crate::{
    instance::unknown,
    journal::{Place, RowChange, RowsPage, cursor},
    participant::{RowFilter, Sight},
    route::{Entry, check_path},
    session::Lack,
    subscribe::{Begin, Page, Part, RowsWanted, Wanted, socket::parse_version},
};

/// Begins what a field of the subscription's root asks for.
///
/// # Errors
/// Those of the field.
pub(super) async fn subscribed(
    api: &Api,
    does: Does,
    context: &Context<'_>,
    mut given: Arguments,
) -> Result<Subscribed, Error> {
    let after = given.text("after");
    match does {
        Does::Follow(entry) => {
            let (id, waits) = (given.required("id"), given.flag("wait"));
            follow(api, context, entry, (&id, waits), after)
        }
        Does::FollowAll(entry) => follow_all(api, context, entry, given, after),
        Does::FollowEvents => follow_events(api, context, given, after).await,
        _ => Err(faulted(&Fault::Defect("a query among the subscriptions".to_owned()))),
    }
}

/// An item, before it gets its cursor.
struct Shown {
    at: Place,
    event: Option<Value>,
    left: Option<Id>,
    state: Option<Value>,
}

/// The items of a page that ends with this place; and one more when nobody else says that the operation has caught up.
fn items(
    entry: &Entry,
    mut shown: Vec<Shown>,
    through: Place,
    lack: &Lack,
    cursor: impl Fn(&Place) -> String,
) -> Vec<(Place, Result<Value, Error>)> {
    let has_caught_up = |at: &Place| lack.has_caught_up_at(at.position);
    let is_said = lack.has_caught_up || shown.last().is_some_and(|last| has_caught_up(&last.at));
    if has_caught_up(&through) && !is_said {
        shown.push(Shown { at: through, event: None, left: None, state: None });
    }
    let one = super::describe::camel(entry.aggregate_type, false);
    let item = |Shown { at, event, left, state }| {
        let update = json!({
            "cursor": cursor(&at),
            "event": event,
            "left": left.as_ref().map(Id::as_str),
            "caughtUp": has_caught_up(&at),
            one.as_str(): state,
        });
        (at, Ok(update))
    };
    shown.into_iter().map(item).collect()
}

/// Follows an instance of this aggregate, from a cursor on, or from its latest event. An item is an event and the state after
/// it, as JSON. A caller that may only list the instance gets no event with it. With `waits` it begins with the first event, also
/// when that is still to come.
///
/// # Errors
/// `INVALID_CURSOR`, `INVALID_FIELD`; a fault when an event cannot be read.
pub fn follow(
    api: &Api,
    context: &Context<'_>,
    entry: &Entry,
    (id, waits): (&str, bool),
    after: Option<String>,
) -> Result<Subscribed, Error> {
    let feed = Arc::clone(context.data::<Arc<Feed>>()?);
    let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
    let stream = StreamId::new(entry.aggregate_type, instance("id", id)?);
    let begin = begin(after.as_deref(), if waits { Begin::version(0) } else { Begin::Latest })?;
    // Whoever has a cursor has seen the instance: it does not wait.
    let wanted = match waits && begin == Begin::version(0) {
        true => awaited(gateway, entry, stream.clone())?,
        false => Wanted::Stream(stream.clone()),
    };
    let Some((part, lack)) = feed.turn(wanted, begin) else {
        return Ok(stream::empty().boxed());
    };
    let Part::Stream(page) = part else { return Err(faulted(&misplaced())) };
    let principal = gateway.principal().map_err(unanswered)?;
    let shown = folded(api, entry, &page, &stream.aggregate_id, principal);
    let shown = shown.map_err(|fault| faulted(&fault))?;
    let cursor = |place: &Place| place.position.to_string();
    Ok(feed.stream(items(entry, shown, Place::version(page.through), &lack, cursor)))
}

/// A stream that may not have begun, for whoever could list its instance. Nobody else waits.
fn awaited(gateway: &dyn Gateway, entry: &Entry, stream: StreamId) -> Result<Wanted, Error> {
    let id = &stream.aggregate_id;
    // There will never be such an instance.
    check_path("id", Some(id)).map_err(unanswered)?;
    let filter = allowed(gateway, entry, Vec::new())?;
    let Some(filter) = filter.filter(|it| it.only.as_ref().is_none_or(|only| only == id)) else {
        return Ok(Wanted::Stream(stream));
    };
    let rows = RowsWanted {
        aggregate_type: entry.aggregate_type.to_owned(),
        lists_all: filter.owner.is_none() && filter.only.is_none(),
        filter: RowFilter { only: Some(id.clone()), ..filter },
        wants_events: false,
    };
    Ok(Wanted::Awaited(stream, rows))
}

/// The items of a page for a caller: each event with the state after it. Where the caller may only list the instance
/// the event is left out, and where it may not even list it there is no item.
fn folded(
    api: &Api,
    entry: &Entry,
    page: &Page,
    id: &Id,
    principal: &Principal,
) -> Result<Vec<Shown>, Fault> {
    let fold = match &page.fold {
        Some(fold) => fold,
        None if page.events.is_empty() => return Ok(Vec::new()),
        None => return Err(Fault::Defect("a page without a state".to_owned())),
    };
    let looks = entry.run.looks(principal, id, (&fold.state, fold.at), &page.events)?;
    let mut shown = Vec::with_capacity(looks.len());
    for ((_, event), look) in page.events.iter().zip(looks) {
        let at = Place::version(event.version);
        let event = match look.sight {
            Sight::Stream => Some(show::event(api, principal, event)?),
            Sight::Row => None,
            Sight::Nothing => continue,
        };
        let began = fold.began.to_string();
        let state = show::instance(id.as_str(), look.version, &began, look.state);
        shown.push(Shown { at, event, left: None, state });
    }
    Ok(shown)
}

/// Follows all instances of this aggregate, from a cursor on, or from now: those that a list would hold, each with its row
/// after the event. With those that the caller may only list comes no event.
///
/// # Errors
/// `FORBIDDEN` for a caller that may list nothing; `INVALID_CURSOR`; `INVALID_FIELD`, also for a condition that a projection
/// answers; a fault when an event or its row cannot be read.
fn follow_all(
    api: &Api,
    context: &Context<'_>,
    entry: &Entry,
    mut given: Arguments,
    after: Option<String>,
) -> Result<Subscribed, Error> {
    let of = entry.aggregate_type;
    let feed = Arc::clone(context.data::<Arc<Feed>>()?);
    let gateway = context.data::<Arc<dyn Gateway>>()?.as_ref();
    let principal = gateway.principal().map_err(unanswered)?;
    let filter = given.object("filter").map_err(unanswered)?;
    let mut beside = entry.listed.beside.iter().flat_map(|beside| beside.fields);
    if let Some((name, ..)) = beside.find(|(name, ..)| filter.contains_key(*name)) {
        let field = format!("filter.{name}");
        let detail = format!("{field}: a list takes this condition, and a subscription does not");
        return Err(unanswered(Rejection::shape("INVALID_FIELD", field, detail)));
    }
    let (conditions, _) = conditions(&entry.listed, filter)?;
    let Some(filter) = allowed(gateway, entry, conditions)? else {
        let detail = format!("you may not list {of}");
        return Err(unanswered(Rejection::new(Kind::Forbidden, "FORBIDDEN", detail)));
    };
    let seal = gateway.seal().map_err(unanswered)?;
    let begin = match after.as_deref() {
        None => Begin::Now,
        Some(text) => Begin::After(cursor::read(&seal, of, text).map_err(unanswered)?),
    };
    let wanted = Wanted::Rows(RowsWanted {
        aggregate_type: of.to_owned(),
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
    let shown = changes.into_iter().map(|change| row(api, entry, change, principal));
    let shown = shown.collect::<Result<_, _>>().map_err(|fault| faulted(&fault))?;
    let cursor = |place: &Place| {
        let mut places = lack.places.clone();
        if let Some(own) = places.get_mut(lack.index) {
            own.clone_from(place);
        }
        cursor::write(&seal, of, &places)
    };
    Ok(feed.stream(items(entry, shown, through, &lack, cursor)))
}

/// A row that changed, for a caller. The policy decides about its event by the state in the row.
fn row(api: &Api, entry: &Entry, change: RowChange, principal: &Principal) -> Result<Shown, Fault> {
    let RowChange { at, id, event, row, has_left } = change;
    let state: Value = serde_json::from_str(row.state.get())
        .map_err(|error| Fault::Unreadable(error.to_string()))?;
    // Asked without an event, too: a row that cannot be read is a fault.
    let sight = entry.run.sight_of(principal, &id, row.state.get())?;
    let event = match event {
        Some(event) if sight == Sight::Stream => {
            // The journal keeps the schema version of the release that wrote the event there.
            Some(show::event(api, principal, &entry.run.lifted(event)?)?)
        }
        _ => None,
    };
    let version: Version = row.version;
    let (left, state) = match has_left {
        true => (Some(id), None),
        false => (None, show::instance(id.as_str(), version, &row.began.to_string(), state)),
    };
    Ok(Shown { at, event, left, state })
}

/// Follows the events of one stream, from a cursor on, or from the first one.
async fn follow_events(
    api: &Api,
    context: &Context<'_>,
    mut given: Arguments,
    after: Option<String>,
) -> Result<Subscribed, Error> {
    let feed = Arc::clone(context.data::<Arc<Feed>>()?);
    let aggregate_type = given.aggregate_type("aggregateType").unwrap_or_default();
    let id = instance("aggregateId", &given.required("aggregateId"))?;
    let stream = StreamId::new(aggregate_type, id);
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
    let principal = gateway.principal().map_err(unanswered)?;
    let events = page.events.iter().zip(sees).filter(|(_, sees)| *sees);
    let shown = events.map(|((cursor, event), _)| {
        (
            Place::version(*cursor),
            show::event(api, principal, event).map_err(|fault| faulted(&fault)),
        )
    });
    Ok(feed.stream(shown.collect()))
}

fn misplaced() -> Fault {
    Fault::Defect("a page of another kind of source".to_owned())
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

fn instance(field: &'static str, id: &str) -> Result<Id, Error> {
    Id::parse(id)
        .map_err(|said| invalid("INVALID_FIELD", field, format!("{field}: expected {said}")))
}
