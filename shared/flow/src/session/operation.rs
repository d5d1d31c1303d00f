//! An operation of a client, and its progress.

use crate::subscribe::Source;

/// The stage of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is being examined, or it is a query or mutation that is being executed.
    Busy,
    /// Its source is being asked for the head.
    Joining,
    /// It follows its source.
    Live,
}

/// One active operation of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The client's name for it.
    pub id: String,
    /// Its stage.
    pub stage: Stage,
    /// The source of its events, once that is known.
    pub source: Option<Source>,
    /// Everything up to here was sent.
    pub cursor: u64,
    /// Cursor up to which the source is known to have come.
    pub head: u64,
}

impl Operation {
    /// A new operation.
    pub fn new(id: String) -> Self {
        Self { id, stage: Stage::Busy, source: None, cursor: 0, head: 0 }
    }

    /// True if there is more to send.
    pub fn is_behind(&self) -> bool {
        self.stage == Stage::Live && self.cursor < self.head
    }
}
