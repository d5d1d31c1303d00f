//! The storage port over the object's SQLite. Every statement lies in `schema/sql/object/`.

use std::{
    cell::{Cell, RefCell},
    panic::AssertUnwindSafe,
};

use edgefold_flow::{
    decide::Outcome,
    storage::{Head, Slice, Snapshot, Storage, Write},
};
use edgefold_kernel::{Envelope, Fault, Id, Metadata, StreamId, Timestamp, Version, limits};
use serde::Serialize;
use serde_json::value::RawValue;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::{SqlCursor, SqlStorage, SqlStorageValue as Sql};

#[wasm_bindgen]
extern "C" {
    /// `worker` does not bind the one call that makes several statements atomic.
    type SyncStorage;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &SyncStorage,
        body: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;
}

/// The SQLite database of one object. Its tables are created by the first commit: looking at an instance that does not
/// exist writes nothing.
pub struct SqliteStorage {
    stream: StreamId,
    storage: worker::Storage,
    sql: SqlStorage,
    has_tables: Cell<bool>,
    has_followers: Cell<bool>,
    /// Rows read and written since the object was loaded, as the platform counts them.
    rows: Cell<Rows>,
}

/// Rows as the platform counts and bills them.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Rows {
    /// Rows read.
    pub read: usize,
    /// Rows written, indexes included.
    pub written: usize,
}

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../schema/sql/object/", $name, ".sql"))
    };
}

impl SqliteStorage {
    /// The database behind an object's storage, for the stream of this instance.
    pub fn new(stream: StreamId, storage: worker::Storage) -> Self {
        let sql = storage.sql();
        let (has_tables, has_followers, rows) = Default::default();
        let this = Self { stream, storage, sql, has_tables, has_followers, rows };
        let found = this.run(sql!("has_tables"), vec![]).unwrap_or_default();
        let has = |name: &str| found.iter().any(|row| row.first() == Some(&text(name)));
        this.has_tables.set(has("snapshots"));
        this.has_followers.set(has("followers"));
        this
    }

    fn run(&self, statement: &str, params: Vec<Sql>) -> Result<Vec<Vec<Sql>>, Fault> {
        let cursor = self.sql.exec(statement, params).map_err(|error| failed(&error))?;
        let found = cursor.raw().map(|row| row.map_err(|error| failed(&error))).collect();
        self.count(&cursor);
        found
    }

    fn count(&self, cursor: &SqlCursor) {
        let Rows { read, written } = self.rows.get();
        let (read, written) = (read + cursor.rows_read(), written + cursor.rows_written());
        self.rows.set(Rows { read, written });
    }

    /// Rows read and written since the object was loaded.
    pub fn rows(&self) -> Rows {
        self.rows.get()
    }

    /// Size of the database, in bytes.
    pub fn bytes(&self) -> usize {
        self.sql.database_size()
    }

    /// The sessions that follow: identifier, turn, and until when.
    pub(crate) fn followers(&self) -> Result<Vec<(String, u64, Timestamp)>, Fault> {
        if !self.has_followers.get() {
            return Ok(Vec::new());
        }
        let read = |row: Vec<Sql>| {
            let mut cells = row.into_iter();
            let mut cell = || cells.next().unwrap_or(Sql::Null);
            let session = string(cell())?;
            Ok((session, version(&cell())?, Timestamp::from_millis(integer(&cell())?)))
        };
        self.run(sql!("followers"), vec![])?.into_iter().map(read).collect()
    }

    /// Remembers a session that follows.
    pub(crate) fn set_follower(
        &self,
        session: &str,
        turn: u64,
        until: Timestamp,
    ) -> Result<(), Fault> {
        if !self.has_followers.replace(true) {
            self.run(sql!("followers_table"), vec![])?;
        }
        let params = vec![text(session), number(turn), Sql::Integer(until.millis())];
        self.run(sql!("follower_set"), params).map(drop)
    }

