//! The storage port over the object's SQLite. Every statement lies in `schema/sql/object/`.

use std::{cell::Cell, ops::RangeInclusive};

use edgefold_flow::{
    append::storage::{Head, Slice, Storage, Write},
    decide::Outcome,
};
use edgefold_kernel::{
    Envelope, Fault, ForeignStream, Id, Metadata, Snapshot, StreamId, Timestamp, Version, limits,
};
use js_sys::Array;
use serde::Serialize;
use serde_json::{json, value::RawValue};
use wasm_bindgen::JsValue;

use crate::platform::statement::{
    More, Statements, integer, number, string, text, unreadable, version,
};

/// The SQLite database of one object. Its tables are created by the first commit: looking at an instance that does not
/// exist writes nothing.
pub struct SqliteStorage {
    stream: StreamId,
    sql: Statements,
    has_tables: Cell<bool>,
    has_followers: Cell<bool>,
    has_foreign_snapshots: Cell<bool>,
}

/// Above every version: the largest whole number that is exact as a double.
const VERSION_MAX: Version = (1 << 53) - 1;

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
        include_str!(concat!("../../../../schema/sql/object/", $name, ".sql"))
    };
}

impl SqliteStorage {
    /// The database behind an object's storage, for the stream of this instance.
    pub fn new(stream: StreamId, storage: &worker::Storage) -> Self {
        let sql = Statements::new(storage);
        let found = sql.rows(sql!("has_tables"), vec![]).unwrap_or_default();
        let has = |name: &str| Cell::new(found.iter().any(|row| row.get(0) == name));
        Self {
            stream,
            sql,
            has_tables: has("snapshots"),
            has_followers: has("followers"),
            has_foreign_snapshots: has("foreign_snapshots"),
        }
    }

    /// Rows read and written since the object was loaded.
    pub fn rows(&self) -> Rows {
        let (read, written) = self.sql.counted();
        Rows { read, written }
    }

    /// Size of the database, in bytes.
    pub fn bytes(&self) -> usize {
        self.sql.bytes()
    }

    /// The sessions that follow: identifier, turn, and end of the lease.
    pub(crate) fn followers(&self) -> Result<Vec<(String, u64, Timestamp)>, Fault> {
        if !self.has_followers.get() {
            return Ok(Vec::new());
        }
        self.sql.each(sql!("followers"), vec![], |row| {
            let until = Timestamp::from_millis(integer(&row.get(2))?);
            Ok(More::Yes((string(&row.get(0))?, version(&row.get(1))?, until)))
        })
    }

    /// Remembers a session that follows.
    pub(crate) fn set_follower(
        &self,
        session: &str,
        turn: u64,
        until: Timestamp,
    ) -> Result<(), Fault> {
        if !self.has_followers.replace(true) {
            self.sql.change(sql!("followers_table"), vec![])?;
        }
        let params = vec![text(session), number(turn), number(until.millis())];
        self.sql.change(sql!("follower_set"), params)
    }

    /// Forgets one.
    pub(crate) fn drop_follower(&self, session: &str) -> Result<(), Fault> {
        self.sql.change(sql!("follower_drop"), vec![text(session)])
    }

    fn query(&self, statement: &'static str, params: Vec<JsValue>) -> Result<Vec<Array>, Fault> {
        if self.has_tables.get() { self.sql.rows(statement, params) } else { Ok(Vec::new()) }
    }

    fn write(&self, write: &Write) -> Result<(), Fault> {
        if !self.has_tables.get() {
            self.sql.change(sql!("tables"), vec![])?;
        }
        self.append(&write.events)?;
        self.store_outcomes(&write.outcomes)?;
        for (stream, mark) in &write.marks {
            self.of_stream(sql!("mark_set"), stream, [number(*mark)])?;
        }
        for stream in &write.forget {
            self.of_stream(sql!("foreign_forget"), stream, [number(VERSION_MAX)])?;
            if self.has_foreign_snapshots.get() {
                self.of_stream(sql!("foreign_snapshot_forget"), stream, [])?;
            }
        }
        for event in &write.remember {
            let wire =
                serde_json::to_string(event).map_err(|error| Fault::Defect(error.to_string()))?;
            let row = [number(event.version), text(&wire)];
            self.of_stream(sql!("foreign_store"), &event.stream, row)?;
        }
        if !write.snapshots.is_empty() && !self.has_foreign_snapshots.get() {
            self.sql.change(sql!("foreign_snapshots_table"), vec![])?;
        }
        for (stream, Snapshot { version, state_version, state }) in &write.snapshots {
            let row = [number(*version), number(*state_version), text(state)];
            self.of_stream(sql!("foreign_snapshot_set"), stream, row)?;
            self.of_stream(sql!("foreign_forget"), stream, [number(*version)])?;
        }
        Ok(())
    }

