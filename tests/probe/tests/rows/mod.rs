//! The gateway of resolvers in a test: read models with these rows, and objects that are away or say that everything
//! may be seen.

use std::{borrow::Cow, collections::BTreeSet};

use edgefold_flow::{
    Accepted, Message,
    contract::{EventsPage, RowView},
    door::token::Caller,
    graphql::gateway::{Gateway, Row},
    instance::When,
    participant::Sight,
    subscribe::Page,
};
use edgefold_kernel::{Failure, Fault, Id, Principal, StreamId, Timestamp, Version};
use edgefold_probe::roles::OPERATOR;
use futures_util::future::{BoxFuture, FutureExt, ready};
use serde_json::Value;

/// Read models that hold these rows, or cannot be read.
pub(crate) struct Rows {
    caller: Caller,
    found: Result<Vec<Row>, Fault>,
    /// True if the objects answer who may see them.
    is_asked: bool,
}

impl Rows {
    /// As an operator reads them.
    pub(crate) fn new(found: Result<Vec<Row>, Fault>, is_asked: bool) -> Self {
        let principal = Principal::new(Id::parse("sam").unwrap(), OPERATOR);
        Self { caller: Caller::new(principal, Timestamp::MAX), found, is_asked }
    }
}

fn away<T: Send + 'static>() -> BoxFuture<'static, Result<T, Failure>> {
    ready(Err(Fault::Unavailable("the object".into(), "away".into()).into())).boxed()
}

impl Gateway for Rows {
    fn caller(&self) -> Result<&Caller, Failure> {
        Ok(&self.caller)
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
        match self.is_asked || streams.is_empty() {
            true => ready(Ok(streams)).boxed(),
            false => away(),
        }
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
