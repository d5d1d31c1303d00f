//! Journals, their runners, and what the rows should be.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use edgefold_flow::{
    Catalogue, Change, Participant,
    journal::{
        Append, Appended, Link, Partition, Partitions, Round, Row, Runner, order::Order,
        status::TrackStatus, work::Sources,
    },
    participant::{Filter, Listed, Projection, Table, list::Order as By},
    route::Entry,
};
use edgefold_kernel::{
    Aggregate, Decider, Decision, Described, Envelope, Failure, Fault, Id, Metadata, StreamId,
    Timestamp, Version, commands, events, state,
};
use edgefold_testing::MemoryJournal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use crate::sqlite::Sqlite;

/// Adds up.
pub(crate) struct Tally;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Added {
    pub(crate) by: i64,
}

edgefold_testing::plain!(Added);

events! {
    pub(crate) enum TallyEvent { "Added" v 1 => Added(Added) }
}

commands! {
    pub(crate) enum TallyCommand { "Add" [creates] => Add(Added) }
}

/// The sum of what was added.
#[state]
#[derive(Default)]
pub(crate) struct Total {
    /// The sum.
    pub(crate) total: i64,
}

impl Aggregate for Tally {
    const TYPE: &'static str = "tally";
    const STATE_VERSION: u32 = 1;
    type Command = TallyCommand;
    type Event = TallyEvent;
}

impl Decider for Tally {
    type State = Total;

    fn decide(
        _: &Total,
        _: &TallyCommand,
        _: &edgefold_kernel::Context<'_>,
    ) -> Decision<TallyEvent> {
        Ok(Vec::new())
    }

    fn evolve(state: &mut Total, event: &TallyEvent, _: Version) {
        let TallyEvent::Added(added) = event;
        state.total += added.by;
    }
}

impl Participant for Tally {
    const LISTED: Listed = Listed {
        filters: &[Filter::equal("total", "Those with this total.").indexed()],
        orders: &[
            By::newest("NEWEST", "The newest first."),
            By::ascending("SMALLEST", "total", "The smallest total first."),
        ],
        state: match Total::SHAPE.object() {
            Some(state) => state,
            None => panic!("a state is a struct"),
        },
        ..Listed::PLAIN
    };
}

/// An amount that the projection does not read, until it is repaired.
pub(crate) const UNREAD: i64 = 13;
/// An amount at which it panics, until it is repaired.
pub(crate) const PANICS: i64 = 14;
/// An amount that the database does not take, until it is repaired.
pub(crate) const REFUSED: i64 = 15;

