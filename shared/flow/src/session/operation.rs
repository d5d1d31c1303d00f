//! What a client asked for, and how far that has come.

use crate::subscribe::Source;

/// What becomes of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is being looked at, or it is a query or mutation and being executed.
    Busy,
    /// Its source is being asked how far it has come.
    Joining,
    /// It follows its source.
    Live,
}

/// One active operation of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The client's name for it.
    pub id: String,
    /// How far it has come.
    pub stage: Stage,
    /// Where its events come from, once that is known.
    pub source: Option<Source>,
    /// Everything up to here was sent.
    pub cursor: u64,
    /// The source is known to have come so far.
    pub head: u64,
}

impl Operation {
    /// One that was just asked for.
    pub fn new(id: String) -> Self {
        Self { id, stage: Stage::Busy, source: None, cursor: 0, head: 0 }
    }

    /// Whether there is more to send than was sent.
    pub fn is_behind(&self) -> bool {
        self.stage == Stage::Live && self.cursor < self.head
    }
}
