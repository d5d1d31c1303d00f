//! A subscription to a category, while the read model cannot be read.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{borrow::Cow, sync::Arc};

use async_graphql::Request;
use edgefold_flow::{
    Accepted, Message,
    contract::{EventsPage, StateView},
    gateway::{Gateway, Row},
    graphql::Feed,
    instance::When,
    session::Page,
};
use edgefold_kernel::{Envelope, Failure, Fault, Id, Principal, StreamId, Version};
use edgefold_probe::roles::OPERATOR;
use edgefold_probe::schema::execute;
use futures_util::{
    StreamExt,
    future::{BoxFuture, FutureExt, ready},
};
use serde_json::{Value, json};

/// Read models that hold one meter, or cannot be read.
struct Rows {
    principal: Principal,
    found: Result<Vec<Row>, Fault>,
}

fn away<T: Send + 'static>() -> BoxFuture<'static, Result<T, Failure>> {
    ready(Err(Fault::Unavailable("the object", "away".into()).into())).boxed()
}

impl Gateway for Rows {
    fn principal(&self) -> Result<&Principal, Failure> {
        Ok(&self.principal)
    }

    fn command(&self, _: Message) -> BoxFuture<'_, Result<Accepted, Failure>> {
        away()
    }

    fn state(&self, _: StreamId, _: When) -> BoxFuture<'_, Result<StateView, Failure>> {
        away()
    }

    fn events(
        &self,
        _: StreamId,
        _: Version,
        _: usize,
    ) -> BoxFuture<'_, Result<EventsPage, Failure>> {
        away()
    }

    fn outcome(&self, _: StreamId, _: Id) -> BoxFuture<'_, Result<Option<Accepted>, Failure>> {
        away()
    }

    fn rows(&self, _: Cow<'static, str>, _: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>, Fault>> {
        ready(self.found.clone()).boxed()
    }

    fn sleep(&self, _: u64) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}

/// Gives a subscription one event of a meter; gives what it answered.
fn run(found: Result<Vec<Row>, Fault>) -> (Arc<Feed>, Vec<Value>) {
    let event: Envelope = serde_json::from_value(json!({
        "specversion": "1.0", "id": "e-1", "source": "/aggregates/meter", "subject": "m-1",
        "type": "MeterDecommissioned", "time": "2026-01-31T12:00:00.000Z",
        "datacontenttype": "application/json", "dataschema": "urn:edgefold:meter:MeterDecommissioned:1",
        "sequence": "0000000002", "commandid": "c-1", "actor": "ana", "actorrole": "owner", "data": {},
    }))
    .unwrap();
    let page = Page { after: 6, through: 7, head: 7, events: vec![(7, event)], fold: None };
    let principal = Principal::new(Id::parse("sam").unwrap(), OPERATOR);
    let gateway: Arc<dyn Gateway> = Arc::new(Rows { principal, found });
    let feed = Feed::give(page);
    let request = Request::new("subscription { meters { cursor } }");
    let answers = execute(request.data(Arc::clone(&feed)).data(gateway));
    let answers = answers.collect::<Vec<_>>().now_or_never().unwrap();
    (feed, answers.into_iter().map(|answer| serde_json::to_value(answer).unwrap()).collect())
}

#[test]
fn a_page_whose_rows_cannot_be_read_now_is_tried_again() {
    let (feed, answers) = run(Err(Fault::Unavailable("the database", "away".into())));
    assert_eq!((feed.yielded(), feed.is_stuck()), (None, true), "{answers:?}");
}

#[test]
fn a_row_that_is_none_ends_the_subscription() {
    let row = json!({"id": "m-1", "version": "two"}).as_object().unwrap().clone();
    let (feed, answers) = run(Ok(vec![row]));
    assert!(answers[0]["errors"][0]["extensions"]["code"].is_string());
    assert_eq!((feed.yielded(), feed.is_stuck()), (None, false));
}

#[test]
fn a_page_of_other_rows_yields_nothing_and_is_no_failure() {
    let (feed, answers) = run(Ok(Vec::new()));
    assert_eq!((feed.yielded(), feed.is_stuck(), answers.len()), (None, false, 0));
}
