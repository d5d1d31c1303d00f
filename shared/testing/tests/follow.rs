//! The rows of a journal that changed, for a subscription: by filter and owner, with those that have left; and who is told.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::expect_used)]

use std::collections::BTreeMap;

use edgefold_flow::{
    journal::{
        Append, Link, Partition, Place, Row, RowsPage, RowsPull,
        follow::{self, Current, Pulled, Shape},
    },
    participant::{Condition, Filter, Listed, Op, RowFilter},
    subscribe::{Listeners, followers::Lease},
};
use edgefold_kernel::{
    Described, Envelope, Failure, Id, Metadata, StreamId, Timestamp, limits,
    shape::{self, Field, Object},
};
use edgefold_testing::MemoryJournal;
use serde_json::{Value, json, value::RawValue};

const LISTED: Listed = Listed {
    filters: &[Filter::equal("status", ""), Filter::equal("units", "")],
    state: &Object {
        name: "State",
        about: "",
        fields: &[
            Field::new("owner", "", shape::Shape::Subject),
            Field::new("status", "", String::SHAPE),
            Field::new("units", "", i64::SHAPE),
        ],
        is_strict: false,
    },
    owner: Some("owner"),
    ..Listed::PLAIN
};
const SHAPE: Shape<'static> = Shape { listed: &LISTED, state_version: 2 };

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// splitmix64 (Vigna 2015).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) % bound as u64) as usize
    }
}

/// A journal, and what was appended to it.
struct Journal {
    partition: Partition<MemoryJournal>,
    versions: BTreeMap<String, u64>,
    /// Stream, version and row of each event.
    events: Vec<(String, u64, Value)>,
    name: &'static str,
}

impl Journal {
    fn new() -> Self {
        let partition = Partition::new(MemoryJournal::default());
        Self { partition, versions: BTreeMap::new(), events: Vec::new(), name: "" }
    }

    fn event(&self, stream: &str, version: u64) -> Envelope {
        Envelope {
            id: format!("{}{stream}.{version}", self.name),
            stream: StreamId::new("order", id(stream)),
            version,
            event_type: "Moved".into(),
            schema_version: 1,
            time: Timestamp::from_millis(version as i64),
            command_id: id(&format!("c-{stream}-{version}")),
            metadata: Metadata::default(),
            data: RawValue::from_string("{}".into()).unwrap(),
        }
    }

    /// So many events of a stream at once, with the row after them.
    fn append(&mut self, stream: &str, events: u64, row: &Value) {
        self.append_as(SHAPE.state_version, stream, events, row);
    }

    fn append_as(&mut self, state_version: u32, stream: &str, events: u64, row: &Value) {
        let before = self.versions.get(stream).copied().unwrap_or(0);
        let through = before + events;
        let text = |version| serde_json::to_string(&self.event(stream, version)).unwrap();
        let texts = (before + 1..=through).map(|v| RawValue::from_string(text(v)).unwrap());
        let append = Append {
            id: id(stream),
            before: (before > 0).then(|| Link::of(&self.event(stream, before))),
            events: texts.collect(),
            row: row_of(state_version, through, row),
        };
        let answers = self.partition.append_all(&[serde_json::to_string(&append).unwrap()]);
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        self.versions.insert(stream.to_owned(), through);
        let appended = (before + 1..=through).map(|v| (stream.to_owned(), v, row.clone()));
        self.events.extend(appended);
    }

    /// The same journal after its object was loaded again.
    fn reloaded(&mut self) {
        self.partition = Partition::new(self.partition.storage().clone());
    }

    fn head(&self) -> Place {
        follow::head(&self.partition).unwrap()
    }

    fn ask(&self, after: &Place, filter: &RowFilter, current: &Current) -> Result<Pulled, Failure> {
        let (after, filter) = (after.clone(), filter.clone());
        let pull = RowsPull { after, filter, wants_events: true };
        follow::pull(&self.partition, &SHAPE, &pull, current)
    }

    fn page(&self, after: &Place, filter: &RowFilter) -> RowsPage {
        match self.ask(after, filter, &Current::new()).unwrap() {
            Pulled::Page(page) => page,
            Pulled::Needs(ids) => panic!("the current rows of {ids:?}"),
        }
    }

