//! A script with one aggregate, and a gateway that notes what it is asked.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each test uses its part"
)]

pub mod note;

use std::{
    borrow::Cow,
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};

use async_graphql::{Request, Variables};
use edgefold_flow::{
    Accepted, Catalogue, Hooks, Message,
    contract::{EventsPage, RowView},
    door::{
        document::DocumentLimits,
        token::{Caller, missing},
    },
    graphql::{
        self, Declares,
        admit::{Admitted, admit},
        gateway::{Gateway, Row, behind},
        http::{Answer, Media, answer},
    },
    instance::When,
    journal::Seal,
    participant::Sight,
    queued::Ended,
    route::Entry,
    subscribe::Page,
};
use edgefold_kernel::{
    Envelope, Failure, Fault, Id, Principal, Role, RoleKind, StreamId, Timestamp, Version,
};
use futures_util::future::{BoxFuture, FutureExt, ready};
use note::{Note, READERS};
use serde_json::{Value, json};

pub enum Script {}

pub const CATALOGUE: &Catalogue = &Catalogue {
    entries: &[Entry::of::<Note>("NOTE")],
    roles: &[RoleKind::of(Role::new("keeper"), "Keeps notes.")],
    projections: &[READERS],
    hooks: Hooks::NONE,
};

impl Declares for Script {
    const CATALOGUE: &'static Catalogue = CATALOGUE;
}

/// Notes what it is asked, and answers what a test has prepared.
pub struct Asked {
    pub caller: Caller,
    pub log: Mutex<Vec<String>>,
    pub rows: Mutex<VecDeque<Result<Vec<Row>, Fault>>>,
    /// True if the list does not show the version that is asked for.
    pub is_behind: bool,
    /// The answer to a command.
    pub answer: fn(Message) -> Result<Accepted, Failure>,
    /// False if the caller has shown no token.
    pub is_known: bool,
    /// The events of an instance.
    pub history: Vec<Envelope>,
    /// The row of an instance.
    pub state: Value,
    /// The events of a correlation: instance, command and subject of each.
    pub caused: Vec<(String, &'static str, &'static str)>,
}

impl Asked {
    pub fn new(role: &str, rows: impl IntoIterator<Item = Result<Vec<Row>, Fault>>) -> Self {
        let role = Role::parse(role).unwrap();
        let principal = Principal::new(Id::parse("ana").unwrap(), role);
        let rows = Mutex::new(rows.into_iter().collect());
        let caller = Caller::new(principal, Timestamp::MAX);
        let state = json!({"ownerId": "ana", "title": "of the object"});
        let answer = |_| Err(Fault::Unavailable("the object".into(), "away".into()).into());
        Self {
            caller,
            log: Mutex::default(),
            rows,
            is_behind: false,
            answer,
            is_known: true,
            history: Vec::new(),
            state,
            caused: [("n-1", "c-1"), ("n-2", "c-1.0"), ("n-1", "c-1")]
                .map(|(id, command)| (id.to_owned(), command, "ana"))
                .into(),
        }
    }

    fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }
}

fn away<T: Send + 'static>() -> BoxFuture<'static, Result<T, Failure>> {
    ready(Err(Fault::Unavailable("the object".into(), "away".into()).into())).boxed()
}

impl Gateway for Asked {
    fn caller(&self) -> Result<&Caller, Failure> {
        if self.is_known { Ok(&self.caller) } else { Err(missing().into()) }
    }

    fn seal(&self) -> Result<Seal, Failure> {
        Ok(Seal::new("script", "1"))
    }

    fn fresh_id(&self) -> Id {
        Id::parse("fresh").unwrap()
    }

