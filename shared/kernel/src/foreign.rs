//! The states of foreign streams, as their sources answered them for one decision.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{StreamId, Version};

/// The state of an instance that others decide on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForeignState {
    /// Version that the state is at; 0 when there is no stream.
    pub version: Version,
    /// Schema version of the state.
    pub state_version: u32,
    /// The state; null when there is no stream.
    pub state: Box<RawValue>,
}

/// The foreign states that a decision may read: those of the streams that it rests on.
#[derive(Debug, Default)]
pub struct Foreign {
    states: BTreeMap<StreamId, ForeignState>,
}

impl Foreign {
    /// Adds the state of a stream.
    pub fn insert(&mut self, stream: StreamId, state: ForeignState) {
        self.states.insert(stream, state);
    }

    /// The state of a stream, if its source was asked.
    pub(crate) fn get(&self, stream: &StreamId) -> Option<&ForeignState> {
        self.states.get(stream)
    }
}

impl FromIterator<(StreamId, ForeignState)> for Foreign {
    fn from_iter<T: IntoIterator<Item = (StreamId, ForeignState)>>(states: T) -> Self {
        Self { states: states.into_iter().collect() }
    }
}