    /// Everything after a place, page by page, and the number of pages.
    fn all(&self, after: &Place, filter: &RowFilter) -> (Vec<String>, usize) {
        let (mut at, mut found, mut pages) = (after.clone(), Vec::new(), 0);
        while at != self.head() {
            let page = self.page(&at, filter);
            assert_eq!(page.after, at);
            assert!(page.through.position > at.position, "no page is empty before the head");
            assert!(page.changes.len() <= limits::PULL_EVENTS);
            let positions = page.changes.iter().map(|change| change.at.position);
            assert!(
                positions.into_iter().all(|it| it > at.position && it <= page.through.position)
            );
            found.extend(page.changes.iter().map(|change| {
                let version = change.event.as_ref().unwrap().version;
                said(change.id.as_str(), version, change.has_left)
            }));
            (at, pages) = (page.through, pages + 1);
        }
        (found, pages)
    }

    /// The same, worked out from what was appended.
    fn expected(&self, after: u64, filter: &RowFilter) -> Vec<String> {
        let (mut rows, mut found) = (BTreeMap::new(), Vec::new());
        for (position, (stream, version, row)) in (1..).zip(&self.events) {
            let holds = |row: &Value| filter.matches(&LISTED, &id(stream), row);
            let held = rows.insert(stream, row).is_some_and(holds);
            if position > after && (holds(row) || held) {
                found.push(said(stream, *version, !holds(row)));
            }
        }
        found
    }
}

fn row_of(state_version: u32, version: u64, state: &Value) -> Row {
    let state = RawValue::from_string(state.to_string()).unwrap();
    Row { version, began: Timestamp::from_millis(1), state_version, state }
}

fn said(stream: &str, version: u64, has_left: bool) -> String {
    format!("{stream} {version}{}", if has_left { " has left" } else { "" })
}

fn row(owner: &str, status: &str, units: i64) -> Value {
    json!({"owner": owner, "status": status, "units": units})
}

fn of(status: &str) -> RowFilter {
    let value = json!(status);
    let status = Condition { column: "status".into(), op: Op::Eq, value };
    RowFilter { conditions: vec![status], ..RowFilter::default() }
}

fn owned(by: &str, filter: RowFilter) -> RowFilter {
    RowFilter { owner: Some(by.parse_subject()), ..filter }
}

trait ParseSubject {
    fn parse_subject(&self) -> edgefold_kernel::Subject;
}

impl ParseSubject for str {
    fn parse_subject(&self) -> edgefold_kernel::Subject {
        edgefold_kernel::Subject::parse(self).unwrap()
    }
}

fn code(result: Result<Pulled, Failure>) -> String {
    match result {
        Err(Failure::Rejected(rejection)) => rejection.code.into_owned(),
        other => panic!("a refusal, not {other:?}"),
    }
}

#[test]
fn a_row_comes_while_the_filter_holds_and_is_said_to_have_left_once() {
    let mut journal = Journal::new();
    journal.append("a", 1, &row("ana", "open", 1));
    journal.append("b", 1, &row("ben", "closed", 1));
    journal.append("a", 2, &row("ana", "open", 2));
    journal.append("a", 2, &row("ana", "closed", 3));
    journal.append("b", 1, &row("ben", "open", 1));
    journal.append("a", 1, &row("ana", "closed", 4));
    let start = Place::START;
    let expected = ["a 1", "a 2", "a 3", "a 4 has left", "b 2"];
    assert_eq!(journal.all(&start, &of("open")).0, expected);
    assert_eq!(journal.all(&start, &owned("ana", of("open"))).0, expected[..4]);
    assert_eq!(journal.all(&start, &owned("cleo", RowFilter::default())).0, [""; 0]);
    let only = RowFilter { only: Some(id("b")), ..RowFilter::default() };
    assert_eq!(journal.all(&start, &only).0, ["b 1", "b 2"]);
    let change = &journal.page(&start, &of("open")).changes[3];
    assert_eq!(
        (change.at.position, change.row.version),
        (5, 5),
        "policies decide by the row after it"
    );
    // From the middle on, what came before is looked up.
    journal.reloaded();
    let middle = journal.page(&start, &of("open")).changes[2].at.clone();
    assert_eq!(journal.all(&middle, &of("open")).0, expected[3..]);
}

