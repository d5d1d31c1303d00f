//! A subscription to a category, while the read model cannot be read.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod rows;

use std::sync::Arc;

use async_graphql::Request;
use edgefold_flow::{
    graphql::{
        Feed,
        gateway::{Gateway, Row},
    },
    subscribe::Page,
};
use edgefold_kernel::{Envelope, Fault};
use edgefold_probe::schema::execute;
use futures_util::{StreamExt, future::FutureExt};
use rows::Rows;
use serde_json::{Value, json};

/// Gives a subscription to these fields one event of a meter; gives what it answered.
fn run(fields: &str, found: Result<Vec<Row>, Fault>, is_asked: bool) -> (Arc<Feed>, Vec<Value>) {
    let event: Envelope = serde_json::from_value(json!({
        "specversion": "1.0", "id": "e-1", "source": "/aggregates/meter", "subject": "m-1",
        "type": "MeterDecommissioned", "time": "2026-01-31T12:00:00.000Z",
        "datacontenttype": "application/json", "dataschema": "urn:edgefold:meter:MeterDecommissioned:1",
        "sequence": "0000000002", "commandid": "c-1", "actor": "ana", "actorrole": "owner", "data": {},
    }))
    .unwrap();
    let page = Page { after: 6, through: 7, head: 7, events: vec![(7, event)], fold: None };
    let gateway: Arc<dyn Gateway> = Arc::new(Rows::new(found, is_asked));
    let feed = Feed::give(page);
    let request = Request::new(format!("subscription {{ meters {{ {fields} }} }}"));
    let answers = execute(request.data(Arc::clone(&feed)).data(gateway));
    let answers = answers.collect::<Vec<_>>().now_or_never().unwrap();
    (feed, answers.into_iter().map(|answer| serde_json::to_value(answer).unwrap()).collect())
}

#[test]
fn a_page_whose_rows_cannot_be_read_now_is_tried_again() {
    let (feed, answers) =
        run("cursor", Err(Fault::Unavailable("the database".into(), "away".into())), true);
    assert_eq!((feed.yielded(), feed.is_stuck()), (None, true), "{answers:?}");
}

fn row() -> Row {
    let row = json!({
        "id": "m-1", "version": 2, "model": "Thermo 2", "owner_id": "ana", "decommissioned": 1, "readings": 0, "late": 0,
        "registered_at": "2026-01-31T12:00:00.000Z",
    });
    row.as_object().unwrap().clone()
}

#[test]
fn a_page_whose_instances_cannot_say_who_may_see_them_is_tried_again() {
    let (feed, answers) = run("cursor event { id }", Ok(vec![row()]), false);
    assert_eq!((feed.yielded(), feed.is_stuck()), (None, true), "{answers:?}");
    let (feed, answers) = run("cursor event { id }", Ok(vec![row()]), true);
    assert_eq!((feed.yielded(), feed.is_stuck()), (Some(7), false), "{answers:?}");
    assert_eq!(answers[0]["data"]["meters"]["event"]["id"], json!("e-1"));
}

#[test]
fn nobody_is_asked_who_may_see_events_that_were_not_asked_for() {
    let (feed, answers) = run("cursor meter { id }", Ok(vec![row()]), false);
    assert_eq!((feed.yielded(), feed.is_stuck()), (Some(7), false), "{answers:?}");
}

#[test]
fn a_row_that_is_none_ends_the_subscription() {
    let row = json!({"id": "m-1", "version": "two"}).as_object().unwrap().clone();
    let (feed, answers) = run("cursor", Ok(vec![row]), true);
    assert!(answers[0]["errors"][0]["extensions"]["code"].is_string());
    assert_eq!((feed.yielded(), feed.is_stuck()), (None, false));
}

#[test]
fn a_page_of_other_rows_yields_nothing_and_is_no_failure() {
    let (feed, answers) = run("cursor event { id }", Ok(Vec::new()), false);
    assert_eq!((feed.yielded(), feed.is_stuck(), answers.len()), (None, false, 0));
}