    /// Forgets one.
    pub(crate) fn drop_follower(&self, session: &str) -> Result<(), Fault> {
        self.run(sql!("follower_drop"), vec![text(session)]).map(drop)
    }

    fn query(&self, statement: &str, params: Vec<Sql>) -> Result<Vec<Vec<Sql>>, Fault> {
        if self.has_tables.get() { self.run(statement, params) } else { Ok(Vec::new()) }
    }

    /// Inserts rows, as many at once as the platform's 100 parameters allow. `statement` inserts one, and ends with its
    /// `VALUES (?, …)`.
    fn insert(&self, statement: &str, rows: Vec<Vec<Sql>>) -> Result<(), Fault> {
        let Some((_, values)) = statement.split_once("VALUES") else {
            return Err(Fault::Defect(format!("no VALUES in {statement}")));
        };
        let columns = rows.first().map_or(1, Vec::len);
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<_> = rows.by_ref().take(limits::SQL_PARAMETERS / columns).collect();
            let more = format!(",{values}").repeat(chunk.len() - 1);
            self.run(&format!("{statement}{more}"), chunk.into_iter().flatten().collect())?;
        }
        Ok(())
    }

    fn write(&self, write: &Write) -> Result<(), Fault> {
        if !self.has_tables.get() {
            self.run(sql!("tables"), vec![])?;
        }
        let metadata = |event: &Envelope| {
            serde_json::to_string(&event.metadata).map_err(|error| Fault::Defect(error.to_string()))
        };
        let events = write.events.iter().map(|event| {
            Ok(vec![
                number(event.version),
                text(&event.id),
                text(&event.event_type),
                number(u64::from(event.schema_version)),
                Sql::Integer(event.time.millis()),
                text(event.command_id.as_str()),
                text(&metadata(event)?),
                text(event.data.get()),
            ])
        });
        self.insert(sql!("event_append"), events.collect::<Result<_, Fault>>()?)?;
        let outcomes = write.outcomes.iter().map(|outcome| {
            vec![
                text(outcome.command_id.as_str()),
                text(&outcome.fingerprint),
                number(outcome.after),
                number(outcome.through),
                Sql::Integer(outcome.expires_at.millis()),
            ]
        });
        self.insert(sql!("outcome_store"), outcomes.collect())?;
        for (stream, mark) in &write.marks {
            let StreamId { aggregate_type, aggregate_id } = stream;
            let params = vec![text(aggregate_type), text(aggregate_id.as_str()), number(*mark)];
            self.run(sql!("mark_set"), params)?;
        }
        for StreamId { aggregate_type, aggregate_id } in &write.forget {
            let params = vec![text(aggregate_type), text(aggregate_id.as_str())];
            self.run(sql!("foreign_forget"), params)?;
        }
        for event in &write.remember {
            let StreamId { aggregate_type, aggregate_id } = &event.stream;
            let wire =
                serde_json::to_string(event).map_err(|error| Fault::Defect(error.to_string()))?;
            let params = vec![
                text(aggregate_type),
                text(aggregate_id.as_str()),
                number(event.version),
                text(&wire),
            ];
            self.run(sql!("foreign_store"), params)?;
        }
        Ok(())
    }

    fn event(&self, row: Vec<Sql>) -> Result<Envelope, Fault> {
        let mut cells = row.into_iter();
        let mut cell = || cells.next().unwrap_or(Sql::Null);
        Ok(Envelope {
            stream: self.stream.clone(),
            version: version(&cell())?,
            id: string(cell())?,
            event_type: string(cell())?,
            schema_version: u32::try_from(version(&cell())?).map_err(unreadable)?,
            time: Timestamp::from_millis(integer(&cell())?),
            command_id: Id::parse(string(cell())?).map_err(unreadable)?,
            metadata: serde_json::from_str::<Metadata>(&string(cell())?).map_err(unreadable)?,
            data: RawValue::from_string(string(cell())?).map_err(unreadable)?,
        })
    }
}

