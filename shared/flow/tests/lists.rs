//! Lists: what is asked of whom, in which order, and what is answered while something is not there.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    borrow::Cow,
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};

use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Enum, ID, MergedObject, Object, Request, Result,
    Schema, SimpleObject,
};
use edgefold_flow::{
    Accepted, Catalogue, Message, Participant,
    contract::{EventsPage, RowView},
    door::token::Caller,
    graphql::{
        Connection, Declares, HistoryQuery, List, MinVersion, Names, StateAt, eq,
        gateway::{Gateway, Row, behind},
        http::{Answer, Media, answer},
        page,
    },
    instance::When,
    participant::{Column, Listed, Order, Sight},
    route::Entry,
    subscribe::Page,
};
use edgefold_kernel::{
    Aggregate, Decision, Envelope, Failure, Fault, Id, Principal, Role, Scope, StreamId, Timestamp,
    Version, commands, event, events, limits,
};
use futures_util::future::{BoxFuture, FutureExt, ready};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Written {}

commands! { enum Command { "Write" [creates] => Write(Written) } }
events! { enum Event upcast event::no_upcast { "Written" v 1 => Written(Written) } }

/// A note that somebody has written.
struct Note;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    owner_id: String,
    title: String,
}

impl Aggregate for Note {
    const TYPE: &'static str = "note";
    const STATE_VERSION: u32 = 2;
    type Command = Command;
    type Event = Event;
    type State = State;

    fn decide(_: &State, _: &Command, _: &edgefold_kernel::Context<'_>) -> Decision<Event> {
        Ok(Vec::new())
    }

    fn evolve(_: &mut State, _: &Event, _: Version) {}
}

impl Participant for Note {
    const LISTED: Listed = Listed {
        columns: &[Column::text("ownerId"), Column::text("title")],
        orders: &[Order::newest("NEWEST"), Order::ascending("TITLE", "title")],
        owner: Some("ownerId"),
    };

    fn may_list(principal: &Principal) -> Scope {
        match principal.role.as_str() {
            "keeper" => Scope::All,
            "writer" => Scope::Own,
            "note" => Scope::Itself,
            _ => Scope::Nothing,
        }
    }
}

#[derive(SimpleObject)]
#[graphql(name = "Note")]
struct NoteView {
    id: ID,
    version: i32,
    title: String,
}

fn view(at: StateAt<State>) -> Option<NoteView> {
    let title = at.state.title;
    (title != "hidden").then_some(NoteView { id: at.id, version: at.version, title })
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Enum)]
enum NoteOrderBy {
    #[default]
    Newest,
    Title,
}

#[derive(Default)]
struct Notes;

#[Object]
impl Notes {
    #[allow(clippy::too_many_arguments, reason = "as many as a list has")]
    async fn notes(
        &self,
        context: &Context<'_>,
        title: Option<String>,
        #[graphql(default)] order_by: NoteOrderBy,
        first: Option<i32>,
        after: Option<String>,
        min_version: Option<Vec<MinVersion>>,
    ) -> Result<Connection<NoteView>> {
        let filter = vec![eq("title", title)];
        page::<Note, _>(context, List { order_by, filter, first, after, min_version }, view).await
    }
}

#[derive(Default, MergedObject)]
struct Query(Notes, HistoryQuery);

enum Script {}

impl Declares for Script {
    const CATALOGUE: &'static Catalogue =
        &Catalogue { entries: &[Entry::of::<Note>("NOTE")], roles: &[], projections: &[] };
}

/// Notes what it is asked, and answers what a test has prepared.
struct Asked {
    caller: Caller,
    log: Mutex<Vec<String>>,
    rows: Mutex<VecDeque<Result<Vec<Row>, Fault>>>,
    /// Events behind, for a version that is not shown.
    behind: Option<u64>,
}

impl Asked {
    fn new(role: &str, rows: impl IntoIterator<Item = Result<Vec<Row>, Fault>>) -> Self {
        let role = Role::parse(role).unwrap();
        let principal = Principal::new(Id::parse("ana").unwrap(), role);
        let rows = Mutex::new(rows.into_iter().collect());
        let caller = Caller::new(principal, Timestamp::MAX);
        Self { caller, log: Mutex::default(), rows, behind: None }
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
        Ok(&self.caller)
    }

    fn fresh_id(&self) -> Id {
        Id::parse("fresh").unwrap()
    }

