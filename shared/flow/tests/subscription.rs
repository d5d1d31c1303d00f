//! The sources of the subscription fields, and the items that they make of a page.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod script;

use std::sync::Arc;

use async_graphql::Request;
use edgefold_flow::{
    door::document::DocumentLimits,
    graphql::{
        Feed,
        admit::{Admitted, admit},
        gateway::Gateway,
        http::{Media, answer},
        schema,
    },
    journal::{Place, Row, RowChange, RowsPage},
    participant::{Condition, Op, RowFilter},
    session::Lack,
    subscribe::{Begin, Fold, Page, Part, RowsWanted, Source, Wanted},
};
use edgefold_kernel::{Envelope, Id, StreamId, Timestamp};
use futures_util::{StreamExt, future::FutureExt};
use script::{Asked, Script};
use serde_json::{Value, json};

fn event(version: u64, event_type: &str, data: &Value) -> Envelope {
    let schema = if event_type == "NoteWritten" { 2 } else { 1 };
    let event = json!({
        "specversion": "1.0", "id": format!("e-{version}"), "source": "/aggregates/note", "subject": "n-1",
        "type": event_type, "time": "2026-01-31T12:00:00.000Z", "datacontenttype": "application/json",
        "dataschema": format!("urn:edgefold:note:{event_type}:{schema}"), "sequence": format!("{version:010}"),
        "commandid": "c-1", "actor": "ana", "actorrole": "keeper", "data": data,
    });
    serde_json::from_value(event).unwrap()
}

fn stream() -> StreamId {
    StreamId::new("note", Id::parse("n-1").unwrap())
}

fn run(role: &str, query: &str, feed: &Arc<Feed>) -> Vec<Value> {
    let gateway: Arc<dyn Gateway> = Arc::new(Asked::new(role, []));
    let Admitted { request, .. } = admit(Request::new(query), &DocumentLimits::default()).unwrap();
    let request = request.data(gateway).data(Arc::clone(feed));
    let answers = schema::<Script>().execute_stream(request).collect::<Vec<_>>();
    let answers = answers.now_or_never().unwrap().into_iter();
    answers.map(|it| answer(it, Media::GraphqlResponse).body.json()).collect()
}

fn lack(source: Source, after: u64, caught_up_at: u64) -> Lack {
    Lack {
        index: 0,
        source,
        places: vec![Place::version(after)],
        is_behind: true,
        has_caught_up: false,
        caught_up_at: Some(caught_up_at),
    }
}

/// A page with one event of a stream.
fn page() -> Arc<Feed> {
    let state = json!({"ownerId": "ana", "title": "a", "secret": 7});
    let events = vec![(2, event(2, "Renamed", &json!({"title": "b"})))];
    let fold = Some(Fold { at: 1, state, began: Timestamp::from_millis(0) });
    let page = Page { after: 1, through: 2, head: 2, events, fold };
    Feed::give(Part::Stream(page), lack(Source::stream(&stream()), 1, 2))
}

