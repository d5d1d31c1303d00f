//! The generations of a processor: a new or changed one begins beside the old one, which goes on answering; when it has caught
//! up in every partition, readers are switched to it and the old one ends. Decisions, and the statements that they lead to.

use edgefold_kernel::{Fault, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    database::Found,
    rows::{StateRows, quoted},
};
use crate::{
    Catalogue, Change,
    door::json,
    participant::{Projection, projection::physical},
    route::Entry,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../schema/sql/d1/query/", $name, ".sql"))
    };
}

/// Milliseconds for which code stands still that finds a version of the rows which is newer than its own (10 min): a deploy is
/// over by then. Afterwards it is taken to be there to stay, because somebody rolled back.
pub const OLDER_STANDS_MS: i64 = 10 * 60 * 1000;

/// Generations that ended and are remembered, at least: by them code learns that it is the older one.
const REMEMBERED: u64 = 20;

/// A processor, as this code knows it.
#[derive(Clone, Copy, Debug)]
pub enum Processor {
    /// The state rows of an aggregate type.
    Rows(&'static Entry),
    /// A projection that is written by hand.
    Projection(&'static Projection),
}

impl Processor {
    /// Those that the events of a category concern.
    pub fn of_category(catalogue: &'static Catalogue, category: &str) -> Vec<Self> {
        let of = |processor: &Self| processor.categories().contains(&category);
        Self::all(catalogue).filter(of).collect()
    }

    /// Every one.
    pub fn all(catalogue: &'static Catalogue) -> impl Iterator<Item = Self> {
        let rows = catalogue.entries.iter().map(Self::Rows);
        rows.chain(catalogue.projections.iter().map(Self::Projection))
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rows(entry) => entry.aggregate_type,
            Self::Projection(projection) => projection.name,
        }
    }

    /// Version of its rows.
    pub fn version(&self) -> String {
        match self {
            Self::Rows(entry) => StateRows::of(entry).version(),
            Self::Projection(projection) => projection.version.to_string(),
        }
    }

    /// The aggregate types whose events it gets.
    pub fn categories(&self) -> Vec<&'static str> {
        match self {
            Self::Rows(entry) => vec![entry.aggregate_type],
            Self::Projection(projection) => projection.categories.to_vec(),
        }
    }

    /// Names of its views.
    fn tables(&self) -> Vec<&'static str> {
        match self {
            Self::Rows(entry) => vec![entry.aggregate_type],
            Self::Projection(projection) => {
                projection.tables.iter().map(|table| table.name).collect()
            }
        }
    }

    fn create(&self, generation: u64) -> Vec<String> {
        match self {
            Self::Rows(entry) => {
                StateRows::of(entry).create(&physical(entry.aggregate_type, generation))
            }
            Self::Projection(projection) => projection.create(generation),
        }
    }
}

/// Standing of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// It reads the past; readers do not see it.
    Building,
    /// Readers see it.
    Active,
    /// A later one took its place.
    Replaced,
    /// An administrator ended it before it was active.
    Cancelled,
}

impl Status {
    /// True if it has rows.
    pub fn lives(self) -> bool {
        matches!(self, Self::Building | Self::Active)
    }
}

/// How far a generation has come in one partition, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// Number of its changes.
    pub turn: u64,
    /// Events up to here are in its rows.
    pub position: u64,
    /// Of the event there.
    pub check: String,
    /// True once it has reached the head.
    pub is_caught_up: bool,
}

/// A generation, as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Name of its processor.
    pub name: String,
    /// Its number.
    pub generation: u64,
    /// Version of its rows.
    pub version: String,
    /// Its standing.
    pub status: Status,
    /// True if an administrator has stopped it for a while.
    pub is_paused: bool,
    /// Names of its views.
    pub tables: Vec<String>,
    /// Instant at which it began.
    pub began_at: Timestamp,
    /// Instant at which readers were switched to it.
    pub active_at: Option<Timestamp>,
    /// Its place in the partition that asks; none where the partition has not joined yet.
    pub place: Option<Place>,
    /// Partitions that have not caught up.
    pub behind: u64,
}

