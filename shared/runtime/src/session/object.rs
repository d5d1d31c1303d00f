//! The memory of an object of the sessions' class while it is awake.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use async_graphql::{Request as Query, Response as Answer};
use edgefold_flow::{
    Catalogue,
    session::{
        Connection,
        connection::Number,
        message::{Asked, Shown},
    },
    subscribe::{Page, Source, Wanted},
};
use edgefold_kernel::{Principal, Timestamp};
use futures_util::{future::AbortHandle, stream::BoxStream};
use serde::{Deserialize, Serialize};
use worker::{Env, State};

use crate::platform::turn::Turns;

/// Executes an operation of any kind.
pub type Execute = fn(Query) -> BoxStream<'static, Answer>;

pub(crate) struct Object {
    pub(crate) state: State,
    pub(crate) env: Env,
    pub(crate) catalogue: &'static Catalogue,
    pub(crate) execute: Execute,
    /// `None` before the socket opens and after it has closed.
    pub(crate) connection: RefCell<Option<Connection>>,
    /// The subscriptions.
    pub(crate) kept: RefCell<BTreeMap<Number, Kept>>,
    /// Subscriptions whose missing events are being sent, each by one task at a time.
    pub(crate) pumped: RefCell<BTreeSet<Number>>,
    /// The turns in which the subscriptions read a partition of a category.
    pub(super) reads: RefCell<BTreeMap<Source, Turns>>,
    /// The principal that has a seat for this socket.
    pub(super) holder: RefCell<Option<Principal>>,
    /// Instant of the alarm, as far as this object knows since it was loaded.
    pub(crate) alarm_at: Cell<Option<Timestamp>>,
    /// Instant at which all sessions of this principal were asked, and were there still …
    pub(super) asked_at: Cell<Timestamp>,
    /// … and all of them that wait.
    pub(super) waiting_asked_at: Cell<Timestamp>,
    /// The timer for a client that has shown no token. It keeps this object awake.
    pub(super) timer: RefCell<Option<AbortHandle>>,
}

/// A subscription, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The request.
    pub(crate) asked: Asked,
    /// What its field asks for.
    pub(crate) wanted: Wanted,
}

/// Work that has to be awaited.
pub(crate) enum Work {
    /// See [`Action::Verify`](edgefold_flow::session::Action::Verify).
    Verify(Option<Shown>),
    /// See [`Action::Count`](edgefold_flow::session::Action::Count).
    Count,
    /// See [`Action::Run`](edgefold_flow::session::Action::Run).
    Run(Number, Box<Asked>),
    /// See [`Action::Pump`](edgefold_flow::session::Action::Pump); with the page that the source told, if it did.
    Pump(Number, Option<Rc<Page>>),
    /// The operation cannot be kept.
    Fail(Number, edgefold_kernel::Fault),
    /// See [`Action::Renew`](edgefold_flow::session::Action::Renew).
    Renew(Source),
    /// No operation follows this source any more.
    Leave(Source),
    /// The operation has ended, and waited until then.
    Unawait(Number),
    /// The socket is closed.
    Shut,
}