thread_local! {
    static IS_REPAIRED: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn set_repaired(is_repaired: bool) {
    IS_REPAIRED.set(is_repaired);
}

/// A repeat of its changes does harm: that is what the tests look for.
fn add_up(event: &Envelope) -> Result<Vec<Change>, Fault> {
    let TallyEvent::Added(Added { by }) = event.read()?;
    let is_bad = !IS_REPAIRED.get();
    if by == UNREAD && is_bad {
        return Err(Fault::Unreadable("as asked".into()));
    }
    assert!(by != PANICS || !is_bad, "as asked");
    let StreamId { aggregate_type, aggregate_id } = &event.stream;
    let amount = if by == REFUSED && is_bad { "{".to_owned() } else { by.to_string() };
    let sql = "INSERT INTO {sums} (kind, id, total, events, last) VALUES (?1, ?2, json_extract(?3, '$'), 1, ?4)
               ON CONFLICT DO UPDATE SET total = total + excluded.total, events = events + 1, last = excluded.last";
    let params =
        vec![json!(aggregate_type), json!(aggregate_id), json!(amount), json!(event.version)];
    Ok(vec![Change::new(sql, params)])
}

const SUMS: Projection = Projection {
    name: "sums",
    version: 1,
    categories: &["tally", "other"],
    tables: &[Table {
        name: "sums",
        create: &[
            "CREATE TABLE {sums} (kind TEXT, id TEXT, total INTEGER NOT NULL, events INTEGER NOT NULL, last INTEGER NOT NULL, \
             PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID",
            "CREATE INDEX {sums}_total ON {sums} (total)",
        ],
    }],
    project: add_up,
    queries: &[],
};

const OTHER: Entry =
    Entry { aggregate_type: "other", binding: "OTHER", ..Entry::of::<Tally>("TALLY") };

/// The first release.
pub(crate) const FIRST: &Catalogue = &Catalogue {
    entries: &[Entry::of::<Tally>("TALLY"), OTHER],
    projections: &[SUMS],
    hooks: edgefold_flow::Hooks::NONE,
    roles: &[],
};

/// The next one: both kinds of rows are others.
pub(crate) const SECOND: &Catalogue = &Catalogue {
    entries: &[Entry { state_version: 2, ..Entry::of::<Tally>("TALLY") }, OTHER],
    projections: &[Projection { version: 2, ..SUMS }],
    hooks: edgefold_flow::Hooks::NONE,
    roles: &[],
};

/// The instances, and who was woken.
#[derive(Clone, Default)]
pub(crate) struct Objects {
    /// What each shows now.
    pub(crate) rows: Rc<RefCell<BTreeMap<StreamId, Row>>>,
    pub(crate) woken: Rc<RefCell<Vec<(String, u16)>>>,
    pub(crate) asked: Rc<Cell<usize>>,
    /// Those that were asked to send again what their journal lacks, and those whose journal has everything.
    pub(crate) resent: Rc<RefCell<(BTreeSet<StreamId>, BTreeSet<StreamId>)>>,
}

impl Sources for Objects {
    async fn row(&self, stream: &StreamId) -> Result<Row, Failure> {
        self.asked.set(self.asked.get() + 1);
        let found = self.rows.borrow().get(stream).cloned();
        Ok(found.ok_or_else(|| Fault::Defect(format!("no {stream:?}")))?)
    }

    async fn resend(&self, stream: &StreamId) -> Result<(), Failure> {
        let (asked, done) = &mut *self.resent.borrow_mut();
        if done.contains(stream) {
            return Ok(());
        }
        asked.insert(stream.clone());
        Err(Fault::Unavailable("the journal".into(), "it was not told yet".into()).into())
    }

    async fn wake(&self, category: &str, partition: u16) {
        self.woken.borrow_mut().push((category.to_owned(), partition));
    }
}

/// One partition, and its runner while it is awake.
pub(crate) struct Shard {
    pub(crate) category: &'static str,
    pub(crate) number: u16,
    pub(crate) kept: MemoryJournal,
    pub(crate) journal: Partition<MemoryJournal>,
    pub(crate) runner: Option<Runner<Sqlite, Objects>>,
}

/// Everything.
pub(crate) struct World {
    pub(crate) db: Sqlite,
    pub(crate) objects: Objects,
    pub(crate) catalogue: &'static Catalogue,
    pub(crate) partitions: Partitions,
    pub(crate) shards: Vec<Shard>,
    pub(crate) now: i64,
    /// The amounts of each stream.
    pub(crate) streams: BTreeMap<(&'static str, String), Vec<i64>>,
}

const CATEGORIES: [&str; 2] = ["tally", "other"];

/// Runs to the end what never waits for anything from outside.
pub(crate) fn block<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return done;
        }
    }
}

impl World {
    /// So many partitions for each category.
    pub(crate) fn new(partitions: u16) -> Self {
        set_repaired(false);
        let (layout, _) = Partitions::parse(&format!("tally={partitions},other={partitions}"));
        let mut world = Self {
            db: Sqlite::new(),
            objects: Objects::default(),
            catalogue: FIRST,
            partitions: layout,
            shards: Vec::new(),
            now: 1_767_225_600_000,
            streams: BTreeMap::new(),
        };
        for category in CATEGORIES {
            for number in 0..partitions {
                let kept = MemoryJournal::default();
                let journal = Partition::new(kept.clone());
                world.shards.push(Shard { category, number, kept, journal, runner: None });
            }
        }
        world
    }

    pub(crate) fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    pub(crate) fn new_runner(&self, shard: usize) -> Runner<Sqlite, Objects> {
        let Shard { category, number, .. } = &self.shards[shard];
        let place = (*category, *number);
        Runner::new(
            place,
            self.catalogue,
            self.partitions.clone(),
            self.db.clone(),
            self.objects.clone(),
        )
    }

