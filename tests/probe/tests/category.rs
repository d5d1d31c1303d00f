//! What a subscription to a category follows, and the items that it makes of the rows that changed.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod rows;

use std::sync::Arc;

use async_graphql::Request;
use edgefold_flow::{
    graphql::{Feed, gateway::Gateway},
    journal::{Place, Row, RowChange, RowsPage, cursor},
    participant::{Condition, Op, RowFilter},
    session::Lack,
    subscribe::{Begin, Part, RowsWanted, Source, Wanted},
};
use edgefold_kernel::{Envelope, Id, Timestamp};
use edgefold_probe::{
    roles::{ADMIN, OWNER},
    schema::execute,
};
use futures_util::{StreamExt, future::FutureExt};
use rows::{Nothing, lack, seal};
use serde_json::{Value, json, value::RawValue};

/// Runs a subscription for a caller; gives what it answered.
fn run(caller: Nothing, query: &str, feed: &Arc<Feed>) -> Vec<Value> {
    let gateway: Arc<dyn Gateway> = Arc::new(caller);
    let request = Request::new(query).data(gateway).data(Arc::clone(feed));
    let answers = execute(request).collect::<Vec<_>>().now_or_never().unwrap();
    answers.into_iter().map(|answer| serde_json::to_value(answer).unwrap()).collect()
}

fn operator() -> Nothing {
    Nothing::for_operator()
}

fn ana() -> Nothing {
    Nothing::of(OWNER, "ana")
}

// ── what it follows ──