    fn command(&self, message: Message) -> BoxFuture<'_, Result<Accepted, Failure>> {
        self.note(serde_json::to_string(&message).unwrap());
        ready((self.answer)(message)).boxed()
    }

    fn row(&self, stream: StreamId, _: When) -> BoxFuture<'_, Result<RowView, Failure>> {
        self.note(format!("row {}", stream.aggregate_id));
        let state = self.state.clone();
        let began = Timestamp::from_millis(0);
        ready(Ok(RowView { version: 9, began, state })).boxed()
    }

    fn seen(&self, _: BTreeSet<StreamId>) -> BoxFuture<'_, Result<BTreeSet<StreamId>, Failure>> {
        away()
    }

    fn sights(&self, _: &StreamId, _: &Page) -> Result<Vec<Sight>, Failure> {
        Ok(Vec::new())
    }

    fn events(
        &self,
        _: StreamId,
        _: Version,
        _: usize,
    ) -> BoxFuture<'_, Result<EventsPage, Failure>> {
        let Some(head) = self.history.last().map(|event| event.version) else { return away() };
        ready(Ok(EventsPage { events: self.history.clone(), next: None, head })).boxed()
    }

    fn outcome(
        &self,
        stream: StreamId,
        command: Id,
    ) -> BoxFuture<'_, Result<Option<Ended>, Failure>> {
        self.note(format!("outcome of {command} in {}", stream.aggregate_id));
        ready(Ok(None)).boxed()
    }

    fn shown<'a>(
        &'a self,
        processor: &'a str,
        wanted: Vec<(StreamId, Version)>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        let of =
            |(stream, version): &(StreamId, Version)| format!("{} {version}", stream.aggregate_id);
        let named: Vec<_> = wanted.iter().map(of).collect();
        self.note(format!("shown by {processor}: {}", named.join(", ")));
        let (stream, version) = &wanted[0];
        ready(if self.is_behind { Err(behind(stream, *version).into()) } else { Ok(()) }).boxed()
    }

    fn places<'a>(
        &'a self,
        category: &'a str,
        processor: &'a str,
    ) -> BoxFuture<'a, Result<String, Failure>> {
        self.note(format!("places of {processor} in {category}"));
        ready(Ok("here".to_owned())).boxed()
    }

    fn wake<'a>(&'a self, category: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        self.note(format!("wake {category}"));
        ready(Ok(())).boxed()
    }

    fn caused(&self, correlation: Id) -> BoxFuture<'_, Result<Vec<Envelope>, Failure>> {
        self.note(format!("caused by {correlation}"));
        let event = |(id, command, actor): &(String, &str, &str)| {
            let event = json!({
                "specversion": "1.0", "id": id, "source": "/aggregates/note", "subject": id, "type": "Written",
                "time": "2026-01-31T12:00:00.000Z", "datacontenttype": "application/json",
                "dataschema": "urn:edgefold:note:Written:1", "sequence": "0000000001", "commandid": command,
                "actor": actor, "actorrole": self.caller.principal.role, "data": {},
            });
            serde_json::from_value(event).unwrap()
        };
        ready(Ok(self.caused.iter().map(event).collect())).boxed()
    }

    fn rows(
        &self,
        sql: Cow<'static, str>,
        params: Vec<Value>,
    ) -> BoxFuture<'_, Result<Vec<Row>, Fault>> {
        assert!(sql.contains(" FROM \"note\" AS r"), "{sql}");
        self.note(format!("rows {}", Value::from(params)));
        let mut rows = self.rows.lock().unwrap();
        // The last one is answered again and again.
        let found = if rows.len() > 1 { rows.pop_front() } else { rows.front().cloned() };
        ready(found.unwrap_or_else(|| Ok(Vec::new()))).boxed()
    }

    fn sleep(&self, millis: u64) -> BoxFuture<'_, ()> {
        self.note(format!("sleep {millis}"));
        ready(()).boxed()
    }
}

pub fn row(id: &str, schema: u32, title: &str) -> Row {
    let state = match title {
        "hidden" => Value::Null,
        title => json!({"ownerId": "ana", "title": title}),
    };
    let state = state.to_string();
    let row = json!({
        "id": id, "version": 3, "began": "2026-01-31T12:00:00.000Z", "state": state, "state_version": schema,
        "cursor_key": title,
    });
    row.as_object().unwrap().clone()
}

/// What was answered, and what was asked for it.
pub fn ask(asked: Asked, query: &str) -> (Answer, Vec<String>) {
    ask_with(asked, query, Value::Null)
}

/// The same with variables.
pub fn ask_with(asked: Asked, query: &str, variables: Value) -> (Answer, Vec<String>) {
    ask_within(asked, query, variables, DocumentLimits::default())
}

/// The same within limits.
pub fn ask_within(
    asked: Asked,
    query: &str,
    variables: Value,
    limits: DocumentLimits,
) -> (Answer, Vec<String>) {
    let asked = Arc::new(asked);
    let gateway: Arc<dyn Gateway> = Arc::<Asked>::clone(&asked);
    let request = Request::new(query).variables(Variables::from_json(variables));
    let Admitted { request, .. } = admit(request, &limits).unwrap();
    let schema = graphql::schema::<Script>();
    let response = schema.execute(request.data(gateway)).now_or_never().unwrap();
    let log = asked.log.lock().unwrap().clone();
    (answer(response, Media::Json), log)
}

/// The code of the first error.
pub fn code(answer: &Answer) -> &str {
    answer.body.errors[0]["extensions"]["code"].as_str().unwrap()
}
