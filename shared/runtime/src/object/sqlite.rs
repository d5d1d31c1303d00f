//! The storage port over the object's database.

use std::ops::RangeInclusive;

use edgefold_flow::{
    append::storage::{Cursors, Head, Slice, Snapshot, Storage, Write},
    decide::Outcome,
    subscribe::followers::Lease,
};
use edgefold_kernel::{Envelope, Fault, Id, Metadata, StreamId, Timestamp, Version, limits};
use js_sys::Array;
use serde::Serialize;
use serde_json::value::RawValue;
use wasm_bindgen::JsValue;

use super::{
    database::{Database, Transaction, sql},
    ledger::{Kept, Outcomes},
};
use crate::platform::statement::{
    More, Param, integer, lease, number, string, text, unreadable, version,
};

/// The storage of one instance in the database of its object.
pub struct SqliteStorage {
    stream: StreamId,
    database: Database,
    outcomes: Outcomes,
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

impl SqliteStorage {
    /// The database behind an object's storage, and the id of its instance: that of its name or, where the platform does not
    /// tell the name, the one that was stored with the first commit.
    pub fn new(
        aggregate_type: &str,
        name: Option<Id>,
        storage: &worker::Storage,
    ) -> (Self, Option<Id>) {
        let database = Database::new(storage);
        let stored = || {
            let rows = database.query("standing", sql!("id"), &[]).ok()?;
            Id::parse(string(&rows.first()?.get(0)).ok()?).ok()
        };
        let id = name.or_else(stored);
        let stream = StreamId::new(aggregate_type, id.clone().unwrap_or_else(Id::nobody));
        let storage = Self { stream, database, outcomes: Outcomes::default() };
        (storage, id)
    }

    /// Rows read and written since the object was loaded.
    pub fn rows(&self) -> Rows {
        let (read, written) = self.database.sql.counted();
        Rows { read, written }
    }

    /// Size of the database, in bytes.
    pub fn bytes(&self) -> usize {
        self.database.sql.bytes()
    }

    /// The sessions that follow.
    pub(crate) fn followers(&self) -> Result<Vec<Lease>, Fault> {
        if !self.database.has("followers") {
            return Ok(Vec::new());
        }
        self.database.sql.each(sql!("followers"), &[], |row| Ok(More::Yes(lease(&row)?)))
    }

    /// Remembers a session that follows.
    pub(crate) fn set_follower(
        &self,
        Lease { session, holder, turn, until }: &Lease,
    ) -> Result<(), Fault> {
        self.database.needs("followers", sql!("followers_table"))?;
        let params = [text(session), number(*turn), number(until.millis()), text(holder)];
        self.database.sql.change(sql!("follower_set"), &params)
    }

    /// Forgets one.
    pub(crate) fn drop_follower(&self, session: &str) -> Result<(), Fault> {
        self.database.sql.change(sql!("follower_drop"), &[text(session)])
    }

