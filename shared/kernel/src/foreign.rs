//! What an instance remembers of foreign streams.

use std::collections::BTreeMap;

use crate::{Envelope, StreamId, Version};

/// The state of a stream at some version, so that a fold can begin there.
///
/// That of an own stream is derived, and may be thrown away at any time. One of a foreign stream takes the place of the
/// events before it: without it they are read again from their source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Version that the state is at.
    pub version: Version,
    /// Schema version of the state: of another one, the snapshot is ignored.
    pub state_version: u32,
    /// JSON text.
    pub state: String,
}

/// What is remembered of one foreign stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForeignStream {
    /// The events up to some version, folded; none as long as there are few.
    pub snapshot: Option<Snapshot>,
    /// Those after it, ascending.
    pub events: Vec<Envelope>,
}

/// What a decision knows of foreign streams: a copy of the events that the instance asked for, as of some version.
#[derive(Debug, Default)]
pub struct Foreign {
    streams: BTreeMap<StreamId, ForeignStream>,
}

impl Foreign {
    /// Adds what is remembered of a stream.
    pub fn insert(&mut self, stream: StreamId, remembered: ForeignStream) {
        self.streams.insert(stream, remembered);
    }

    /// What is remembered of a stream, if anything.
    pub(crate) fn get(&self, stream: &StreamId) -> Option<&ForeignStream> {
        self.streams.get(stream)
    }
}