impl Storage for SqliteStorage {
    fn head(&self) -> Result<Head, Fault> {
        let rows = self.query(sql!("head"), vec![])?;
        match rows.first().map(Vec::as_slice) {
            Some([head, confirmed]) => {
                Ok(Head { version: version(head)?, confirmed: version(confirmed)? })
            }
            _ => Ok(Head::default()),
        }
    }

    fn events(&self, slice: &Slice<'_>) -> Result<Vec<Envelope>, Fault> {
        if !self.has_tables.get() {
            return Ok(Vec::new());
        }
        let limit = slice.limit.min(limits::PAGE_EVENTS) as u64;
        let through = slice.through.min((1 << 53) - 1);
        let types =
            serde_json::to_string(slice.types).map_err(|error| Fault::Defect(error.to_string()))?;
        let params = vec![number(slice.after), number(through), number(limit), text(&types)];
        let statement =
            if slice.types.is_empty() { sql!("events") } else { sql!("events_of_types") };
        let params =
            if slice.types.is_empty() { params.into_iter().take(3).collect() } else { params };
        let cursor = self.sql.exec(statement, Some(params)).map_err(|error| failed(&error))?;
        let (mut events, mut bytes) = (Vec::new(), 0);
        for row in cursor.raw() {
            let event = self.event(row.map_err(|error| failed(&error))?)?;
            bytes += event.data.get().len();
            events.push(event);
            if bytes >= slice.bytes.min(limits::PAGE_BYTES) {
                break;
            }
        }
        self.count(&cursor);
        Ok(events)
    }

    fn outcome(&self, command_id: &Id) -> Result<Option<Outcome>, Fault> {
        Ok(self.outcomes(&[command_id])?.pop())
    }

    fn outcomes(&self, command_ids: &[&Id]) -> Result<Vec<Outcome>, Fault> {
        let rows = match command_ids {
            [one] => self.query(sql!("outcome"), vec![text(one.as_str())])?,
            many => {
                let ids = serde_json::to_string(many)
                    .map_err(|error| Fault::Defect(error.to_string()))?;
                self.query(sql!("outcomes"), vec![text(&ids)])?
            }
        };
        let read = |row: Vec<Sql>| {
            let mut cells = row.into_iter();
            let mut cell = || cells.next().unwrap_or(Sql::Null);
            Ok(Outcome {
                command_id: Id::parse(string(cell())?).map_err(unreadable)?,
                fingerprint: string(cell())?,
                after: version(&cell())?,
                through: version(&cell())?,
                expires_at: Timestamp::from_millis(integer(&cell())?),
            })
        };
        rows.into_iter().map(read).collect()
    }

    fn mark(&self, stream: &StreamId) -> Result<Version, Fault> {
        let params = vec![text(&stream.aggregate_type), text(stream.aggregate_id.as_str())];
        let rows = self.query(sql!("mark"), params)?;
        rows.first().and_then(|row| row.first()).map_or(Ok(0), version)
    }

    fn sources(&self) -> Result<Vec<StreamId>, Fault> {
        let stream = |row: Vec<Sql>| {
            let mut cells = row.into_iter();
            let mut cell = || string(cells.next().unwrap_or(Sql::Null));
            Ok(StreamId::new(cell()?, Id::parse(cell()?).map_err(unreadable)?))
        };
        self.query(sql!("sources"), vec![])?.into_iter().map(stream).collect()
    }

    fn remembered(&self, stream: &StreamId) -> Result<Vec<Envelope>, Fault> {
        let params = vec![text(&stream.aggregate_type), text(stream.aggregate_id.as_str())];
        let rows = self.query(sql!("foreign"), params)?;
        let wire = |row: Vec<Sql>| string(row.into_iter().next().unwrap_or(Sql::Null));
        rows.into_iter().map(|row| serde_json::from_str(&wire(row)?).map_err(unreadable)).collect()
    }

