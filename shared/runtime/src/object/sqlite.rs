//! The storage port over the object's SQLite. Every statement lies in `schema/sql/object/`.

use std::{cell::Cell, ops::RangeInclusive};

use edgefold_flow::{
    append::storage::{Cursors, Head, Slice, Snapshot, Storage, Write},
    decide::Outcome,
};
use edgefold_kernel::{Envelope, Fault, Id, Metadata, StreamId, Timestamp, Version, limits};
use js_sys::Array;
use serde::Serialize;
use serde_json::{json, value::RawValue};
use wasm_bindgen::JsValue;

use crate::platform::statement::{
    Changes, More, Param, Statements, integer, number, string, text, unreadable, version,
};

/// The SQLite database of one object. Its tables are created by the first commit: looking at an instance that does not
/// exist writes nothing.
pub struct SqliteStorage {
    stream: StreamId,
    sql: Statements,
    has_tables: Cell<bool>,
    has_followers: Cell<bool>,
    has_addressed: Cell<bool>,
    has_holds: Cell<bool>,
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
    /// The database behind an object's storage, and the id of its instance: that of its name or, where the platform does not
    /// tell the name, the one that was stored with the first commit.
    pub fn new(
        aggregate_type: &str,
        name: Option<Id>,
        storage: &worker::Storage,
    ) -> (Self, Option<Id>) {
        let sql = Statements::new(storage);
        let found = sql.rows(sql!("has_tables"), &[]).unwrap_or_default();
        let has = |name: &str| found.iter().any(|row| row.get(0) == name);
        let stored = || {
            let rows = has("named").then(|| sql.rows(sql!("id"), &[]))?.ok()?;
            Id::parse(string(&rows.first()?.get(0)).ok()?).ok()
        };
        let id = name.or_else(stored);
        let storage = Self {
            stream: StreamId::new(aggregate_type, id.clone().unwrap_or_else(Id::nobody)),
            has_tables: Cell::new(has("snapshots")),
            has_followers: Cell::new(has("followers")),
            has_addressed: Cell::new(has("addressed")),
            has_holds: Cell::new(has("holds")),
            sql,
        };
        (storage, id)
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
        self.sql.each(sql!("followers"), &[], |row| {
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
            self.sql.change(sql!("followers_table"), &[])?;
        }
        let params = [text(session), number(turn), number(until.millis())];
        self.sql.change(sql!("follower_set"), &params)
    }

    /// Forgets one.
    pub(crate) fn drop_follower(&self, session: &str) -> Result<(), Fault> {
        self.sql.change(sql!("follower_drop"), &[text(session)])
    }

    fn query(&self, statement: &'static str, params: &[Param<'_>]) -> Result<Vec<Array>, Fault> {
        if self.has_tables.get() { self.sql.rows(statement, params) } else { Ok(Vec::new()) }
    }

    fn changes(&self, write: &Write) -> Result<Changes, Fault> {
        let mut changes = Changes::default();
        if !self.has_tables.get() {
            changes.add(sql!("tables"), &[])?;
            let id = text(self.stream.aggregate_id.as_str());
            changes.add(sql!("id_set"), &[id, number(write.partition)])?;
        }
        append(&mut changes, &write.events)?;
        if !write.addressed.is_empty() && !self.has_addressed.get() {
            changes.add(sql!("addressed_table"), &[])?;
        }
        for (to, version) in &write.addressed {
            let [kind, id] = named(to);
            changes.add(sql!("addressed_add"), &[kind, id, number(*version)])?;
        }
        store_outcomes(&mut changes, &write.outcomes)?;
        for (stream, mark) in &write.marks {
            let [kind, id] = named(stream);
            changes.add(sql!("mark_set"), &[kind, id, number(*mark)])?;
        }
        Ok(changes)
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
        let rows = self.query(sql!("head"), &[])?;
        match rows.first() {
            Some(row) => Ok(Head {
                version: version(&row.get(0))?,
                time: Timestamp::from_millis(integer(&row.get(1))?),
                cursors: Cursors {
                    confirmed: version(&row.get(2))?,
                    journalled: version(&row.get(3))?,
                    published: version(&row.get(4))?,
                },
            }),
            None => Ok(Head::default()),
        }
    }