    fn changes(&self, write: &Write, kept: &Kept<'_>) -> Result<Transaction<'_>, Fault> {
        let mut changes = self.database.begin();
        if !self.database.has("standing") {
            changes.needs("events", sql!("events_table"))?;
            changes.needs("standing", sql!("standing_table"))?;
            let id = text(self.stream.aggregate_id.as_str());
            changes.add(sql!("standing_begin"), &[id, number(write.partition)])?;
        }
        append(&mut changes, &write.events, kept)?;
        for (to, version) in &write.addressed {
            changes.needs("addressed", sql!("addressed_table"))?;
            let [kind, id] = named(to);
            changes.add(sql!("addressed_add"), &[kind, id, number(*version)])?;
        }
        self.outcomes.store(kept, &mut changes)?;
        for (stream, mark) in &write.marks {
            changes.needs("marks", sql!("marks_table"))?;
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
        let rows = self.database.query("standing", sql!("head"), &[])?;
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
        let rows = self.database.query("standing", sql!("partition"), &[])?;
        let partition = rows.first().map(|row| integer(&row.get(0))).transpose()?;
        partition.map(|partition| u16::try_from(partition).map_err(unreadable)).transpose()
    }

    fn events(&self, slice: &Slice) -> Result<Vec<Envelope>, Fault> {
        if !self.database.has("events") {
            return Ok(Vec::new());
        }
        let limit = slice.limit.min(limits::PAGE_EVENTS) as u64;
        let through = slice.through.min(VERSION_MAX);
        let params = [number(slice.after), number(through), number(limit)];
        let mut bytes = 0;
        self.database.sql.each(sql!("events"), &params, |row| {
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
        self.outcomes.of(days, command_ids, &self.database)
    }

    fn mark(&self, stream: &StreamId) -> Result<Version, Fault> {
        let rows = self.database.query("marks", sql!("mark"), &named(stream))?;
        rows.first().map_or(Ok(0), |row| version(&row.get(0)))
    }

    fn commit(&self, write: &Write) -> Result<(), Fault> {
        let kept = self.outcomes.keeps(write, &self.database)?;
        self.changes(write, &kept)?.commit()?;
        self.outcomes.kept(&kept, &self.database)
    }

    fn addressed(
        &self,
        to: &StreamId,
        after: Version,
        through: Version,
        limit: usize,
    ) -> Result<Vec<Version>, Fault> {
        if !self.database.has("addressed") {
            return Ok(Vec::new());
        }
        let [kind, id] = named(to);
        let through = number(through.min(VERSION_MAX));
        let params = [kind, id, number(after), through, number(limit as u64)];
        self.database
            .sql
            .each(sql!("addressed"), &params, |row| Ok(More::Yes(version(&row.get(0))?)))
    }

    fn last_addressed(&self, to: &StreamId, through: Version) -> Result<Version, Fault> {
        if !self.database.has("addressed") {
            return Ok(0);
        }
        let [kind, id] = named(to);
        let params = [kind, id, number(through.min(VERSION_MAX))];
        let rows = self.database.sql.rows(sql!("addressed_last"), &params)?;
        rows.first().map_or(Ok(0), |row| version(&row.get(0)))
    }

    fn set_cursors(&self, cursors: &Cursors) -> Result<(), Fault> {
        let Cursors { confirmed, journalled, published } = *cursors;
        let params = [confirmed, journalled, published].map(number);
        self.database.sql.change(sql!("cursors_set"), &params)
    }

    fn hold(&self, to: &StreamId) -> Result<Option<String>, Fault> {
        if !self.database.has("holds") {
            return Ok(None);
        }
        let rows = self.database.sql.rows(sql!("hold"), &named(to))?;
        rows.first().map(|row| string(&row.get(0))).transpose()
    }

    fn holds(&self, by: Timestamp, limit: usize) -> Result<Vec<String>, Fault> {
        if !self.database.has("holds") {
            return Ok(Vec::new());
        }
        let params = [number(by.millis()), number(limit as u64)];
        self.database
            .sql
            .each(sql!("holds_due"), &params, |row| Ok(More::Yes(string(&row.get(0))?)))
    }

    fn next_hold(&self) -> Result<Option<Timestamp>, Fault> {
        if !self.database.has("holds") {
            return Ok(None);
        }
        let rows = self.database.sql.rows(sql!("holds_next"), &[])?;
        match rows.first().map(|row| row.get(0)).filter(|cell| !cell.is_null()) {
            None => Ok(None),
            Some(cell) => integer(&cell).map(|millis| Some(Timestamp::from_millis(millis))),
        }
    }

    fn set_hold(&self, to: &StreamId, kept: Option<(Timestamp, &str)>) -> Result<(), Fault> {
        let Some((next, hold)) = kept else {
            return match self.database.has("holds") {
                true => self.database.sql.change(sql!("hold_drop"), &named(to)),
                false => Ok(()),
            };
        };
        if !self.database.has("holds") {
            self.database.needs("holds", sql!("holds_table"))?;
            self.database.sql.change(sql!("holds_index"), &[])?;
        }
        let [kind, id] = named(to);
        let params = [kind, id, number(next.millis()), text(hold)];
        self.database.sql.change(sql!("hold_set"), &params)
    }

    fn snapshot(&self, state_version: u32, through: Version) -> Result<Option<Snapshot>, Fault> {
        let params = [number(state_version), number(through.min(VERSION_MAX))];
        self.database
            .query("snapshots", sql!("snapshot"), &params)?
            .first()
            .map(snapshot)
            .transpose()
    }

    fn set_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        let Snapshot { version, state_version, state } = snapshot;
        self.database.needs("snapshots", sql!("snapshots_table"))?;
        self.database.sql.change(sql!("snapshots_old"), &[number(*state_version)])?;
        let params = [number(*state_version), number(*version), text(state)];
        self.database.sql.change(sql!("snapshot_set"), &params)
    }

    fn prune(&self, before: i64) -> Result<Option<i64>, Fault> {
        self.outcomes.prune(before, &self.database)
    }
}

fn append(
    changes: &mut Transaction<'_>,
    events: &[Envelope],
    kept: &Kept<'_>,
) -> Result<(), Fault> {
    let metadata = |event: &Envelope| {
        serde_json::to_string(&event.metadata).map_err(|error| Fault::Defect(error.to_string()))
    };
    // A single event is the usual case, and needs no array around it.
    if let [event] = events {
        let outcome = kept.of(event.version);
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
                outcome.map_or(Param::Null, |outcome| text(&outcome.fingerprint)),
                outcome.map_or(Param::Null, |outcome| number(outcome.through)),
                outcome.map_or(Param::Null, |outcome| number(outcome.expires_at.millis())),
            ],
        );
    }
    let rows = events.iter().map(|event| {
        let outcome = kept.of(event.version);
        Ok((
            event.version,
            &event.id,
            &event.event_type,
            event.schema_version,
            event.time.millis(),
            &event.command_id,
            metadata(event)?,
            event.data.get(),
            outcome.map(|outcome| &outcome.fingerprint),
            outcome.map(|outcome| outcome.through),
            outcome.map(|outcome| outcome.expires_at.millis()),
        ))
    });
    changes.insert(sql!("events_append"), rows.collect::<Result<Vec<_>, Fault>>()?)
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
