//! The sources of the subscription fields, and the items that they make of a page.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod rows;

use std::sync::Arc;

use async_graphql::{Request, Response};
use edgefold_flow::{
    door::document::DocumentLimits,
    graphql::{
        Feed,
        admit::{Admitted, admit},
        gateway::Gateway,
        http::{self, Media},
    },
    journal::Place,
    subscribe::{Begin, Fold, Page, Part, Source, Wanted},
};
use edgefold_kernel::{Envelope, Id, Reducer, StreamId, Timestamp};
use edgefold_probe::{meter::Meter, schema::execute};
use futures_util::{StreamExt, future::FutureExt};
use rows::{Nothing, lack};
use serde_json::{Value, json};

fn event(version: u64, event_type: &str, data: &Value) -> (u64, Envelope) {
    let event = json!({
        "specversion": "1.0", "id": format!("e-{version}"), "source": "/aggregates/meter",
        "subject": "m-1", "type": event_type, "time": "2026-01-31T12:00:00.000Z",
        "datacontenttype": "application/json", "dataschema": format!("urn:edgefold:meter:{event_type}:1"),
        "sequence": format!("{version:010}"), "commandid": "c-1", "actor": "ana", "actorrole": "owner",
        "data": data,
    });
    (version, serde_json::from_value(event).unwrap())
}

fn page(after: u64, at: u64, state: Value, events: Vec<(u64, Envelope)>) -> Page {
    let through = after + events.len() as u64;
    let fold = Some(Fold { at, state, began: Timestamp::from_millis(0) });
    Page { after, through, head: through, events, fold }
}

/// A request of the staff, whose field is resolved for this.
fn resolved(request: Request, feed: &Arc<Feed>) -> Request {
    let gateway: Arc<dyn Gateway> = Arc::new(Nothing::for_operator());
    request.data(gateway).data(Arc::clone(feed))
}

/// Runs a subscription; gives what it answered.
fn run(query: &str, feed: &Arc<Feed>) -> Vec<Value> {
    let answers =
        execute(resolved(Request::new(query), feed)).collect::<Vec<_>>().now_or_never().unwrap();
    answers.into_iter().map(|answer| serde_json::to_value(answer).unwrap()).collect()
}

fn meter(id: &str) -> Wanted {
    Wanted::Stream(StreamId::new("meter", Id::parse(id).unwrap()))
}

/// Resolves the field for this page: the operation has caught up with its last event.
fn give(page: Page) -> Arc<Feed> {
    let source = Source::stream(&StreamId::new("meter", Id::parse("m-1").unwrap()));
    let lack = lack(source, vec![Place::version(page.after)], Some(page.head));
    Feed::give(Part::Stream(page), lack)
}

