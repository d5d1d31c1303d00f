//! The purpose for which a subscription's field is resolved. It is resolved once to find its sources, and then again for every
//! page of one of them. So nothing of it stays in memory between two events, and the session can hibernate.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::Error;
use futures_util::{StreamExt, stream, stream::BoxStream};
use serde_json::Value;

use crate::{
    journal::Place,
    session::Lack,
    subscribe::{Begin, Part, Wanted},
};

/// The stream of items of a subscription's field.
pub type Subscribed<T = Value> = BoxStream<'static, Result<T, Error>>;

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
    pub(super) fn turn(&self, wanted: Wanted, begin: Begin) -> Option<(Part, Lack)> {
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
    pub(super) fn stream(self: Arc<Self>, items: Vec<(Place, Result<Value, Error>)>) -> Subscribed {
        let yielded = move |(place, item)| {
            self.with(|inner| inner.yielded.push_back(place));
            item
        };
        stream::iter(items).map(yielded).boxed()
    }
}