    fn command(&self, _: Message) -> BoxFuture<'_, Result<Accepted, Failure>> {
        away()
    }

    fn row(&self, stream: StreamId, _: When) -> BoxFuture<'_, Result<RowView, Failure>> {
        self.note(format!("row {}", stream.aggregate_id));
        let state = json!({"ownerId": "ana", "title": "of the object"});
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
        away()
    }

    fn outcome(
        &self,
        stream: StreamId,
        command: Id,
    ) -> BoxFuture<'_, Result<Option<Accepted>, Failure>> {
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
        let refused = self.behind.map(|events| behind(&wanted[0].0, wanted[0].1, events).into());
        ready(refused.map_or(Ok(()), Err)).boxed()
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
        let event = |id: &str, command: &str| {
            json!({
                "specversion": "1.0", "id": id, "source": "/aggregates/note", "subject": id, "type": "Written",
                "time": "2026-01-31T12:00:00.000Z", "datacontenttype": "application/json",
                "dataschema": "urn:edgefold:note:Written:1", "sequence": "0000000001", "commandid": command,
                "actor": "ana", "actorrole": "writer", "data": {},
            })
        };
        let events = [event("n-1", "c-1"), event("n-2", "c-1.0"), event("n-1", "c-1")];
        let events = events.map(|event| serde_json::from_value(event).unwrap());
        ready(Ok(events.into())).boxed()
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

fn row(id: &str, schema: u32, title: &str) -> Row {
    let state = json!({"ownerId": "ana", "title": title}).to_string();
    let row = json!({
        "id": id, "version": 3, "began": "2026-01-31T12:00:00.000Z", "state": state, "state_version": schema,
        "cursor_key": title,
    });
    row.as_object().unwrap().clone()
}

/// What was answered, and what was asked for it.
fn ask(asked: Asked, query: &str) -> (Answer, Vec<String>) {
    let asked = Arc::new(asked);
    let schema = Schema::build(Query::default(), EmptyMutation, EmptySubscription)
        .register_input_type::<Names<Script>>()
        .finish();
    let gateway: Arc<dyn Gateway> = Arc::<Asked>::clone(&asked);
    let response = schema.execute(Request::new(query).data(gateway)).now_or_never().unwrap();
    let log = asked.log.lock().unwrap().clone();
    (answer(response, Media::Json), log)
}

fn code(answer: &Answer) -> &str {
    answer.body["errors"][0]["extensions"]["code"].as_str().unwrap()
}

