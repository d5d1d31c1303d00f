//! Hooks around every decision of a deployment: the callers' commands, and those that follow from events, refusals and deadlines.
//!
//! A script has at most one of each, in its catalogue. They are as pure as the rules: they know no clock, no storage and no
//! network, and a repeat of the same command does not ask them again. Writing to the log is all that they may do besides.

use edgefold_kernel::{Envelope, Id, Metadata, Rejection, StreamId, Timestamp, Version};
use serde_json::Value;

use crate::door::Asker;

/// The hooks of a script.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// Before the rules: refuses, or adds to the metadata of the events that will follow.
    pub before: Option<Before>,
    /// After the rules and before the commit: refuses, or only looks at the events.
    pub after: Option<After>,
}

/// See [`Hooks::before`]. A refusal is the answer to the command, as one of the rules would be.
pub type Before = fn(&Asked<'_>, &mut Metadata) -> Result<(), Rejection>;

/// See [`Hooks::after`].
pub type After = fn(&Asked<'_>, &[Envelope]) -> Result<(), Rejection>;

/// A command that is being decided.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The instance that decides.
    pub stream: &'a StreamId,
    /// Version of its stream before the command.
    pub version: Version,
    /// Name of the command.
    pub name: &'a str,
    /// Its payload, well formed.
    pub payload: &'a Value,
    /// Its id.
    pub command_id: &'a Id,
    /// The instant of the decision.
    pub now: Timestamp,
    /// Who sends it: a caller, or the system itself.
    pub by: &'a Asker,
}

impl Hooks {
    /// None.
    pub const NONE: Self = Self { before: None, after: None };

    /// True if there is one.
    pub fn is_any(&self) -> bool {
        self.before.is_some() || self.after.is_some()
    }
}