    /// Changes the copy of a foreign stream.
    fn of_stream<const N: usize>(
        &self,
        statement: &'static str,
        stream: &StreamId,
        more: [JsValue; N],
    ) -> Result<(), Fault> {
        let params = named(stream).into_iter().chain(more);
        self.sql.change(statement, params.collect())
    }

    fn append(&self, events: &[Envelope]) -> Result<(), Fault> {
        let metadata = |event: &Envelope| {
            serde_json::to_string(&event.metadata).map_err(|error| Fault::Defect(error.to_string()))
        };
        // A single event is the usual case, and needs no JSON around it.
        if let [event] = events {
            return self.sql.change(
                sql!("event_append"),
                vec![
                    number(event.version),
                    text(&event.id),
                    text(&event.event_type),
                    number(event.schema_version),
                    number(event.time.millis()),
                    text(event.command_id.as_str()),
                    text(&metadata(event)?),
                    text(event.data.get()),
                ],
            );
        }
        let rows = events.iter().map(|event| {
            Ok(json!([
                event.version,
                event.id,
                event.event_type,
                event.schema_version,
                event.time.millis(),
                event.command_id,
                metadata(event)?,
                event.data.get(),
            ]))
        });
        self.sql.insert(sql!("events_append"), &rows.collect::<Result<Vec<_>, Fault>>()?)
    }

    fn store_outcomes(&self, outcomes: &[Outcome]) -> Result<(), Fault> {
        if let [outcome] = outcomes {
            return self.sql.change(
                sql!("outcome_store"),
                vec![
                    number(outcome.day()),
                    text(outcome.command_id.as_str()),
                    text(&outcome.fingerprint),
                    number(outcome.after),
                    number(outcome.through),
                    number(outcome.expires_at.millis()),
                ],
            );
        }
        let row = |outcome: &Outcome| {
            json!([
                outcome.day(),
                outcome.command_id,
                outcome.fingerprint,
                outcome.after,
                outcome.through,
                outcome.expires_at.millis(),
            ])
        };
        self.sql.insert(sql!("outcomes_store"), &outcomes.iter().map(row).collect::<Vec<_>>())
    }

    fn event(&self, row: &Array) -> Result<Envelope, Fault> {
        let mut cells = 0..;
        let mut cell = || row.get(cells.next().unwrap_or_default());
        Ok(Envelope {
            stream: self.stream.clone(),
            version: version(&cell())?,
            id: string(&cell())?,
            event_type: string(&cell())?,
            schema_version: schema_version(&cell())?,
            time: Timestamp::from_millis(integer(&cell())?),
            command_id: Id::parse(string(&cell())?).map_err(unreadable)?,
            metadata: serde_json::from_str::<Metadata>(&string(&cell())?).map_err(unreadable)?,
            data: RawValue::from_string(string(&cell())?).map_err(unreadable)?,
        })
    }
}

impl Storage for SqliteStorage {
    fn head(&self) -> Result<Head, Fault> {
        let rows = self.query(sql!("head"), vec![])?;
        match rows.first() {
            Some(row) => Ok(Head {
                version: version(&row.get(0))?,
                time: Timestamp::from_millis(integer(&row.get(1))?),
                confirmed: version(&row.get(2))?,
            }),
            None => Ok(Head::default()),
        }
    }

    fn events(&self, slice: &Slice<'_>) -> Result<Vec<Envelope>, Fault> {
        if !self.has_tables.get() {
            return Ok(Vec::new());
        }
        let limit = slice.limit.min(limits::PAGE_EVENTS) as u64;
        let through = slice.through.min(VERSION_MAX);
        let mut params = vec![number(slice.after), number(through), number(limit)];
        let statement = if slice.types.is_empty() {
            sql!("events")
        } else {
            let types = serde_json::to_string(slice.types);
            params.push(text(&types.map_err(|error| Fault::Defect(error.to_string()))?));
            sql!("events_of_types")
        };
        let mut bytes = 0;
        self.sql.each(statement, params, |row| {
            let event = self.event(&row)?;
            bytes += event.data.get().len();
            let is_full = bytes >= slice.bytes.min(limits::PAGE_BYTES);
            Ok(if is_full { More::No(event) } else { More::Yes(event) })
        })
    }