#[test]
fn an_event_that_nobody_asked_for_stays_where_it_is() {
    let mut journal = Journal::new();
    journal.append("a", 1, &row("ana", "open", 1));
    let pull = RowsPull { after: Place::START, filter: RowFilter::default(), wants_events: false };
    let page = follow::pull(&journal.partition, &SHAPE, &pull, &Current::new()).unwrap();
    let Pulled::Page(page) = page else { panic!("a page") };
    assert!(page.changes[0].event.is_none());
    assert_eq!(page.changes[0].id, id("a"));
}

#[test]
fn any_history_gives_from_any_place_what_the_filter_says() {
    for seed in 0..80 {
        let mut dice = Dice(seed);
        let mut journal = Journal::new();
        let mut places = vec![Place::START];
        for _ in 0..60 {
            let stream = format!("s-{}", dice.below(5));
            let owner = ["ana", "ben"][dice.below(2)];
            let status = ["open", "closed", "lost"][dice.below(3)];
            journal.append(
                &stream,
                1 + dice.below(3) as u64,
                &row(owner, status, dice.below(9) as i64),
            );
            places.push(journal.head());
            if dice.below(10) == 0 {
                journal.reloaded();
            }
        }
        let few = Condition { column: "units".into(), op: Op::Lt, value: json!(4) };
        let few = RowFilter { conditions: vec![few], ..RowFilter::default() };
        for filter in
            [RowFilter::default(), of("open"), owned("ana", of("open")), owned("ben", few)]
        {
            let place = &places[dice.below(places.len())];
            let expected = journal.expected(place.position, &filter);
            assert_eq!(journal.all(place, &filter).0, expected, "seed {seed}, after {place:?}");
            journal.reloaded();
            assert_eq!(journal.all(place, &filter).0, expected, "seed {seed}, from storage");
        }
    }
}

#[test]
fn a_page_is_bounded_also_where_nothing_concerns_the_caller() {
    let mut journal = Journal::new();
    for n in 0..2_500 {
        journal.append(&format!("s-{n}"), 1, &row("ben", "open", 1));
    }
    journal.reloaded();
    let (found, pages) = journal.all(&Place::START, &owned("ana", RowFilter::default()));
    assert_eq!((found.len(), pages), (0, 3), "each page looks at {} events", limits::SCAN_EVENTS);
    assert_eq!(journal.all(&Place::START, &of("open")).1, 25, "each shows {}", limits::PULL_EVENTS);
    // Each event of the second round has a row before it that is far away.
    let middle = journal.head();
    for n in 0..1_000 {
        journal.append(&format!("s-{n}"), 1, &row("ben", "open", 2));
    }
    journal.reloaded();
    let before = journal.partition.storage().rows_read();
    journal.page(&middle, &owned("ana", RowFilter::default()));
    let read = journal.partition.storage().rows_read() - before;
    assert!(read <= limits::SCAN_EVENTS + 2 * limits::SCAN_LOOKUPS + 10, "{read} rows");
    assert_eq!(journal.all(&middle, &owned("ana", RowFilter::default())).1, 5);
}

#[test]
fn all_who_have_come_equally_far_share_one_read_also_after_the_journal_was_loaded() {
    let mut journal = Journal::new();
    for n in 0..50 {
        journal.append(&format!("s-{n}"), 1, &row("ben", "open", 1));
    }
    journal.reloaded();
    let read = |journal: &Journal| {
        let before = journal.partition.storage().rows_read();
        assert_eq!(journal.page(&Place::START, &RowFilter::default()).changes.len(), 50);
        journal.partition.storage().rows_read() - before
    };
    assert_eq!((read(&journal), read(&journal)), (50, 0));
    journal.append("s-0", 1, &row("ben", "closed", 1));
    let found = journal.all(&Place::START, &of("open")).0;
    assert_eq!(found, journal.expected(0, &of("open")));
}

#[test]
fn a_large_row_ends_a_page() {
    let mut journal = Journal::new();
    let large = json!({"owner": "ana", "text": "x".repeat(limits::PULL_BYTES / 2 + 1)});
    for n in 0..6 {
        journal.append(&format!("s-{n}"), 1, &large);
    }
    let page = journal.page(&Place::START, &RowFilter::default());
    assert_eq!((page.changes.len(), page.through.position, page.head), (2, 2, 6));
}