#[derive(Deserialize)]
struct KnownRow {
    name: String,
    generation: u64,
    version: String,
    status: Status,
    is_paused: u8,
    tables: String,
    began_at: i64,
    active_at: Option<i64>,
    turn: Option<u64>,
    position: Option<u64>,
    check: Option<String>,
    is_caught_up: Option<u8>,
    behind: u64,
}

/// The statement that reads the generations of processors, each with its place in one partition.
pub fn known(processors: &[Processor], category: &str, partition: u16) -> Change {
    let names: Vec<_> = processors.iter().map(Processor::name).collect();
    let names = Value::from(json!(names).to_string());
    Change::new(sql!("processor_known"), vec![names, category.into(), partition.into()])
}

/// Reads what [`known`] has found, in the order of their numbers.
///
/// # Errors
/// Fails if a row has another form.
pub fn read_known(rows: Vec<Found>) -> Result<Vec<Known>, Fault> {
    let unreadable = |error: serde_json::Error| Fault::Unreadable(error.to_string());
    let read = |row: Found| -> Result<Known, Fault> {
        let row: KnownRow = json::of(&row.into()).map_err(Fault::Unreadable)?;
        let place = row.turn.map(|turn| Place {
            turn,
            position: row.position.unwrap_or_default(),
            check: row.check.unwrap_or_default(),
            is_caught_up: row.is_caught_up == Some(1),
        });
        Ok(Known {
            name: row.name,
            generation: row.generation,
            version: row.version,
            status: row.status,
            is_paused: row.is_paused == 1,
            tables: serde_json::from_str(&row.tables).map_err(unreadable)?,
            began_at: Timestamp::from_millis(row.began_at),
            active_at: row.active_at.map(Timestamp::from_millis),
            place,
            behind: row.behind,
        })
    };
    let mut all = rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    all.sort_by_key(|known| known.generation);
    Ok(all)
}

/// What this code does about a processor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The generations that it feeds.
    pub feeds: Vec<u64>,
    /// True if it begins another one.
    pub begins: bool,
    /// Until then it stands still, since newer code has made the rows.
    pub stands_until: Option<Timestamp>,
}

/// What this code does about a processor of which these generations are known.
///
/// Its own versions are fed; what readers see of another version stands until its own is there. Code whose version nobody has
/// heard of is the newer one, and begins.
pub fn plan(processor: &Processor, known: &[Known], now: Timestamp) -> Plan {
    let version = processor.version();
    let of_it = || known.iter().filter(|one| one.name == processor.name());
    let own = |one: &&Known| one.version == version;
    let living = || of_it().filter(|one| one.status.lives());
    let last_own = of_it().filter(own).map(|one| one.generation).max();
    let active = living().find(|one| one.status == Status::Active);
    // A newer version was switched to after the last rows of this one.
    let newer =
        active.filter(|one| !own(one) && last_own.is_some_and(|last| last < one.generation));
    if let Some(newer) = newer {
        let until = newer.active_at.unwrap_or(newer.began_at).plus_millis(OLDER_STANDS_MS);
        if until > now {
            return Plan { stands_until: Some(until), ..Plan::default() };
        }
    }
    // Rows of the same schema of the state go on in a table of another description, too.
    let is_alike = |one: &&Known| match processor {
        Processor::Rows(entry) => one.version.starts_with(&format!("{}-", entry.state_version)),
        Processor::Projection(_) => false,
    };
    let is_fed = |one: &&Known| own(one) || (is_alike(one) && one.status == Status::Active);
    let was_cancelled = of_it()
        .filter(|one| own(one) && newer.is_none_or(|newer| one.generation > newer.generation))
        .any(|one| one.status == Status::Cancelled);
    Plan {
        feeds: living().filter(is_fed).map(|one| one.generation).collect(),
        begins: !living().any(|one| own(&one)) && !was_cancelled,
        stands_until: None,
    }
}