#[test]
fn a_field_says_what_it_follows_and_from_where_on() {
    for (query, begin) in [
        (r#"subscription { meter(id: "m-1") { cursor } }"#, Begin::Latest),
        (r#"subscription { meter(id: "m-1", after: "0") { cursor } }"#, Begin::version(0)),
        (r#"subscription { meter(id: "m-1", after: "7") { cursor } }"#, Begin::version(7)),
        (
            r#"subscription { events(aggregateType: METER, aggregateId: "m-1") { id } }"#,
            Begin::version(0),
        ),
    ] {
        let feed = Feed::ask();
        assert_eq!(run(query, &feed), [Value::Null; 0], "{query}");
        assert_eq!(feed.found(), [(meter("m-1"), begin)], "{query}");
    }
}

/// What a document follows, or the code of its refusal, when it is admitted first as at the door.
fn admitted(query: &str) -> Result<Vec<(Wanted, Begin)>, String> {
    let code = |answer: Response| {
        let body = http::answer(answer, Media::GraphqlResponse).body;
        let body = serde_json::to_value(body).unwrap();
        body["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    };
    let Admitted { request, .. } = admit(Request::new(query), &DocumentLimits::default())
        .map_err(|error| code(Response::from_errors(vec![error])))?;
    let feed = Feed::ask();
    let answers = execute(resolved(request, &feed)).collect::<Vec<_>>();
    match answers.now_or_never().unwrap().into_iter().next() {
        Some(answer) => Err(code(answer)),
        None => Ok(feed.found()),
    }
}

#[test]
fn the_field_may_stand_within_fragments() {
    let one = r#"meter(id: "m-1", after: "7") { cursor }"#;
    for query in [
        format!("subscription {{ ...F }} fragment F on Subscription {{ {one} }}"),
        format!("subscription {{ ... {{ {one} }} }}"),
        format!("subscription {{ ... on Subscription {{ ... {{ {one} }} }} }}"),
        format!(
            "subscription {{ ...F ...F ...G }} fragment F on Subscription {{ ...G }} fragment G on Subscription {{ {one} }}"
        ),
        format!("subscription {{ {one} ...F }} fragment F on Subscription {{ {one} }}"),
        format!(
            r#"subscription {{ ...F meter(after: "7", id: "m-1") {{ event {{ ...E }} }} }}
            fragment F on Subscription {{ {one} }} fragment E on Event {{ type }}"#
        ),
    ] {
        assert_eq!(admitted(&query), Ok(vec![(meter("m-1"), Begin::version(7))]), "{query}");
    }
    // Those of other operations stay.
    let named = format!(
        "subscription A {{ ...F }} subscription B {{ ...F }} fragment F on Subscription {{ {one} }}"
    );
    let request = Request::new(named).operation_name("B");
    let Admitted { request, .. } = admit(request, &DocumentLimits::default()).unwrap();
    let feed = Feed::ask();
    let answers = execute(resolved(request, &feed)).collect::<Vec<_>>();
    assert_eq!(answers.now_or_never().unwrap().len(), 0);
    assert_eq!(feed.found(), [(meter("m-1"), Begin::version(7))]);
}

#[test]
fn what_fields_of_one_name_select_comes_together() {
    let registered = event(1, "MeterRegistered", &json!({"model": "Thermo", "ownerId": "ana"}));
    let query = r#"subscription { ...F ... { meter(id: "m-1") { meter { model } } } }
        fragment F on Subscription { meter(id: "m-1") { cursor meter { version } } }"#;
    let Admitted { request, .. } = admit(Request::new(query), &DocumentLimits::default()).unwrap();
    let feed = give(page(0, 0, Value::Null, vec![registered]));
    let answers = execute(resolved(request, &feed)).collect::<Vec<_>>().now_or_never().unwrap();
    let answers: Vec<_> = answers.into_iter().map(|it| it.data.into_json().unwrap()).collect();
    assert_eq!(
        answers,
        [json!({"meter": {"cursor": "1", "meter": {"version": 1, "model": "Thermo"}}})]
    );
}

#[test]
fn what_is_wrong_with_a_document_is_not_lost_with_its_fragments() {
    let one = r#"meter(id: "m-1") { cursor }"#;
    let [invalid, failed] = ["INVALID_SUBSCRIPTION", "GRAPHQL_VALIDATION_FAILED"];
    for (document, code) in [
        (r#"{ meter(id: "m-1") @skip(if: false) { cursor } }"#.into(), invalid),
        (format!("{{ ... @include(if: true) {{ {one} }} }}"), invalid),
        (format!("{{ ...F @skip(if: false) }} fragment F on Subscription {{ {one} }}"), invalid),
        (
            r#"{ ...F } fragment F on Subscription { meter(id: "m-1") @include(if: true) { cursor } }"#.into(),
            invalid,
        ),
        (format!("{{ ...F @dance }} fragment F on Subscription {{ {one} }}"), failed),
        (format!("{{ ...F }} fragment F on Subscription @dance {{ {one} }}"), failed),
        (format!("{{ ... @dance {{ {one} }} }}"), failed),
        (r#"{ ... { meter(id: "m-1") @dance { cursor } } }"#.into(), failed),
        (format!("{{ {one} ... on Query {{ __typename }} }}"), failed),
        (format!("{{ ...F }} fragment F on Query {{ {one} }}"), failed),
        (format!("{{ ...F }} fragment F on Subscription {{ {one} ...F }}"), "QUERY_TOO_DEEP"),
        (format!("{{ ...F }} fragment F on Subscription {{ {one} ...G }} fragment G on Subscription {{ ...F }}"), "QUERY_TOO_DEEP"),
        (format!("{{ {one} ...F }}"), failed),
        (format!("{{ {one} }} fragment F on Subscription {{ {one} }}"), failed),
        (r#"{ ...F meter(id: "m-2") { cursor } } fragment F on Subscription { meter(id: "m-1") { cursor } }"#.into(), invalid),
        ("{ ... { spaceship } }".into(), failed),
        ("{ ... { __typename } }".into(), failed),
    ] {
        let found = admitted(&format!("subscription {document}"));
        assert_eq!(found, Err(code.to_owned()), "{document}");
    }
}

#[test]
fn several_fields_are_several_however_they_stand() {
    let both = r#"a: meter(id: "m-1") { cursor } b: meter(id: "m-1") { cursor }"#;
    for document in
        [format!("{{ {both} }}"), format!("{{ ...F }} fragment F on Subscription {{ {both} }}")]
    {
        let found = admitted(&format!("subscription {document}"));
        assert_eq!(found.map(|found| found.len()), Ok(2), "{document}");
    }
}

#[test]
fn a_field_with_a_bad_argument_answers_why() {
    for (query, code) in [
        (r#"subscription { meter(id: "m-1", after: "-1") { cursor } }"#, "INVALID_CURSOR"),
        (r#"subscription { meter(id: "m-1", after: "") { cursor } }"#, "INVALID_CURSOR"),
        (r#"subscription { meter(id: "") { cursor } }"#, "INVALID_FIELD"),
    ] {
        let feed = Feed::ask();
        assert_eq!(run(query, &feed)[0]["errors"][0]["extensions"]["code"], code, "{query}");
        assert_eq!(feed.found(), [], "{query}");
    }
}

#[test]
fn a_page_is_folded_on_from_its_state_and_every_event_shows_what_came_of_it() {
    let registered = event(1, "MeterRegistered", &json!({"model": "Thermo", "ownerId": "ana"}));
    let gone = event(2, "MeterDecommissioned", &json!({}));
    let feed = give(page(0, 0, Value::Null, vec![registered, gone]));
    let query = r#"subscription { meter(id: "m-1") { cursor event { type version actorRole data } meter { version model decommissioned } } }"#;
    let answers = run(query, &feed);
    let items: Vec<&Value> = answers.iter().map(|answer| &answer["data"]["meter"]).collect();
    assert_eq!(items[0]["event"]["data"], json!({"model": "Thermo", "ownerId": "ana"}));
    assert_eq!(items[0]["event"]["actorRole"], "OWNER");
    assert_eq!((&items[0]["cursor"], &items[1]["cursor"]), (&json!("1"), &json!("2")));
    let shown =
        |version, gone| json!({"version": version, "model": "Thermo", "decommissioned": gone});
    assert_eq!((&items[0]["meter"], &items[1]["meter"]), (&shown(1, false), &shown(2, true)));
    let yielded = [feed.yielded(), feed.yielded(), feed.yielded()];
    assert_eq!(yielded, [Some(Place::version(1)), Some(Place::version(2)), None]);
}

#[test]
fn a_state_that_has_the_event_already_is_shown_as_it_is() {
    let registered = event(1, "MeterRegistered", &json!({"model": "Thermo", "ownerId": "ana"}));
    let query = r#"subscription { meter(id: "m-1") { meter { version model } } }"#;
    let folded = run(query, &give(page(0, 0, Value::Null, vec![registered.clone()])));
    let state = Meter::begin(&registered.1.read().unwrap());
    let state = serde_json::to_value(state).unwrap();
    assert_eq!(run(query, &give(page(0, 1, state, vec![registered]))), folded);
}

#[test]
fn a_page_with_an_event_that_nobody_knows_answers_an_error_and_yields_nothing() {
    let feed = give(page(0, 0, Value::Null, vec![event(1, "MeterFlew", &json!({}))]));
    let answers = run(r#"subscription { meter(id: "m-1") { cursor } }"#, &feed);
    assert!(answers[0]["errors"][0]["extensions"]["code"].is_string());
    assert_eq!(feed.yielded(), None);
}

#[test]
fn the_item_with_which_a_subscription_has_caught_up_says_so_and_every_later_one() {
    let registered = event(1, "MeterRegistered", &json!({"model": "Thermo", "ownerId": "ana"}));
    let gone = event(2, "MeterDecommissioned", &json!({}));
    let query = r#"subscription { meter(id: "m-1") { cursor caughtUp left event { version } meter { version } } }"#;
    let said = |caught_up_at, has_caught_up| {
        let page = page(0, 0, Value::Null, vec![registered.clone(), gone.clone()]);
        let source = Source::stream(&StreamId::new("meter", Id::parse("m-1").unwrap()));
        let lack = rows::lack(source, vec![Place::START], caught_up_at);
        let feed =
            Feed::give(Part::Stream(page), edgefold_flow::session::Lack { has_caught_up, ..lack });
        let answers = run(query, &feed);
        answers.iter().map(|it| it["data"]["meter"]["caughtUp"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(said(Some(1), false), [json!(true), json!(true)]);
    assert_eq!(said(Some(2), false), [json!(false), json!(true)]);
    assert_eq!(said(Some(3), false), [json!(false), json!(false)]);
    assert_eq!(said(None, false), [json!(false), json!(false)]);
    assert_eq!(said(Some(0), true), [json!(true), json!(true)]);
}

#[test]
fn a_subscription_that_lacks_nothing_says_so_in_an_item_of_its_own() {
    let source = Source::stream(&StreamId::new("meter", Id::parse("m-1").unwrap()));
    let place = Place::version(7);
    let lack = edgefold_flow::session::Lack {
        is_behind: false,
        ..lack(source.clone(), vec![place.clone()], Some(7))
    };
    let feed = Feed::give(Part::nothing(&source, &place), lack);
    let query = r#"subscription { meter(id: "m-1") { cursor caughtUp left event { version } meter { version } } }"#;
    let item = json!({"cursor": "7", "caughtUp": true, "left": null, "event": null, "meter": null});
    assert_eq!(run(query, &feed)[0]["data"]["meter"], item);
    assert_eq!([feed.yielded(), feed.yielded()], [Some(place), None]);
}