#[test]
fn a_place_that_does_not_fit_the_journal_any_more_is_told_so() {
    let mut journal = Journal::new();
    journal.append("a", 3, &row("ana", "open", 1));
    let backup = journal.partition.storage().backup();
    let (kept, lost) = (journal.head(), {
        journal.append("a", 1, &row("ana", "open", 2));
        journal.head()
    });
    journal.partition.storage().restore(&backup);
    journal.reloaded();
    journal.versions.insert("a".into(), 3);
    let ask =
        |journal: &Journal, at: &Place| journal.ask(at, &RowFilter::default(), &Current::new());
    assert_eq!(code(ask(&journal, &lost)), "STALE_CURSOR", "ahead of it");
    journal.name = "another ";
    journal.append("b", 1, &row("ben", "open", 1));
    assert_eq!(journal.head().position, lost.position);
    assert_eq!(code(ask(&journal, &lost)), "STALE_CURSOR", "another event is there");
    assert!(ask(&journal, &kept).is_ok());
    assert!(ask(&journal, &Place::START).is_ok());
    let made_up = Place { check: "00000000".into(), ..Place::START };
    assert_eq!(code(ask(&journal, &made_up)), "STALE_CURSOR");
}

#[test]
fn a_row_of_another_release_is_asked_of_its_instance() {
    let mut journal = Journal::new();
    journal.append_as(1, "a", 1, &json!({"person": "ana"}));
    journal.append_as(1, "b", 1, &json!({"person": "ben"}));
    journal.append_as(1, "c", 1, &json!({"person": "ana"}));
    journal.append("a", 1, &row("ana", "open", 1));
    journal.append("b", 1, &row("ben", "closed", 1));
    journal.append("d", 1, &Value::Null);
    let mut current = Current::new();
    let filter = owned("ana", of("open"));
    let Pulled::Needs(ids) = journal.ask(&Place::START, &filter, &current).unwrap() else {
        panic!("it cannot know these rows");
    };
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), ["a", "b", "c", "d"].map(id));
    current.insert(id("a"), Some(row_of(2, 2, &row("ana", "open", 1))));
    current.insert(id("b"), Some(row_of(2, 2, &row("ben", "closed", 1))));
    current.insert(id("c"), Some(row_of(2, 4, &row("ana", "closed", 1))));
    current.insert(id("d"), Some(row_of(2, 1, &Value::Null)));
    let Pulled::Page(page) = journal.ask(&Place::START, &filter, &current).unwrap() else {
        panic!("it knows them now");
    };
    let changes: Vec<_> =
        page.changes.iter().map(|it| (it.id.as_str(), it.at.position, it.has_left)).collect();
    // Whether c was open before is not known. That b has left is nobody's business but ben's.
    assert_eq!(changes, [("a", 1, false), ("c", 3, true), ("a", 4, false)]);
    assert_eq!(page.through.position, 6);
    current.insert(id("c"), Some(row_of(3, 5, &json!({"holder": "ana"}))));
    let newer = journal.ask(&Place::START, &filter, &current);
    assert!(matches!(newer, Err(Failure::Faulted(fault)) if fault.retryable()));
}

// ── who is told ──

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn lease(session: &str) -> Lease {
    Lease { session: session.into(), holder: "owner:ana".into(), turn: 1, until: at(10) }
}

fn told(listeners: &mut Listeners, journal: &Journal) -> Vec<String> {
    let due = listeners.due(&journal.partition, &SHAPE).unwrap();
    let head = journal.head().position;
    let sessions: Vec<_> = due.into_iter().map(|tell| tell.session).collect();
    sessions.iter().for_each(|session| listeners.answered(session, Some(head)));
    sessions
}