/// Begins a generation. One that builds is cancelled for it. The batch fails when another runner has begun one meanwhile.
/// `places` are the partitions of its categories.
pub fn begin(
    processor: &Processor,
    known: &[Known],
    places: &[(String, u16)],
    now: Timestamp,
) -> Vec<Change> {
    let name = processor.name();
    let of_it = || known.iter().filter(|one| one.name == name);
    let generation = of_it().map(|one| one.generation).max().unwrap_or_default() + 1;
    let mut all = Vec::new();
    for one in of_it().filter(|one| one.status == Status::Building) {
        all.extend(end(one, Status::Cancelled));
    }
    let kept = generation.saturating_sub(REMEMBERED);
    all.push(Change::new(sql!("processor_forget"), vec![name.into(), kept.into()]));
    let tables = json!(processor.tables()).to_string();
    let row = [name.into(), generation.into(), processor.version().into(), tables.into()];
    let row = row.into_iter().chain([now.millis().into()]).collect();
    all.push(Change::new(sql!("processor_begin"), row));
    let places = json!(places).to_string();
    let row = vec![name.into(), generation.into(), places.into()];
    all.push(Change::new(sql!("checkpoint_begin"), row));
    all.extend(processor.create(generation).into_iter().map(|sql| Change::new(sql, vec![])));
    all
}

/// Switches readers to a generation that has caught up everywhere. The batch fails when it has not, or has ended.
pub fn switch(to: &Known, known: &[Known], now: Timestamp) -> Vec<Change> {
    let key = || vec![Value::from(to.name.as_str()), to.generation.into()];
    let mut all = vec![Change::new(sql!("processor_stands"), key())];
    let mut gone = Vec::new();
    for one in known.iter().filter(|one| one.name == to.name && one.status == Status::Active) {
        all.extend(end_of(one, Status::Replaced));
        gone.extend(one.tables.iter().map(|table| (table, one.generation)));
    }
    for (table, _) in &gone {
        all.push(Change::new(format!("DROP VIEW IF EXISTS {}", quoted(table)), vec![]));
    }
    for table in &to.tables {
        let (view, rows) = (quoted(table), quoted(&physical(table, to.generation)));
        all.push(Change::new(format!("DROP VIEW IF EXISTS {view}"), vec![]));
        all.push(Change::new(format!("CREATE VIEW {view} AS SELECT * FROM {rows}"), vec![]));
    }
    all.extend(gone.into_iter().map(|(table, generation)| drop_table(table, generation)));
    let activate = key().into_iter().chain([now.millis().into()]).collect();
    all.push(Change::new(sql!("processor_activate"), activate));
    all
}

/// Ends a generation that builds. The batch fails when it does not any more.
pub fn cancel(one: &Known) -> Vec<Change> {
    std::iter::once(lives(one)).chain(end(one, Status::Cancelled)).collect()
}

/// Stops a generation, or lets it go on. The batch fails when it has another standing by now.
pub fn pause(one: &Known, is_paused: bool) -> Vec<Change> {
    let key = vec![one.name.as_str().into(), one.generation.into(), u8::from(is_paused).into()];
    vec![lives(one), Change::new(sql!("processor_pause"), key)]
}

/// A partition joins a generation.
pub fn join(one: &Known, category: &str, partition: u16) -> Change {
    let key =
        vec![one.name.as_str().into(), one.generation.into(), category.into(), partition.into()];
    Change::new(sql!("checkpoint_join"), key)
}

/// Fails when a generation has another standing by now.
fn lives(one: &Known) -> Change {
    let key = vec![one.name.as_str().into(), one.generation.into(), json!(one.status)];
    Change::new(sql!("processor_lives"), key)
}

fn end(one: &Known, status: Status) -> Vec<Change> {
    let tables = one.tables.iter().map(|table| drop_table(table, one.generation));
    end_of(one, status).into_iter().chain(tables).collect()
}

fn end_of(one: &Known, status: Status) -> [Change; 3] {
    let key = || vec![Value::from(one.name.as_str()), one.generation.into()];
    let ended = key().into_iter().chain([json!(status)]).collect();
    [
        Change::new(sql!("processor_end"), ended),
        Change::new(sql!("checkpoint_drop"), key()),
        Change::new(sql!("parked_drop"), key()),
    ]
}

fn drop_table(table: &str, generation: u64) -> Change {
    Change::new(format!("DROP TABLE IF EXISTS {}", quoted(&physical(table, generation))), vec![])
}
