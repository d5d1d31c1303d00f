//! What an object of the sessions' class holds while it is awake.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use async_graphql::{Request as Query, Response as Answer};
use edgefold_flow::{
    Catalogue,
    session::{Connection, connection::Number, message::Asked},
    subscribe::Followers,
    subscribe::Source,
};
use edgefold_kernel::{Principal, Timestamp};
use futures_util::stream::BoxStream;
use worker::{Env, State};

/// Executes an operation of any kind.
pub type Execute = fn(Query) -> BoxStream<'static, Answer>;

pub(crate) struct Object {
    pub(crate) state: State,
    pub(crate) env: Env,
    pub(crate) catalogue: &'static Catalogue,
    pub(crate) execute: Execute,
    /// Nothing before the socket opens, and after it has closed.
    pub(crate) connection: RefCell<Option<Connection>>,
    /// What the subscriptions ask for.
    pub(crate) asked: RefCell<BTreeMap<Number, Asked>>,
    /// Subscriptions that are being sent what they lack, each by one at a time.
    pub(crate) pumped: RefCell<BTreeSet<Number>>,
    /// Who has a seat for this socket.
    pub(super) holder: RefCell<Option<Principal>>,
    /// When the alarm rings, as far as this object knows since it was loaded.
    pub(crate) alarm_at: Cell<Option<Timestamp>>,
    /// For the object of a category: whom it tells.
    pub(crate) tells: Category,
}

/// What the object of a category remembers while it is awake.
#[derive(Default)]
pub(crate) struct Category {
    /// Who follows, and how far each was told.
    pub(super) followers: RefCell<Followers>,
    /// How far the journal has come; 0 before that was read.
    pub(super) head: Cell<u64>,
    /// Sessions that follow no more, with the turn in which they said so. Deleted with the next look at D1.
    pub(super) gone: RefCell<Vec<(String, u64)>>,
    /// Whether D1 is being asked.
    pub(super) reading: Cell<bool>,
    /// Whether there is reason to ask it (again).
    pub(super) due: Cell<bool>,
}

/// What has to be waited for.
pub(crate) enum Work {
    /// See [`Action::Verify`](edgefold_flow::session::Action::Verify).
    Verify(Option<String>),
    /// See [`Action::Run`](edgefold_flow::session::Action::Run).
    Run(Number, Box<Asked>),
    /// See [`Action::Pump`](edgefold_flow::session::Action::Pump); with what the source told, if it did.
    Pump(Number, Option<Rc<edgefold_flow::subscribe::Page>>),
    /// See [`Action::Renew`](edgefold_flow::session::Action::Renew).
    Renew(Source),
    /// Nobody here follows this source any more.
    Leave(Source),
    /// The socket is closed.
    Shut,
}