#[test]
fn a_page_shows_its_rows_and_goes_on_behind_the_last_one() {
    let rows = vec![row("n-1", 2, "a"), row("n-2", 2, "hidden"), row("n-3", 2, "c")];
    let query = "{ notes(orderBy: TITLE, first: 2) { nodes { id version title } pageInfo { hasNextPage endCursor } } }";
    let (answer, log) = ask(Asked::new("keeper", [Ok(rows)]), query);
    let notes = &answer.body["data"]["notes"];
    assert_eq!(notes["nodes"], json!([{"id": "n-1", "version": 3, "title": "a"}]));
    assert_eq!(notes["pageInfo"]["hasNextPage"], true);
    assert_eq!(log, ["rows [3]"]);
    let cursor = notes["pageInfo"]["endCursor"].as_str().unwrap();
    let query = format!(
        "{{ notes(orderBy: TITLE, title: \"c\", after: {cursor:?}) {{ nodes {{ id }} }} }}"
    );
    let (_, log) = ask(Asked::new("keeper", []), &query);
    assert_eq!(log, [r#"rows ["c","a","n-1",21]"#]);
    let query = format!("{{ notes(after: {cursor:?}) {{ nodes {{ id }} }} }}");
    let (answer, log) = ask(Asked::new("keeper", []), &query);
    assert_eq!((code(&answer), log.len()), ("INVALID_CURSOR", 0));
}

#[test]
fn everybody_is_asked_for_what_they_may_list() {
    let query = "{ notes { nodes { id } updatesCursor } }";
    for (role, expected) in
        [("keeper", "rows [21]"), ("writer", r#"rows ["ana",21]"#), ("note", r#"rows ["ana",21]"#)]
    {
        let (_, log) = ask(Asked::new(role, []), query);
        assert_eq!(log, ["places of note in note", expected], "{role}");
    }
    let (answer, log) = ask(Asked::new("stranger", []), query);
    assert_eq!(answer.body["data"]["notes"], json!({"nodes": [], "updatesCursor": null}));
    assert_eq!(log, [""; 0]);
}

#[test]
fn a_list_says_where_its_updates_begin_if_somebody_wants_to_know() {
    let query = "{ notes { ...F } } fragment F on NoteConnection { c: updatesCursor }";
    let (answer, log) = ask(Asked::new("keeper", []), query);
    assert_eq!(answer.body["data"]["notes"]["c"], "here");
    assert_eq!(log, ["places of note in note", "rows [21]"], "before the rows are read");
    let (_, log) = ask(Asked::new("keeper", []), "{ notes { nodes { id } } }");
    assert_eq!(log, ["rows [21]"]);
}

#[test]
fn a_list_waits_for_the_versions_that_it_is_to_show() {
    let query = r#"{ notes(minVersion: [{type: NOTE, id: "n-1", version: 3}, {type: NOTE, id: "n-2", version: 1}]) { nodes { id } } }"#;
    let (_, log) = ask(Asked::new("keeper", []), query);
    assert_eq!(log, ["shown by note: n-1 3, n-2 1", "rows [21]"]);
    let (answer, log) = ask(Asked { behind: Some(4), ..Asked::new("keeper", []) }, query);
    assert_eq!((answer.status, code(&answer), log.len()), (200, "READ_MODEL_BEHIND", 1));
    let said = answer.body["errors"][0]["message"].as_str().unwrap();
    assert_eq!(said, "the list does not show version 3 of note n-1 yet: it is 4 events behind");
}

#[test]
fn versions_that_a_list_cannot_show_are_refused() {
    let many = r#"{type: NOTE, id: "n", version: 1},"#.repeat(limits::LIST_MIN_VERSIONS + 1);
    let wrong = [
        many.as_str(),
        r#"{type: NOTE, id: "", version: 1}"#,
        r#"{type: NOTE, id: "n", version: -1}"#,
    ];
    for wrong in wrong {
        let query = format!("{{ notes(minVersion: [{wrong}]) {{ nodes {{ id }} }} }}");
        let (answer, log) = ask(Asked::new("keeper", []), &query);
        assert_eq!((code(&answer), log.len()), ("INVALID_FIELD", 0), "{wrong}");
    }
}

fn missing() -> Result<Vec<Row>, Fault> {
    Err(Fault::Defect("D1_ERROR: no such table: note: SQLITE_ERROR, in: SELECT".into()))
}

#[test]
fn a_table_that_is_not_made_yet_is_waited_for() {
    let rows = [missing(), missing(), Ok(vec![row("n-1", 2, "a")])];
    let (answer, log) = ask(Asked::new("keeper", rows), "{ notes { nodes { id } } }");
    assert_eq!(answer.body["data"]["notes"]["nodes"][0]["id"], "n-1");
    assert_eq!(log, ["rows [21]", "wake note", "sleep 50", "rows [21]", "sleep 100", "rows [21]"]);
}

#[test]
fn a_table_that_does_not_come_in_time_is_unavailable_for_now() {
    let (answer, log) = ask(Asked::new("keeper", [missing()]), "{ notes { nodes { id } } }");
    assert_eq!((answer.status, code(&answer)), (503, "UNAVAILABLE"));
    let slept: u64 =
        log.iter().filter_map(|line| line.strip_prefix("sleep ")?.parse::<u64>().ok()).sum();
    assert_eq!(slept, limits::READ_YOUR_WRITES_MS);
    assert_eq!(log.iter().filter(|line| *line == "wake note").count(), 1);
}

#[test]
fn a_database_that_is_away_is_told_at_once_and_when_to_come_again() {
    let gone = || Err(Fault::Unavailable("the database".into(), "gone".into()));
    let (answer, log) = ask(Asked::new("keeper", [gone()]), "{ notes { nodes { id } } }");
    assert_eq!((answer.status, answer.retry_after), (503, Some(limits::RETRY_AFTER_S)));
    assert_eq!((code(&answer), &answer.body["data"]), ("UNAVAILABLE", &Value::Null));
    assert_eq!(log, ["rows [21]"]);
    // What else was asked for is answered: the fault stands beside it.
    let query = r#"{ commandResult(id: "c-9", aggregateType: NOTE, aggregateId: "n-1") { __typename }
        events(aggregateType: NOTE, aggregateId: "n-1") { nodes { id } } }"#;
    let (answer, _) = ask(Asked::new("keeper", [gone()]), query);
    assert_eq!((answer.status, answer.retry_after), (200, Some(limits::RETRY_AFTER_S)));
    assert_eq!(answer.body["data"]["events"], Value::Null);
}

#[test]
fn rows_of_an_earlier_release_are_asked_of_their_instances() {
    let rows = vec![row("n-1", 1, "old"), row("n-2", 2, "b")];
    let query = "{ notes { nodes { id version title } } }";
    let (answer, log) = ask(Asked::new("keeper", [Ok(rows)]), query);
    let nodes = json!([
        {"id": "n-1", "version": 9, "title": "of the object"}, {"id": "n-2", "version": 3, "title": "b"},
    ]);
    assert_eq!(answer.body["data"]["notes"]["nodes"], nodes);
    assert_eq!(log, ["rows [21]", "row n-1"]);
    let (answer, _) = ask(Asked::new("keeper", [Ok(vec![row("n-1", 3, "new")])]), query);
    assert_eq!((answer.status, code(&answer)), (503, "NEWER_CODE_NEEDED"));
}

#[test]
fn a_command_is_found_by_its_id_alone_where_the_journals_know_its_events() {
    let query = r#"{ commandResult(id: "c-1") { __typename } }"#;
    let (answer, log) = ask(Asked::new("keeper", []), query);
    assert_eq!(answer.body["data"]["commandResult"], Value::Null);
    assert_eq!(log, ["caused by c-1", "outcome of c-1 in n-1"]);
}