    fn outcomes(
        &self,
        days: RangeInclusive<i64>,
        command_ids: &[&Id],
    ) -> Result<Vec<Outcome>, Fault> {
        let days: Vec<_> = days.collect();
        let params = vec![text(&json!(days).to_string()), text(&json!(command_ids).to_string())];
        let rows = self.query(sql!("outcomes"), params)?;
        let read = |row: Array| {
            let mut cells = 0..;
            let mut cell = || row.get(cells.next().unwrap_or_default());
            Ok(Outcome {
                command_id: Id::parse(string(&cell())?).map_err(unreadable)?,
                fingerprint: string(&cell())?,
                after: version(&cell())?,
                through: version(&cell())?,
                expires_at: Timestamp::from_millis(integer(&cell())?),
            })
        };
        rows.into_iter().map(read).collect()
    }

    fn mark(&self, stream: &StreamId) -> Result<Version, Fault> {
        let rows = self.query(sql!("mark"), named(stream).into())?;
        rows.first().map_or(Ok(0), |row| version(&row.get(0)))
    }

    fn sources(&self) -> Result<Vec<StreamId>, Fault> {
        self.query(sql!("sources"), vec![])?.iter().map(source).collect()
    }

    fn remembered(&self, stream: &StreamId) -> Result<ForeignStream, Fault> {
        let rows = self.query(sql!("foreign"), named(stream).into())?;
        let read = |row: &Array| serde_json::from_str(&string(&row.get(0))?).map_err(unreadable);
        let events = rows.iter().map(read).collect::<Result<_, _>>()?;
        let snapshots = match self.has_foreign_snapshots.get() {
            true => self.query(sql!("foreign_snapshot"), named(stream).into())?,
            false => Vec::new(),
        };
        Ok(ForeignStream { snapshot: snapshots.first().map(snapshot).transpose()?, events })
    }

    fn remembered_count(&self, stream: &StreamId) -> Result<u64, Fault> {
        let rows = self.query(sql!("foreign_count"), named(stream).into())?;
        rows.first().map_or(Ok(0), |row| version(&row.get(0)))
    }

    fn foreign_snapshots(&self) -> Result<Vec<(StreamId, u32)>, Fault> {
        if !self.has_foreign_snapshots.get() {
            return Ok(Vec::new());
        }
        let read = |row: &Array| Ok((source(row)?, schema_version(&row.get(2))?));
        self.query(sql!("foreign_snapshots"), vec![])?.iter().map(read).collect()
    }

    fn commit(&self, write: &Write) -> Result<(), Fault> {
        self.sql.atomically(|| self.write(write))?;
        self.has_tables.set(true);
        if !write.snapshots.is_empty() {
            self.has_foreign_snapshots.set(true);
        }
        Ok(())
    }

    fn set_confirmed(&self, through: Version) -> Result<(), Fault> {
        self.sql.change(sql!("confirmed_set"), vec![number(through)])
    }

    fn snapshot(&self, state_version: u32, through: Version) -> Result<Option<Snapshot>, Fault> {
        let params = vec![number(state_version), number(through.min(VERSION_MAX))];
        self.query(sql!("snapshot"), params)?.first().map(snapshot).transpose()
    }

    fn set_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        let Snapshot { version, state_version, state } = snapshot;
        self.sql.change(sql!("snapshots_old"), vec![number(*state_version)])?;
        let params = vec![number(*state_version), number(*version), text(state)];
        self.sql.change(sql!("snapshot_set"), params)
    }

    fn prune(&self, before: i64) -> Result<Option<i64>, Fault> {
        self.query(sql!("outcomes_expire"), vec![number(before)])?;
        let rows = self.query(sql!("outcomes_next"), vec![])?;
        let day = rows.first().map(|row| row.get(0)).filter(|cell| !cell.is_null());
        day.map(|day| integer(&day)).transpose()
    }
}

/// The two columns that name a foreign stream.
fn named(stream: &StreamId) -> [JsValue; 2] {
    [text(&stream.aggregate_type), text(stream.aggregate_id.as_str())]
}

fn source(row: &Array) -> Result<StreamId, Fault> {
    let id = Id::parse(string(&row.get(1))?).map_err(unreadable)?;
    Ok(StreamId::new(string(&row.get(0))?, id))
}

fn snapshot(row: &Array) -> Result<Snapshot, Fault> {
    let (version, state_version) = (version(&row.get(0))?, schema_version(&row.get(1))?);
    Ok(Snapshot { version, state_version, state: string(&row.get(2))? })
}

fn schema_version(cell: &JsValue) -> Result<u32, Fault> {
    u32::try_from(integer(cell)?).map_err(unreadable)
}