    fn commit(&self, write: &Write) -> Result<(), Fault> {
        let raw = self.storage.as_raw();
        // A panic rolls the transaction back like any other exception; nothing behind these is left half done by it.
        let (this, result) = (AssertUnwindSafe(self), AssertUnwindSafe(RefCell::new(Ok(()))));
        let done = raw.unchecked_ref::<SyncStorage>().transaction_sync(&mut || {
            let written = this.write(write);
            let failed = written.is_err();
            drop(result.replace(written));
            if failed { Err(JsValue::from_str("rolled back")) } else { Ok(JsValue::UNDEFINED) }
        });
        result.0.into_inner()?;
        done.map_err(|error| Fault::Unavailable("storage", format!("{error:?}")))?;
        self.has_tables.set(true);
        Ok(())
    }

    fn set_confirmed(&self, through: Version) -> Result<(), Fault> {
        self.run(sql!("confirmed_set"), vec![number(through)]).map(drop)
    }

    fn version_at(&self, at: Timestamp) -> Result<Version, Fault> {
        let rows = self.query(sql!("version_at"), vec![Sql::Integer(at.millis())])?;
        rows.first().and_then(|row| row.first()).map_or(Ok(0), version)
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, Fault> {
        let Some(row) = self.query(sql!("snapshot"), vec![])?.into_iter().next() else {
            return Ok(None);
        };
        let mut cells = row.into_iter();
        let mut cell = || cells.next().unwrap_or(Sql::Null);
        Ok(Some(Snapshot {
            version: version(&cell())?,
            state_version: u32::try_from(version(&cell())?).map_err(unreadable)?,
            state: string(cell())?,
        }))
    }

    fn set_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        // A value holds 2 MB: a larger state goes without a snapshot, and is folded from the beginning.
        if snapshot.state.len() > limits::SNAPSHOT_BYTES {
            return Ok(());
        }
        let Snapshot { version, state_version, state } = snapshot;
        let params = vec![number(*version), number(u64::from(*state_version)), text(state)];
        self.run(sql!("snapshot_set"), params).map(drop)
    }

    fn prune(&self, now: Timestamp, keep: usize) -> Result<Option<Timestamp>, Fault> {
        self.query(sql!("outcomes_expire"), vec![Sql::Integer(now.millis())])?;
        self.query(sql!("outcomes_cap"), vec![number(keep as u64)])?;
        let rows = self.query(sql!("outcomes_next"), vec![])?;
        match rows.first().and_then(|row| row.first()) {
            None | Some(Sql::Null) => Ok(None),
            Some(cell) => integer(cell).map(|millis| Some(Timestamp::from_millis(millis))),
        }
    }
}

pub(crate) fn text(text: &str) -> Sql {
    Sql::String(text.to_owned())
}

/// Versions stay below 2^53, see [`Version`]: they are exact as the double that crosses into JavaScript.
pub(crate) fn number(number: u64) -> Sql {
    Sql::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(crate) fn integer(cell: &Sql) -> Result<i64, Fault> {
    match cell {
        Sql::Integer(number) => Ok(*number),
        Sql::Null => Ok(0),
        other => Err(Fault::Unreadable(format!("expected a number, found {other:?}"))),
    }
}

pub(crate) fn version(cell: &Sql) -> Result<Version, Fault> {
    Version::try_from(integer(cell)?).map_err(unreadable)
}

pub(crate) fn string(cell: Sql) -> Result<String, Fault> {
    match cell {
        Sql::String(text) => Ok(text),
        other => Err(Fault::Unreadable(format!("expected a text, found {other:?}"))),
    }
}

pub(crate) fn unreadable(error: impl std::fmt::Display) -> Fault {
    Fault::Unreadable(error.to_string())
}

fn failed(error: &worker::Error) -> Fault {
    Fault::Unavailable("storage", error.to_string())
}