    /// The object of a partition is loaded anew.
    pub(crate) fn restart(&mut self, shard: usize) {
        let shard = &mut self.shards[shard];
        shard.journal = Partition::new(shard.kept.clone());
        shard.runner = None;
    }

    pub(crate) fn restart_all(&mut self) {
        (0..self.shards.len()).for_each(|shard| self.restart(shard));
    }

    /// The partition of a stream.
    pub(crate) fn shard_of(&self, category: &str, id: &str) -> usize {
        let number = self.partitions.begins(category, &Id::parse(id).unwrap());
        let is_it = |shard: &Shard| shard.category == category && shard.number == number;
        self.shards.iter().position(is_it).unwrap()
    }

    /// A stream appends, and its journal takes it.
    pub(crate) fn append(&mut self, category: &'static str, id: &str, amounts: &[i64]) {
        let text = self.event(category, id, amounts, 1);
        let shard = &self.shards[self.shard_of(category, id)];
        let taken = shard.journal.append_all(&[text]);
        assert!(matches!(taken.as_slice(), [Ok(Appended::Taken { .. })]), "{taken:?}");
    }

    /// Those that were asked to send everything again do so.
    fn resend(&mut self) {
        let asked = std::mem::take(&mut self.objects.resent.borrow_mut().0);
        for stream in asked {
            let id = stream.aggregate_id.to_string();
            let category = CATEGORIES.into_iter().find(|it| *it == stream.aggregate_type).unwrap();
            // What the test lets a source forget is not sent.
            if let Some(all) = self.streams.remove(&(category, id.clone())) {
                let text = self.event(category, &id, &all, 1);
                let taken = self.shards[self.shard_of(category, &id)].journal.append_all(&[text]);
                assert!(matches!(taken.as_slice(), [Ok(Appended::Taken { .. })]), "{taken:?}");
            }
            self.objects.resent.borrow_mut().1.insert(stream);
        }
    }

    /// A stream appends, and its object has this schema version of the state. Gives what it sends.
    pub(crate) fn event(
        &mut self,
        category: &'static str,
        id: &str,
        amounts: &[i64],
        state_version: u32,
    ) -> String {
        self.now += 10;
        let stream = StreamId::new(category, Id::parse(id).unwrap());
        let all = self.streams.entry((category, id.to_owned())).or_default();
        let after = all.len();
        all.extend(amounts);
        let envelope = |index: usize, by: i64| Envelope {
            id: format!("{category}-{id}-{}", index + 1),
            stream: stream.clone(),
            version: index as Version + 1,
            event_type: "Added".into(),
            schema_version: 1,
            time: Timestamp::from_millis(self.now),
            command_id: Id::parse(format!("{id}-{index}")).unwrap(),
            metadata: Metadata::default(),
            data: RawValue::from_string(json!({"by": by}).to_string()).unwrap(),
        };
        let before = after.checked_sub(1).map(|index| Link::of(&envelope(index, all[index])));
        let events = all.iter().enumerate().skip(after).map(|(index, by)| {
            RawValue::from_string(serde_json::to_string(&envelope(index, *by)).unwrap()).unwrap()
        });
        let events: Vec<_> = events.collect();
        let row = self.row(category, id, state_version);
        self.objects.rows.borrow_mut().insert(stream.clone(), row.clone());
        let append = Append { id: stream.aggregate_id.clone(), before, events, row };
        serde_json::to_string(&append).unwrap()
    }

    fn row(&self, category: &'static str, id: &str, state_version: u32) -> Row {
        let all = &self.streams[&(category, id.to_owned())];
        let state = json!({"total": all.iter().sum::<i64>()});
        Row {
            version: all.len() as Version,
            began: Timestamp::from_millis(1_767_225_600_000),
            state_version,
            state: RawValue::from_string(state.to_string()).unwrap(),
        }
    }

