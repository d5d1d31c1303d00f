//! The gateway of resolvers in a test: for a caller, and with nothing behind it.

// Each test file that shares it uses another part of it.
#![allow(dead_code)]

use std::{borrow::Cow, collections::BTreeSet};

use edgefold_flow::{
    Accepted, Message,
    contract::{EventsPage, RowView},
    door::token::Caller,
    graphql::gateway::{Gateway, Row},
    instance::When,
    journal::{Place, Seal},
    participant::Sight,
    queued::Ended,
    session::Lack,
    subscribe::{Page, Source},
};
use edgefold_kernel::{
    Envelope, Failure, Fault, Id, Principal, Role, StreamId, Timestamp, Version,
};
use edgefold_probe::roles::OPERATOR;
use futures_util::future::{BoxFuture, FutureExt, ready};
use serde_json::Value;

/// A gateway to nothing.
pub(crate) struct Nothing(Caller);

impl Nothing {
    /// For an operator.
    pub(crate) fn for_operator() -> Self {
        Self::of(OPERATOR, "sam")
    }

    /// For a caller of this role.
    pub(crate) fn of(role: Role, subject: &str) -> Self {
        let principal = Principal::new(Id::parse(subject).unwrap(), role);
        Self(Caller::new(principal, Timestamp::MAX))
    }
}

/// The seal of its cursors.
pub(crate) fn seal() -> Seal {
    Seal::new("nothing", "1")
}

/// What a subscription lacks of the first of these sources, which are alike.
pub(crate) fn lack(source: Source, places: Vec<Place>, caught_up_at: Option<u64>) -> Lack {
    Lack { index: 0, source, places, is_behind: true, has_caught_up: false, caught_up_at }
}

fn away<T: Send + 'static>() -> BoxFuture<'static, Result<T, Failure>> {
    ready(Err(Fault::Unavailable("the object".into(), "away".into()).into())).boxed()
}

impl Gateway for Nothing {
    fn caller(&self) -> Result<&Caller, Failure> {
        Ok(&self.0)
    }

    fn seal(&self) -> Result<Seal, Failure> {
        Ok(seal())
    }

    fn fresh_id(&self) -> Id {
        Id::parse("fresh").unwrap()
    }

    fn command(&self, _: Message) -> BoxFuture<'_, Result<Accepted, Failure>> {
        away()
    }

    fn row(&self, _: StreamId, _: When) -> BoxFuture<'_, Result<RowView, Failure>> {
        away()
    }

    fn seen(
        &self,
        streams: BTreeSet<StreamId>,
    ) -> BoxFuture<'_, Result<BTreeSet<StreamId>, Failure>> {
        ready(Ok(streams)).boxed()
    }

    fn sights(&self, _: &StreamId, page: &Page) -> Result<Vec<Sight>, Failure> {
        Ok(vec![Sight::Stream; page.events.len()])
    }

    fn events(
        &self,
        _: StreamId,
        _: Version,
        _: usize,
    ) -> BoxFuture<'_, Result<EventsPage, Failure>> {
        away()
    }

    fn outcome(&self, _: StreamId, _: Id) -> BoxFuture<'_, Result<Option<Ended>, Failure>> {
        away()
    }

    fn shown<'a>(
        &'a self,
        _: &'a str,
        _: Vec<(StreamId, Version)>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        away()
    }

    fn places<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<String, Failure>> {
        away()
    }

    fn wake<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        away()
    }

    fn caused(&self, _: Id) -> BoxFuture<'_, Result<Vec<Envelope>, Failure>> {
        away()
    }

    fn rows(&self, _: Cow<'static, str>, _: Vec<Value>) -> BoxFuture<'_, Result<Vec<Row>, Fault>> {
        ready(Err(Fault::Unavailable("the database".into(), "away".into()))).boxed()
    }

    fn sleep(&self, _: u64) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}