fn found(caller: Nothing, arguments: &str, fields: &str) -> Result<(RowsWanted, Begin), String> {
    let feed = Feed::ask();
    let query = format!("subscription {{ claims{arguments} {{ {fields} }} }}");
    let answers = run(caller, &query, &feed);
    match (answers.first(), feed.found().pop()) {
        (None, Some((Wanted::Rows(rows), begin))) => Ok((rows, begin)),
        (Some(answer), None) => {
            Err(answer["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_field_says_what_it_follows_by_its_filter_and_by_what_its_caller_may_list() {
    let (rows, begin) = found(operator(), "", "cursor").unwrap();
    let wanted = RowsWanted {
        aggregate_type: "claim".into(),
        filter: RowFilter::default(),
        wants_events: false,
        lists_all: true,
    };
    assert_eq!((rows, begin), (wanted.clone(), Begin::Now));
    let (rows, _) = found(ana(), "(filter: {status: PENDING})", "event { id }").unwrap();
    let column = "status".to_owned();
    let pending = Condition { column, op: Op::Eq, value: json!("PENDING") };
    let owner = Id::parse("ana").unwrap().into();
    let filter = RowFilter { owner: Some(owner), only: None, conditions: vec![pending] };
    assert_eq!(rows, RowsWanted { filter, wants_events: true, lists_all: false, ..wanted });
    assert_eq!(found(Nothing::of(ADMIN, "eve"), "", "cursor").unwrap_err(), "FORBIDDEN");
}

#[test]
fn it_begins_after_a_cursor_of_its_own_category_alone() {
    let places = vec![Place::behind(7, "e-7"), Place::START];
    let after = |cursor: &str| {
        let arguments = format!("(after: {cursor:?})");
        found(operator(), &arguments, "cursor").map(|(_, begin)| begin)
    };
    assert_eq!(after(&cursor::write(&seal(), "claim", &places)), Ok(Begin::After(places.clone())));
    assert_eq!(after("0"), Ok(Begin::After(vec![])));
    for wrong in ["", "7", "-1", "x", &cursor::write(&seal(), "meter", &places)] {
        assert_eq!(after(wrong), Err("INVALID_CURSOR".to_owned()), "{wrong}");
    }
}

// ── the items that it makes ──

fn event(category: &str, version: u64, event_type: &str, data: &Value) -> Envelope {
    serde_json::from_value(json!({
        "specversion": "1.0", "id": format!("e-{version}"),
        "source": format!("/aggregates/{category}"), "subject": "i-1", "type": event_type,
        "time": "2026-01-31T12:00:00.000Z", "datacontenttype": "application/json",
        "dataschema": format!("urn:edgefold:{category}:{event_type}:1"),
        "sequence": format!("{version:010}"), "commandid": "c-1", "actor": "ana",
        "actorrole": "owner", "data": data,
    }))
    .unwrap()
}

fn change(position: u64, event: Option<Envelope>, state: &Value, has_left: bool) -> RowChange {
    let at = Place::behind(position, &format!("e-{position}"));
    let state = RawValue::from_string(state.to_string()).unwrap();
    let began = Timestamp::from_millis(0);
    let row = Row { version: position, began, state_version: 1, state };
    RowChange { at, id: Id::parse("i-1").unwrap(), event, row, has_left }
}

fn claim(status: &str) -> Value {
    json!({
        "status": status, "userId": "ana", "resourceId": "r-1", "dateStart": "2027-03-01",
        "dateEnd": "2027-03-02", "confirmBy": "2026-01-31T12:01:00.000Z",
    })
}

fn partition(category: &str) -> Source {
    Source::Partition { aggregate_type: category.into(), partition: 0 }
}

/// A page of the first of two partitions, in which the operation has caught up at this position.
fn page(category: &str, changes: Vec<RowChange>, through: u64, caught_up_at: u64) -> Arc<Feed> {
    let places = vec![Place::behind(2, "e-2"), Place::behind(40, "e-40")];
    let through = Place::behind(through, "last");
    let (after, head) = (places[0].clone(), through.position);
    let page = RowsPage { after, through, head, changes };
    Feed::give(Part::Rows(page), lack(partition(category), places, Some(caught_up_at)))
}

const CLAIMS: &str = "subscription { claims { cursor caughtUp left event { type version } claim { id version status } } }";

/// The items of a subscription to claims, each with the places of its cursor.
fn items(caller: Nothing, feed: &Arc<Feed>) -> Vec<(Vec<u64>, Value)> {
    let answers = run(caller, CLAIMS, feed);
    let item = |answer: &Value| {
        let mut item = answer["data"]["claims"].clone();
        let text = item.as_object_mut().unwrap().remove("cursor").unwrap();
        let places = cursor::read(&seal(), "claim", text.as_str().unwrap()).unwrap();
        (places.iter().map(|place| place.position).collect(), item)
    };
    answers.iter().map(item).collect()
}

#[test]
fn a_row_that_changed_comes_with_its_event_and_one_that_has_left_is_named() {
    let cancelled = event("claim", 4, "ClaimCancelled", &json!({}));
    let confirmed = event("claim", 3, "ClaimConfirmed", &json!({}));
    let changes = vec![
        change(3, Some(confirmed), &claim("CONFIRMED"), false),
        change(4, Some(cancelled), &claim("CANCELLED"), true),
    ];
    let feed = page("claim", changes, 9, 4);
    let shown = items(ana(), &feed);
    let row = json!({"id": "i-1", "version": 3, "status": "CONFIRMED"});
    let expected = [
        json!({"caughtUp": false, "left": null, "event": {"type": "ClaimConfirmed", "version": 3}, "claim": row}),
        json!({"caughtUp": true, "left": "i-1", "event": {"type": "ClaimCancelled", "version": 4}, "claim": null}),
    ];
    assert_eq!(shown, [(vec![3, 40], expected[0].clone()), (vec![4, 40], expected[1].clone())]);
    let yielded = [feed.yielded(), feed.yielded(), feed.yielded()];
    assert_eq!(yielded, [Some(Place::behind(3, "e-3")), Some(Place::behind(4, "e-4")), None]);
}

#[test]
fn where_no_item_is_left_to_say_that_it_has_caught_up_one_comes_for_that_alone() {
    let alone = json!({"caughtUp": true, "left": null, "event": null, "claim": null});
    assert_eq!(items(ana(), &page("claim", vec![], 9, 4)), [(vec![9, 40], alone.clone())]);
    let changed = || vec![change(3, None, &claim("CONFIRMED"), false)];
    let shown = items(ana(), &page("claim", changed(), 9, 4));
    assert_eq!(
        (shown.len(), &shown[0].1["caughtUp"], &shown[1]),
        (2, &json!(false), &(vec![9, 40], alone))
    );
    let shown = items(ana(), &page("claim", changed(), 9, 10));
    assert_eq!((shown.len(), &shown[0].1["caughtUp"]), (1, &json!(false)), "not with this page");
    let places = vec![Place::behind(2, "e-2")];
    let lack = Lack { has_caught_up: true, ..lack(partition("claim"), places.clone(), Some(2)) };
    let (after, through) = (places[0].clone(), Place::behind(9, "e-9"));
    let page = RowsPage { after, through, head: 9, changes: vec![] };
    assert_eq!(items(ana(), &Feed::give(Part::Rows(page), lack)), [], "it was said before");
}

#[test]
fn an_event_is_for_whoever_may_see_the_instance_as_the_row_says() {
    let closed = || event("resource", 3, "ResourceClosed", &json!({}));
    let state = json!({
        "groupId": "g", "number": "1", "capacity": 2, "rate": 100, "status": "CLOSED", "holdCount": 0, "holds": [],
    });
    let query = "subscription { resources { event { type } resource { id } } }";
    for (caller, shown) in [(ana(), Value::Null), (operator(), json!({"type": "ResourceClosed"}))] {
        let change = change(3, Some(closed()), &state, false);
        let answers = run(caller, query, &page("resource", vec![change], 3, 3));
        let item = &answers[0]["data"]["resources"];
        assert_eq!(
            (&item["event"], &item["resource"]["id"]),
            (&shown, &json!("i-1")),
            "{answers:?}"
        );
    }
    // Somebody else's claim would not be there; if it were, its event would not.
    let cancelled = event("claim", 3, "ClaimCancelled", &json!({}));
    let change = change(3, Some(cancelled), &claim("CANCELLED"), false);
    let shown = items(Nothing::of(OWNER, "ben"), &page("claim", vec![change], 3, 3));
    assert_eq!(shown[0].1["event"], Value::Null);
}

#[test]
fn a_row_that_cannot_be_read_ends_the_subscription() {
    let feed = page("claim", vec![change(3, None, &json!({"status": 7}), false)], 3, 3);
    let answers = run(ana(), CLAIMS, &feed);
    assert!(answers[0]["errors"][0]["extensions"]["code"].is_string());
    assert_eq!(feed.yielded(), None);
}