    /// One round of a partition.
    pub(crate) fn round(&mut self, shard: usize) -> Round {
        let mut runner = self.shards[shard].runner.take().unwrap_or_else(|| self.new_runner(shard));
        let round = block(runner.round(&self.shards[shard].journal, self.at()));
        self.shards[shard].runner = Some(runner);
        round
    }

    /// Everybody works until there is nothing left to do at once, or soon.
    pub(crate) fn settle(&mut self) {
        for _ in 0..500 {
            let mut soonest = None;
            let mut is_done = true;
            for shard in 0..self.shards.len() {
                match self.round(shard) {
                    Round::Idle => {}
                    Round::More => is_done = false,
                    Round::Later(at) => soonest = soonest.into_iter().chain([at.millis()]).min(),
                }
            }
            for (category, number) in self.objects.woken.take() {
                let is_it = |it: &Shard| it.category == category && it.number == number;
                let runner =
                    self.shards.iter_mut().find(|it| is_it(it)).and_then(|it| it.runner.as_mut());
                runner.into_iter().for_each(Runner::wake);
                is_done = false;
            }
            self.resend();
            match (is_done, soonest) {
                (true, None) => return,
                (true, Some(at)) => self.now = self.now.max(at),
                _ => {}
            }
        }
        panic!("nobody comes to an end: {:#?}", self.status());
    }

    pub(crate) fn order(&mut self, name: &str, order: Order) -> Result<(), Failure> {
        self.order_at(0, name, order)
    }

    pub(crate) fn order_at(
        &mut self,
        shard: usize,
        name: &str,
        order: Order,
    ) -> Result<(), Failure> {
        let mut runner = self.shards[shard].runner.take().unwrap_or_else(|| self.new_runner(shard));
        let done = block(runner.order(&self.shards[shard].journal, name, order, self.at()));
        self.shards[shard].runner = Some(runner);
        done
    }

    pub(crate) fn status(&self) -> Vec<TrackStatus> {
        let of = |shard: &Shard| {
            let status = shard.runner.as_ref().map(|it| it.status(&shard.journal, self.at()));
            status.transpose().unwrap().unwrap_or_default()
        };
        self.shards.iter().flat_map(of).collect()
    }

    /// The rows are what the streams say.
    pub(crate) fn check(&self) {
        self.check_without(&[]);
    }

    /// The same, but for the sums of some streams.
    pub(crate) fn check_without(&self, parked: &[&str]) {
        for category in CATEGORIES {
            let of = self.streams.iter().filter(|((of, _), _)| *of == category);
            let expected: Vec<Value> = of
                .map(|((_, id), all)| {
                    let total = all.iter().sum::<i64>();
                    json!([id, all.len(), json!({"total": total}).to_string(), total])
                })
                .collect();
            let sql = format!("SELECT id, version, state, total FROM \"{category}\" ORDER BY id");
            assert_eq!(self.db.rows(&sql), expected, "{category}");
        }
        let of = self.streams.iter().filter(|((_, id), _)| !parked.contains(&id.as_str()));
        let mut expected: Vec<Value> = of
            .map(|((kind, id), all)| {
                json!([kind, id, all.iter().sum::<i64>(), all.len(), all.len()])
            })
            .collect();
        expected.sort_by_key(ToString::to_string);
        let names = parked.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
        let sql =
            format!("SELECT kind, id, total, events, last FROM sums WHERE id NOT IN ({names})");
        let mut found = self.db.rows(&sql);
        found.sort_by_key(ToString::to_string);
        assert_eq!(found, expected, "sums");
        let tables =
            "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name GLOB '*_g[0-9]*'";
        let living = "SELECT COUNT(*) FROM processor WHERE status IN ('BUILDING', 'ACTIVE')";
        assert_eq!(self.db.one(tables), self.db.one(living), "no table is left over");
    }

    /// The generations of a processor have these standings.
    pub(crate) fn check_generations(&self, name: &str, expected: &[(u64, &str)]) {
        let sql =
            format!("SELECT generation, status FROM processor WHERE name = '{name}' ORDER BY 1");
        let expected: Vec<Value> = expected.iter().map(|it| json!([it.0, it.1])).collect();
        assert_eq!(self.db.rows(&sql), expected);
    }
}
