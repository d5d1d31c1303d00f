//! What the fields of the subscription type follow, and what they make of a page.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use async_graphql::Request;
use edgefold_core::schema::execute;
use edgefold_flow::{
    graphql::Feed,
    session::{Fold, Page, Source, operation::Begin},
};
use edgefold_kernel::{Envelope, Id, StreamId, Timestamp};
use futures_util::{StreamExt, future::FutureExt};
use serde_json::{Value, json};

fn event(version: u64, event_type: &str, data: &Value) -> (u64, Envelope) {
    let event = json!({
        "specversion": "1.0", "id": format!("e-{version}"), "source": "/aggregates/device",
        "subject": "d-1", "type": event_type, "time": "2026-01-31T12:00:00.000Z",
        "datacontenttype": "application/json", "dataschema": format!("urn:edgefold:device:{event_type}:1"),
        "sequence": format!("{version:010}"), "commandid": "c-1", "actor": "ana", "actorrole": "guest",
        "data": data,
    });
    (version, serde_json::from_value(event).unwrap())
}

fn page(after: u64, at: u64, state: Value, events: Vec<(u64, Envelope)>) -> Page {
    let through = after + events.len() as u64;
    let fold = Some(Fold { at, state, began: Timestamp::from_millis(0) });
    Page { after, through, head: through, events, fold }
}

/// Runs a subscription; gives what it answered.
fn run(query: &str, feed: &Arc<Feed>) -> Vec<Value> {
    let request = Request::new(query).data(Arc::clone(feed));
    let answers = execute(request).collect::<Vec<_>>().now_or_never().unwrap();
    answers.into_iter().map(|answer| serde_json::to_value(answer).unwrap()).collect()
}

fn device(id: &str) -> Source {
    Source::stream(&StreamId::new("device", Id::parse(id).unwrap()))
}

#[test]
fn a_field_says_what_it_follows_and_from_where_on() {
    for (query, begin) in [
        (r#"subscription { device(id: "d-1") { cursor } }"#, Begin::Latest),
        (r#"subscription { device(id: "d-1", after: "0") { cursor } }"#, Begin::After(0)),
        (r#"subscription { device(id: "d-1", after: "7") { cursor } }"#, Begin::After(7)),
        (
            r#"subscription { events(aggregateType: "device", aggregateId: "d-1") { id } }"#,
            Begin::After(0),
        ),
    ] {
        let feed = Feed::ask();
        assert_eq!(run(query, &feed), [Value::Null; 0], "{query}");
        assert_eq!(feed.found(), [(device("d-1"), begin)], "{query}");
    }
}

#[test]
fn a_field_with_a_bad_argument_answers_why() {
    for (query, code) in [
        (r#"subscription { device(id: "d-1", after: "-1") { cursor } }"#, "INVALID_CURSOR"),
        (r#"subscription { device(id: "d-1", after: "") { cursor } }"#, "INVALID_CURSOR"),
        (r#"subscription { device(id: "") { cursor } }"#, "INVALID_FIELD"),
    ] {
        let feed = Feed::ask();
        assert_eq!(run(query, &feed)[0]["errors"][0]["extensions"]["code"], code, "{query}");
        assert_eq!(feed.found(), [], "{query}");
    }
}

#[test]
fn a_page_is_folded_on_from_its_state_and_every_event_shows_what_came_of_it() {
    let registered = event(1, "DeviceRegistered", &json!({"model": "Thermo", "ownerId": "ana"}));
    let gone = event(2, "DeviceDecommissioned", &json!({}));
    let feed = Feed::give(page(0, 0, Value::Null, vec![registered, gone]));
    let query = r#"subscription { device(id: "d-1") { cursor event { type version actorRole data } device { version model decommissioned } } }"#;
    let answers = run(query, &feed);
    let items: Vec<&Value> = answers.iter().map(|answer| &answer["data"]["device"]).collect();
    assert_eq!(items[0]["event"]["data"], json!({"model": "Thermo", "ownerId": "ana"}));
    assert_eq!(items[0]["event"]["actorRole"], "GUEST");
    assert_eq!((&items[0]["cursor"], &items[1]["cursor"]), (&json!("1"), &json!("2")));
    let shown =
        |version, gone| json!({"version": version, "model": "Thermo", "decommissioned": gone});
    assert_eq!((&items[0]["device"], &items[1]["device"]), (&shown(1, false), &shown(2, true)));
    assert_eq!([feed.yielded(), feed.yielded(), feed.yielded()], [Some(1), Some(2), None]);
}

#[test]
fn a_state_that_has_the_event_already_is_shown_as_it_is() {
    let registered = event(1, "DeviceRegistered", &json!({"model": "Thermo", "ownerId": "ana"}));
    let query = r#"subscription { device(id: "d-1") { device { version model } } }"#;
    let folded = run(query, &Feed::give(page(0, 0, Value::Null, vec![registered.clone()])));
    let state: edgefold_device::reducer::State = {
        let mut state = Default::default();
        edgefold_device::reducer::evolve(&mut state, &registered.1.read().unwrap());
        state
    };
    let state = serde_json::to_value(state).unwrap();
    assert_eq!(run(query, &Feed::give(page(0, 1, state, vec![registered]))), folded);
}

#[test]
fn a_page_with_an_event_that_nobody_knows_answers_an_error_and_yields_nothing() {
    let feed = Feed::give(page(0, 0, Value::Null, vec![event(1, "DeviceFlew", &json!({}))]));
    let answers = run(r#"subscription { device(id: "d-1") { cursor } }"#, &feed);
    assert!(answers[0]["errors"][0]["extensions"]["code"].is_string());
    assert_eq!(feed.yielded(), None);
}
