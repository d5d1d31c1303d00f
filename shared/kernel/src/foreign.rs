//! An instance's copies of foreign streams.

use std::collections::BTreeMap;

use crate::{Envelope, StreamId, Version};

/// The state of a stream at some version, so that a fold can begin there.
///
/// A snapshot of an instance's own stream is derived and may be thrown away at any time. A snapshot of a foreign stream
/// replaces the events before it: without it the instance reads them again from their source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Version that the state is at.
    pub version: Version,
    /// Schema version of the state: of another one, the snapshot is ignored.
    pub state_version: u32,
    /// JSON text.
    pub state: String,
}

/// An instance's copy of one foreign stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForeignStream {
    /// The fold of the events up to some version; `None` while there are few events.
    pub snapshot: Option<Snapshot>,
    /// The events after the snapshot, ascending.
    pub events: Vec<Envelope>,
}

/// The copies of foreign streams that a decision may read, each as of some version.
#[derive(Debug, Default)]
pub struct Foreign {
    streams: BTreeMap<StreamId, ForeignStream>,
}

impl Foreign {
    /// Adds the copy of a stream.
    pub fn insert(&mut self, stream: StreamId, remembered: ForeignStream) {
        self.streams.insert(stream, remembered);
    }

    /// The copy of a stream, if there is one.
    pub(crate) fn get(&self, stream: &StreamId) -> Option<&ForeignStream> {
        self.streams.get(stream)
    }
}