    fn partition(&self) -> Result<Option<u16>, Fault> {
        let rows = self.query(sql!("partition"), &[])?;
        let partition = rows.first().map(|row| integer(&row.get(0))).transpose()?;
        partition.map(|partition| u16::try_from(partition).map_err(unreadable)).transpose()
    }

    fn events(&self, slice: &Slice) -> Result<Vec<Envelope>, Fault> {
        if !self.has_tables.get() {
            return Ok(Vec::new());
        }
        let limit = slice.limit.min(limits::PAGE_EVENTS) as u64;
        let through = slice.through.min(VERSION_MAX);
        let params = [number(slice.after), number(through), number(limit)];
        let mut bytes = 0;
        self.sql.each(sql!("events"), &params, |row| {
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
        let (first, last) = (*days.start(), *days.end());
        let rows = match command_ids {
            // The usual case, without JSON: a day more would only be one look-up more.
            [id] if last - first <= 2 => {
                let [first, next, last] = [first, last.min(first + 1), last].map(number);
                self.query(sql!("outcome"), &[first, next, last, text(id.as_str())])?
            }
            ids => {
                let days = json!(days.collect::<Vec<_>>()).to_string();
                self.query(sql!("outcomes"), &[text(&days), text(&json!(ids).to_string())])?
            }
        };
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
        let rows = self.query(sql!("mark"), &named(stream))?;
        rows.first().map_or(Ok(0), |row| version(&row.get(0)))
    }

    fn commit(&self, write: &Write) -> Result<(), Fault> {
        self.sql.commit(self.changes(write)?)?;
        self.has_tables.set(true);
        if !write.addressed.is_empty() {
            self.has_addressed.set(true);
        }
        Ok(())
    }

    fn addressed(
        &self,
        to: &StreamId,
        after: Version,
        through: Version,
        limit: usize,
    ) -> Result<Vec<Version>, Fault> {
        if !self.has_addressed.get() {
            return Ok(Vec::new());
        }
        let [kind, id] = named(to);
        let through = number(through.min(VERSION_MAX));
        let params = [kind, id, number(after), through, number(limit as u64)];
        self.sql.each(sql!("addressed"), &params, |row| Ok(More::Yes(version(&row.get(0))?)))
    }

    fn last_addressed(&self, to: &StreamId, through: Version) -> Result<Version, Fault> {
        if !self.has_addressed.get() {
            return Ok(0);
        }
        let [kind, id] = named(to);
        let params = [kind, id, number(through.min(VERSION_MAX))];
        let rows = self.sql.rows(sql!("addressed_last"), &params)?;
        rows.first().map_or(Ok(0), |row| version(&row.get(0)))
    }

    fn set_cursors(&self, cursors: &Cursors) -> Result<(), Fault> {
        let Cursors { confirmed, journalled, published } = *cursors;
        let params = [confirmed, journalled, published].map(number);
        self.sql.change(sql!("cursors_set"), &params)
    }

    fn hold(&self, to: &StreamId) -> Result<Option<String>, Fault> {
        if !self.has_holds.get() {
            return Ok(None);
        }
        let rows = self.sql.rows(sql!("hold"), &named(to))?;
        rows.first().map(|row| string(&row.get(0))).transpose()
    }

    fn holds(&self, by: Timestamp, limit: usize) -> Result<Vec<String>, Fault> {
        if !self.has_holds.get() {
            return Ok(Vec::new());
        }
        let params = [number(by.millis()), number(limit as u64)];
        self.sql.each(sql!("holds_due"), &params, |row| Ok(More::Yes(string(&row.get(0))?)))
    }

    fn next_hold(&self) -> Result<Option<Timestamp>, Fault> {
        if !self.has_holds.get() {
            return Ok(None);
        }
        let rows = self.sql.rows(sql!("holds_next"), &[])?;
        match rows.first().map(|row| row.get(0)).filter(|cell| !cell.is_null()) {
            None => Ok(None),
            Some(cell) => integer(&cell).map(|millis| Some(Timestamp::from_millis(millis))),
        }
    }

    fn set_hold(&self, to: &StreamId, kept: Option<(Timestamp, &str)>) -> Result<(), Fault> {
        let Some((next, hold)) = kept else {
            return match self.has_holds.get() {
                true => self.sql.change(sql!("hold_drop"), &named(to)),
                false => Ok(()),
            };
        };
        if !self.has_holds.get() {
            self.sql.change(sql!("holds_table"), &[])?;
            self.sql.change(sql!("holds_index"), &[])?;
            self.has_holds.set(true);
        }
        let [kind, id] = named(to);
        self.sql.change(sql!("hold_set"), &[kind, id, number(next.millis()), text(hold)])
    }

    fn snapshot(&self, state_version: u32, through: Version) -> Result<Option<Snapshot>, Fault> {
        let params = [number(state_version), number(through.min(VERSION_MAX))];
        self.query(sql!("snapshot"), &params)?.first().map(snapshot).transpose()
    }

    fn set_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        let Snapshot { version, state_version, state } = snapshot;
        self.sql.change(sql!("snapshots_old"), &[number(*state_version)])?;
        let params = [number(*state_version), number(*version), text(state)];
        self.sql.change(sql!("snapshot_set"), &params)
    }

    fn prune(&self, before: i64) -> Result<Option<i64>, Fault> {
        self.query(sql!("outcomes_expire"), &[number(before)])?;
        let rows = self.query(sql!("outcomes_next"), &[])?;
        let day = rows.first().map(|row| row.get(0)).filter(|cell| !cell.is_null());
        day.map(|day| integer(&day)).transpose()
    }
}

fn append(changes: &mut Changes, events: &[Envelope]) -> Result<(), Fault> {
    let metadata = |event: &Envelope| {
        serde_json::to_string(&event.metadata).map_err(|error| Fault::Defect(error.to_string()))
    };
    // A single event is the usual case, and needs no array around it.
    if let [event] = events {
        return changes.add(
            sql!("event_append"),
            &[
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
        Ok((
            event.version,
            &event.id,
            &event.event_type,
            event.schema_version,
            event.time.millis(),
            &event.command_id,
            metadata(event)?,
            event.data.get(),
        ))
    });
    changes.insert(sql!("events_append"), rows.collect::<Result<Vec<_>, Fault>>()?)
}

fn store_outcomes(changes: &mut Changes, outcomes: &[Outcome]) -> Result<(), Fault> {
    if let [outcome] = outcomes {
        return changes.add(
            sql!("outcome_store"),
            &[
                number(outcome.day()),
                text(outcome.command_id.as_str()),
                text(&outcome.fingerprint),
                number(outcome.after),
                number(outcome.through),
                number(outcome.expires_at.millis()),
            ],
        );
    }
    let rows = outcomes.iter().map(|outcome| {
        (
            outcome.day(),
            &outcome.command_id,
            &outcome.fingerprint,
            outcome.after,
            outcome.through,
            outcome.expires_at.millis(),
        )
    });
    changes.insert(sql!("outcomes_store"), rows)
}

/// The two columns that name another stream.
fn named(stream: &StreamId) -> [Param<'_>; 2] {
    [text(&stream.aggregate_type), text(stream.aggregate_id.as_str())]
}

fn snapshot(row: &Array) -> Result<Snapshot, Fault> {
    let (version, state_version) = (version(&row.get(0))?, schema_version(&row.get(1))?);
    Ok(Snapshot { version, state_version, state: string(&row.get(2))? })
}

fn schema_version(cell: &JsValue) -> Result<u32, Fault> {
    u32::try_from(integer(cell)?).map_err(unreadable)
}
