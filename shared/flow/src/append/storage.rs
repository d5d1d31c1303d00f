//! The port behind which an instance keeps its events. It is synchronous, as the object's SQLite is: nothing can be
//! awaited between a decision and its commit, so no other request can come in between.
//!
//! **Invariant:** what a call reads does not grow with the age of the stream. Each asks for rows by their key.

use std::ops::RangeInclusive;

use edgefold_kernel::{Envelope, Fault, Id, StreamId, Timestamp, Version, limits};

use crate::decide::Outcome;

/// The last event of an instance, and its cursors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Version of the stream; 0 when there is none.
    pub version: Version,
    /// Time of the last event; 1970 when there is none. No later event has an earlier time.
    pub time: Timestamp,
    /// Its cursors.
    pub cursors: Cursors,
}

/// How far the events of an instance have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursors {
    /// Cursor of the bus: events up to here have reached all their destinations, or a hold says which have not. Later
    /// events are sent again until they have.
    pub confirmed: Version,
    /// Cursor of the journal: of the events up to here, it has those that are published.
    pub journalled: Version,
    /// The last of those that are published; 0 when there is none. The journal is told of it with what comes next, so that it
    /// sees whether it lacks something.
    pub published: Version,
}

/// The state of the stream at some version, so that a fold can begin there. It is derived and may be thrown away at any
/// time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Version that the state is at.
    pub version: Version,
    /// Schema version of the state: of another one, the snapshot is ignored.
    pub state_version: u32,
    /// JSON text.
    pub state: String,
}

/// The part of a stream to read.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Events after this version.
    pub after: Version,
    /// Events up to this version.
    pub through: Version,
    /// Largest number of items.
    pub limit: usize,
    /// Bytes of data with which the slice ends; the event that reaches them is in it.
    pub bytes: usize,
}

impl Slice {
    /// Everything after a version.
    pub fn after(after: Version) -> Self {
        Self { after, through: Version::MAX, limit: usize::MAX, bytes: usize::MAX }
    }
}

/// The changes of one transaction: all of them are written, or none.
#[derive(Debug, Default)]
pub struct Write {
    /// Own events, without a gap after the head.
    pub events: Vec<Envelope>,
    /// Which of them concern another instance, by an event that it wants or a command that follows.
    pub addressed: Vec<(StreamId, Version)>,
    /// The outcomes of the commands that led to them.
    pub outcomes: Vec<Outcome>,
    /// High-water marks of foreign streams.
    pub marks: Vec<(StreamId, Version)>,
    /// The partition of the journal that the stream belongs to. It is stored with the first transaction, and stays.
    pub partition: u16,
}

impl Write {
    /// True if there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.addressed.is_empty()
            && self.outcomes.is_empty()
            && self.marks.is_empty()
    }
}

/// Keeps one instance: its stream, its outcomes, its cursors, its holds, and its marks of foreign streams.
pub trait Storage {
    /// The last event of the instance, and its cursors.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn head(&self) -> Result<Head, Fault>;

    /// The partition of the journal that was stored with the first transaction; none before that.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn partition(&self) -> Result<Option<u16>, Fault>;

    /// Own events, ascending. May return fewer than asked for, but at least one if there is one.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    fn events(&self, slice: &Slice) -> Result<Vec<Envelope>, Fault>;

    /// The records of commands that expire on these [days](crate::decide::day), in any order. Those of one command on
    /// two days are both given.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    fn outcomes(
        &self,
        days: RangeInclusive<i64>,
        command_ids: &[&Id],
    ) -> Result<Vec<Outcome>, Fault>;

    /// High-water mark of a foreign stream; 0 when nothing was received of it.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn mark(&self, stream: &StreamId) -> Result<Version, Fault>;

    /// Writes all of it in one transaction, or nothing.
    ///
    /// # Errors
    /// Fails if storage fails, or the first event is not the one after the head.
    fn commit(&self, write: &Write) -> Result<(), Fault>;

    /// Versions in `(after, through]` that concern an instance, ascending.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn addressed(
        &self,
        to: &StreamId,
        after: Version,
        through: Version,
        limit: usize,
    ) -> Result<Vec<Version>, Fault>;

    /// The last version up to this one that concerns an instance; 0 when there is none.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn last_addressed(&self, to: &StreamId, through: Version) -> Result<Version, Fault>;

    /// Moves the cursors of bus and journal.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn set_cursors(&self, cursors: &Cursors) -> Result<(), Fault>;

    /// The text that is kept about a destination that fails.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn hold(&self, to: &StreamId) -> Result<Option<String>, Fault>;

    /// The texts of which something is due by this instant, the first ones first.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn holds(&self, by: Timestamp, limit: usize) -> Result<Vec<String>, Fault>;

    /// Instant at which something is due of any of them.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn next_hold(&self) -> Result<Option<Timestamp>, Fault>;

    /// Keeps a text about a destination, with the instant at which something is due of it, in place of an earlier one; or
    /// forgets it.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn set_hold(&self, to: &StreamId, kept: Option<(Timestamp, &str)>) -> Result<(), Fault>;

    /// The latest snapshot of this schema version, at or below this version of the stream.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn snapshot(&self, state_version: u32, through: Version) -> Result<Option<Snapshot>, Fault>;

    /// Stores a snapshot beside those at other versions. Deletes those of lower schema versions.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn set_snapshot(&self, snapshot: &Snapshot) -> Result<(), Fault>;

    /// Deletes the outcomes that expired before this [day](crate::decide::day). Returns the first day of those that are
    /// left, among those that are rows of their own: others take no row to be deleted, and go with the next ones.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn prune(&self, before: i64) -> Result<Option<i64>, Fault>;
}

/// Rows, each in JSON, as arrays of as many as one value of SQL takes: usually one array. Empty when there are no rows.
pub fn json_arrays(rows: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut arrays: Vec<String> = Vec::new();
    for row in rows {
        match arrays.last_mut() {
            Some(array) if array.len() + row.len() < limits::SQL_JSON_BYTES => array.push(','),
            _ => arrays.push("[".to_owned()),
        }
        arrays.iter_mut().last().into_iter().for_each(|array| array.push_str(&row));
    }
    arrays.iter_mut().for_each(|array| array.push(']'));
    arrays
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_put_together_as_far_as_a_value_goes() {
        let row = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
        let arrays = |sizes: &[usize]| json_arrays(sizes.iter().map(|size| row(*size)));
        let read = |array: &String| serde_json::from_str::<Vec<String>>(array).unwrap().len();
        assert_eq!(arrays(&[]), [""; 0]);
        assert_eq!(arrays(&[4]), ["[\"xx\"]"]);
        let half = limits::SQL_JSON_BYTES / 2;
        let found = arrays(&[10, half, half - 20, 2 * half, 5, 5]);
        assert_eq!(
            found.iter().map(read).collect::<Vec<_>>(),
            [3, 1, 2],
            "none is too large for one"
        );
    }
}