#[test]
fn a_session_is_told_of_what_concerns_it_alone() {
    let (mut journal, mut listeners) = (Journal::new(), Listeners::default());
    journal.append("a", 1, &row("ana", "open", 1));
    let head = journal.head().position;
    for (name, filters) in [
        ("ana", vec![owned("ana", RowFilter::default())]),
        ("ben", vec![of("lost"), owned("ben", RowFilter::default())]),
        ("open", vec![of("open")]),
        ("all", vec![]),
    ] {
        listeners.join(lease(name), filters, head);
    }
    assert_eq!(told(&mut listeners, &journal), [""; 0]);
    journal.append("a", 1, &row("ana", "closed", 1));
    assert_eq!(told(&mut listeners, &journal), ["all", "ana", "open"], "it has left what is open");
    assert_eq!(listeners.told(), journal.head().position, "nobody else has to be told");
    journal.append("b", 1, &row("ben", "closed", 1));
    assert_eq!(told(&mut listeners, &journal), ["all", "ben"]);
    journal.append("c", 1, &row("cleo", "lost", 1));
    journal.append("c", 1, &row("cleo", "open", 1));
    assert_eq!(told(&mut listeners, &journal), ["all", "ben", "open"]);
    journal.append("d", 1, &Value::Null);
    assert_eq!(told(&mut listeners, &journal), ["all", "ana", "ben", "open"], "it cannot know");
}

#[test]
fn who_could_not_be_told_is_told_later_whatever_comes() {
    let (mut journal, mut listeners) = (Journal::new(), Listeners::default());
    listeners.join(lease("ana"), vec![owned("ana", RowFilter::default())], 0);
    journal.append("a", 1, &row("ana", "open", 1));
    assert_eq!(listeners.due(&journal.partition, &SHAPE).unwrap().len(), 1);
    journal.append("b", 1, &row("ben", "open", 1));
    assert!(listeners.due(&journal.partition, &SHAPE).unwrap().is_empty(), "it is being told");
    listeners.answered("ana", None);
    assert_eq!(listeners.told(), 0);
    journal.append("b", 1, &row("ben", "open", 2));
    assert_eq!(told(&mut listeners, &journal), ["ana"]);
    assert_eq!(listeners.told(), 3);
}

#[test]
fn who_sleeps_for_long_is_told_now_and_then_so_that_it_has_little_to_read() {
    let (mut journal, mut listeners) = (Journal::new(), Listeners::default());
    listeners.join(lease("ana"), vec![owned("ana", RowFilter::default())], 0);
    let mut calls = 0;
    for _ in 0..35 {
        journal.append("b", 100, &row("ben", "open", 1));
        calls += told(&mut listeners, &journal).len();
    }
    assert_eq!(calls as u64, 3_500 / limits::QUIET_EVENTS);
    // More at once than one look takes.
    for _ in 0..15 {
        journal.append("b", 100, &row("ben", "open", 1));
    }
    assert_eq!(told(&mut listeners, &journal), ["ana"]);
}

#[test]
fn after_the_journal_was_loaded_again_everybody_is_told() {
    let (mut journal, mut listeners) = (Journal::new(), Listeners::default());
    journal.append("a", 1, &row("ana", "open", 1));
    for name in ["ana", "ben"] {
        listeners.restore(lease(name), vec![owned(name, RowFilter::default())]);
    }
    assert_eq!(told(&mut listeners, &journal), ["ana", "ben"]);
    journal.append("a", 1, &row("ana", "open", 1));
    assert_eq!(told(&mut listeners, &journal), ["ana"]);
    assert_eq!(listeners.expire(at(10)), ["ana", "ben"]);
    assert!(listeners.is_empty());
}

#[test]
fn the_last_places_are_for_those_who_list_everything() {
    let mut listeners = Listeners::default();
    let has_room = |listeners: &Listeners, session: &str, lists_all| {
        listeners.admit(&lease(session), lists_all, limits::FOLLOWERS).is_ok()
    };
    let most = limits::FOLLOWERS - limits::FOLLOWERS_OF_ALL;
    for n in 0..most {
        assert!(has_room(&listeners, &format!("s-{n}"), false));
        listeners.join(lease(&format!("s-{n}")), vec![], 0);
    }
    assert!(!has_room(&listeners, "guest", false));
    assert!(has_room(&listeners, "s-0", false), "it is there already");
    for n in most..limits::FOLLOWERS {
        assert!(has_room(&listeners, &format!("s-{n}"), true));
        listeners.join(lease(&format!("s-{n}")), vec![], 0);
    }
    assert!(!has_room(&listeners, "staff", true));
}