#[test]
fn a_field_says_what_it_follows_and_from_where_on() {
    for (query, begin) in [
        (r#"subscription { note(id: "n-1") { cursor } }"#, Begin::Latest),
        (r#"subscription { note(id: "n-1", after: "0") { cursor } }"#, Begin::version(0)),
        (r#"subscription { x: note(id: "n-1", after: "7") { cursor } }"#, Begin::version(7)),
    ] {
        let feed = Feed::ask();
        assert_eq!(run("keeper", query, &feed), [Value::Null; 0], "{query}");
        assert_eq!(feed.found(), [(Wanted::Stream(stream()), begin)], "{query}");
    }
    for (role, selected, wants_events) in
        [("keeper", "cursor", false), ("writer", "... { e: event { id } }", true)]
    {
        let query = format!(
            r#"subscription {{ notes(filter: {{title: "a", dueFrom: "2026-01-31"}}) {{ {selected} }} }}"#
        );
        let feed = Feed::ask();
        assert_eq!(run(role, &query, &feed), [Value::Null; 0]);
        let owner = (role == "writer").then(|| Id::parse("ana").unwrap().into());
        let day = Condition { column: "due".into(), op: Op::Ge, value: "2026-01-31".into() };
        let conditions = vec![Condition::equal("title", "a"), day];
        let wanted = Wanted::Rows(RowsWanted {
            aggregate_type: "note".into(),
            lists_all: owner.is_none(),
            filter: RowFilter { owner, only: None, conditions },
            wants_events,
        });
        assert_eq!(feed.found(), [(wanted, Begin::Now)], "{role}");
    }
}

#[test]
fn who_could_list_it_waits_for_an_instance_and_nobody_who_has_a_cursor() {
    let found = |role: &str, arguments: &str| {
        let query = format!(r#"subscription {{ note(id: "n-1", {arguments}) {{ cursor }} }}"#);
        let feed = Feed::ask();
        assert_eq!(run(role, &query, &feed), [Value::Null; 0], "{query}");
        feed.found().remove(0)
    };
    let stands = (Wanted::Stream(stream()), Begin::version(0));
    for (role, owner) in [("keeper", None), ("writer", Some("ana"))] {
        let owner = owner.map(|owner| Id::parse(owner).unwrap().into());
        let rows = RowsWanted {
            aggregate_type: "note".into(),
            lists_all: owner.is_none(),
            filter: RowFilter { owner, only: Some(stream().aggregate_id), conditions: vec![] },
            wants_events: false,
        };
        let awaited = (Wanted::Awaited(stream(), rows), Begin::version(0));
        assert_eq!(found(role, "wait: true"), awaited);
        assert_eq!(found(role, r#"after: "0", wait: true"#), awaited);
        assert_eq!(found(role, r#"after: "0", wait: false"#), stands);
        assert_eq!(found(role, r#"after: "3", wait: true"#).0, Wanted::Stream(stream()));
    }
    assert_eq!(found("nobody", "wait: true"), stands);
}

#[test]
fn what_cannot_be_followed_is_refused_at_once() {
    for (role, query, code) in [
        ("keeper", r#"subscription { note(id: "") { cursor } }"#, "INVALID_FIELD"),
        ("keeper", r#"subscription { note(id: "..", wait: true) { cursor } }"#, "INVALID_FIELD"),
        ("keeper", r#"subscription { note(id: "n", after: "x") { cursor } }"#, "INVALID_CURSOR"),
        ("keeper", r#"subscription { notes(after: "x") { cursor } }"#, "INVALID_CURSOR"),
        ("keeper", r#"subscription { notes(filter: {readBy: "a"}) { cursor } }"#, "INVALID_FIELD"),
        ("nobody", "subscription { notes { cursor } }", "FORBIDDEN"),
        ("keeper", "subscription { others { cursor } }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let feed = Feed::ask();
        let answers = run(role, query, &feed);
        assert_eq!(answers[0]["errors"][0]["extensions"]["code"], code, "{query}");
        assert_eq!((answers.len(), feed.found().len()), (1, 0), "{query}");
    }
}

const NOTE: &str = r#"subscription { n: note(id: "n-1", after: "1") {
    caughtUp cursor note { version title createdAt }
    event { type details { __typename ... on NoteRenamed { type title } } data }
} }"#;

#[test]
fn each_event_comes_with_the_state_after_it() {
    let feed = page();
    let expected = json!({"data": {"n": {
        "caughtUp": true, "cursor": "2",
        "note": {"version": 2, "title": "b", "createdAt": "1970-01-01T00:00:00.000Z"},
        "event": {
            "type": "Renamed", "data": {"title": "b"},
            "details": {"__typename": "NoteRenamed", "type": "Renamed", "title": "b"},
        },
    }}});
    assert_eq!(run("keeper", NOTE, &feed), [expected]);
    assert_eq!((feed.yielded(), feed.yielded()), (Some(Place::version(2)), None));
}

#[test]
fn the_owner_sees_the_event_whatever_its_role() {
    assert_eq!(run("nobody", NOTE, &page())[0]["data"]["n"]["event"]["type"], "Renamed");
}

/// Changes of rows: one that a caller sees, one that has left, and then the word that all has come.
fn rows(owner: &str) -> Arc<Feed> {
    let row = |version: u64| Row {
        version,
        began: Timestamp::from_millis(0),
        state_version: 2,
        state: serde_json::value::to_raw_value(
            &json!({"ownerId": owner, "title": "a", "secret": 0}),
        )
        .unwrap(),
    };
    let change = |at: u64, has_left: bool| RowChange {
        at: Place::version(at),
        id: Id::parse("n-1").unwrap(),
        event: Some(event(at, "NoteWritten", &json!({"title": "a"}))),
        row: row(at),
        has_left,
    };
    let changes = vec![change(4, false), change(5, true)];
    let page = RowsPage { after: Place::version(3), through: Place::version(6), head: 6, changes };
    let source = Source::Partition { aggregate_type: "note".into(), partition: 0 };
    Feed::give(Part::Rows(page), lack(source, 3, 6))
}

#[test]
fn rows_come_with_their_events_for_those_who_may_see_them() {
    let query = "subscription { notes { left caughtUp note { id title } event { version } } }";
    let row = json!({"id": "n-1", "title": "a"});
    for (owner, role, sees) in
        [("ana", "reader", true), ("ben", "reader", false), ("ben", "keeper", true)]
    {
        let feed = rows(owner);
        let event = |version: u64| if sees { json!({"version": version}) } else { Value::Null };
        let item = |left: Value, caught_up: bool, note: &Value, event: Value| json!({"data": {"notes": {"left": left, "caughtUp": caught_up, "note": note, "event": event}}});
        let expected = [
            item(Value::Null, false, &row, event(4)),
            item("n-1".into(), false, &Value::Null, event(5)),
            item(Value::Null, true, &Value::Null, Value::Null),
        ];
        assert_eq!(run(role, query, &feed), expected, "{owner} {role}");
        let places = [4, 5, 6].map(|at| Some(Place::version(at)));
        assert_eq!([feed.yielded(), feed.yielded(), feed.yielded()], places);
    }
}
