//! The port behind which an instance keeps its events. It is synchronous, as the object's SQLite is: nothing can be
//! awaited between a decision and its commit, so no other request can come in between.
//!
//! **Invariant:** what a call reads does not grow with the age of the stream. Each asks for rows by their key.

use std::ops::RangeInclusive;

use edgefold_kernel::{
    Envelope, Fault, ForeignStream, Id, Snapshot, StreamId, Timestamp, Version, limits,
};

use crate::decide::Outcome;

/// The last event of an instance, and its outbox cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Version of the stream; 0 when there is none.
    pub version: Version,
    /// Outbox cursor: events up to here have reached all their destinations. Later events are sent again until they
    /// have.
    pub confirmed: Version,
    /// Time of the last event; 1970 when there is none. No later event has an earlier time.
    pub time: Timestamp,
}

/// The part of a stream to read.
#[derive(Clone, Debug)]
pub struct Slice<'a> {
    /// Events after this version.
    pub after: Version,
    /// Events up to this version.
    pub through: Version,
    /// Largest number of items.
    pub limit: usize,
    /// Bytes of data with which the slice ends; the event that reaches them is in it.
    pub bytes: usize,
    /// Only these types; all when empty.
    pub types: &'a [&'a str],
}

impl Slice<'_> {
    /// Everything after a version.
    pub fn after(after: Version) -> Self {
        Self { after, through: Version::MAX, limit: usize::MAX, bytes: usize::MAX, types: &[] }
    }
}

/// The changes of one transaction: all of them are written, or none.
#[derive(Debug, Default)]
pub struct Write {
    /// Own events, without a gap after the head.
    pub events: Vec<Envelope>,
    /// The outcomes of the commands that led to them.
    pub outcomes: Vec<Outcome>,
    /// High-water marks of foreign streams.
    pub marks: Vec<(StreamId, Version)>,
    /// Foreign streams whose copies are deleted first.
    pub forget: Vec<StreamId>,
    /// Foreign events to remember.
    pub remember: Vec<Envelope>,
    /// Foreign snapshots: each replaces the remembered events up to its version.
    pub snapshots: Vec<(StreamId, Snapshot)>,
}

impl Write {
    /// True if there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.outcomes.is_empty()
            && self.marks.is_empty()
            && self.forget.is_empty()
            && self.remember.is_empty()
            && self.snapshots.is_empty()
    }
}

/// Keeps one instance: its stream, its outcomes, its outbox cursor, and its copies of foreign streams.
pub trait Storage {
    /// The last event of the instance, and its outbox cursor.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn head(&self) -> Result<Head, Fault>;

    /// Own events, ascending. May return fewer than asked for, but at least one if there is one.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    fn events(&self, slice: &Slice<'_>) -> Result<Vec<Envelope>, Fault>;

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

    /// Every foreign stream of which something was received.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn sources(&self) -> Result<Vec<StreamId>, Fault>;

    /// The copy of a foreign stream.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    fn remembered(&self, stream: &StreamId) -> Result<ForeignStream, Fault>;

    /// Number of single events of a foreign stream: those after the snapshot, if there is one.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn remembered_count(&self, stream: &StreamId) -> Result<u64, Fault>;

    /// Every foreign stream of which there is a snapshot, and the schema version of its state.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    fn foreign_snapshots(&self) -> Result<Vec<(StreamId, u32)>, Fault>;

    /// Writes all of it in one transaction, or nothing.
    ///
    /// # Errors
    /// Fails if storage fails, or the first event is not the one after the head.
    fn commit(&self, write: &Write) -> Result<(), Fault>;

    /// Moves the outbox cursor.
    ///
    /// # Errors
    /// Fails if storage fails.
    fn set_confirmed(&self, through: Version) -> Result<(), Fault>;

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
    /// left.
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
