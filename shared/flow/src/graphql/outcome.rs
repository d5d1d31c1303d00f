//! The result of a command. A refusal is data: a member of the union, not an error.

use async_graphql::{Error, ErrorExtensions, ID, SimpleObject, Union};
use edgefold_kernel::{Failure, Id, Rejection};

use super::{AggregateType, EventType, faulted, int};

/// The result of a command.
#[derive(Union)]
pub enum CommandResult {
    /// It was decided and its events are stored.
    Accepted(Accepted),
    /// It was refused and changed nothing.
    Rejected(Rejected),
}

/// The command was decided, and its events are stored.
#[derive(SimpleObject)]
pub struct Accepted {
    /// The command's id, made up when none was given.
    command_id: ID,
    /// Type of the aggregate that decided.
    aggregate_type: AggregateType,
    /// Instance that decided, made up when none was given.
    aggregate_id: ID,
    /// Version of the first event; the current version when nothing had to be stored.
    first_version: i32,
    /// Version of the stream after the command.
    version: i32,
    /// The stored events.
    events: Vec<EventRef>,
    /// Milliseconds to wait for the outcome that follows before asking for it.
    confirm_within_ms: i32,
    /// True if this is the outcome of an earlier send of the same command.
    duplicate: bool,
}

/// One stored event.
#[derive(SimpleObject)]
pub struct EventRef {
    /// Identifier, a UUIDv7.
    id: ID,
    /// Type of the event.
    #[graphql(name = "type")]
    event_type: EventType,
    /// Its place in the stream.
    version: i32,
}

/// The command was refused, and changed nothing.
#[derive(SimpleObject)]
pub struct Rejected {
    /// Stable code, for programs.
    code: String,
    /// A sentence for people that says what was expected.
    detail: String,
    /// Path of the offending field.
    field: Option<String>,
    /// Name of the business rule that said no.
    rule: Option<String>,
    /// Version of the stream when it was refused, where that is known.
    current_version: Option<i32>,
    /// The command's id, made up when none was given. Null when the one that was given is none.
    command_id: Option<ID>,
}

impl CommandResult {
    /// The result of a command, as data. A refusal and a fault name the command.
    ///
    /// # Errors
    /// A fault.
    pub fn of(
        result: Result<crate::Accepted, Failure>,
        command_id: Option<&Id>,
    ) -> Result<Self, Error> {
        match result {
            Ok(accepted) => Ok(Self::Accepted(accepted.into())),
            Err(Failure::Rejected(rejection)) => {
                let command_id = command_id.map(|id| id.as_str().into());
                Ok(Self::Rejected(Rejected { command_id, ..rejection.into() }))
            }
            Err(Failure::Faulted(fault)) => Err(faulted(&fault).extend_with(|_, extensions| {
                if let Some(id) = command_id {
                    extensions.set("commandId", id.as_str());
                }
            })),
        }
    }
}

impl From<crate::Accepted> for Accepted {
    fn from(it: crate::Accepted) -> Self {
        let event = |event: crate::command::EventRef| EventRef {
            id: event.id.into(),
            event_type: EventType(event.event_type),
            version: int(event.version),
        };
        Self {
            command_id: it.command_id.as_str().into(),
            aggregate_type: AggregateType(it.aggregate_type),
            aggregate_id: it.aggregate_id.as_str().into(),
            first_version: int(it.first_version),
            version: int(it.version),
            events: it.events.into_iter().map(event).collect(),
            confirm_within_ms: i32::try_from(it.confirm_within_ms).unwrap_or(i32::MAX),
            duplicate: it.duplicate,
        }
    }
}

impl From<Rejection> for Rejected {
    fn from(it: Rejection) -> Self {
        Self {
            code: it.code.into_owned(),
            detail: it.detail,
            field: it.field,
            rule: it.rule.map(std::borrow::Cow::into_owned),
            current_version: it.current_version.map(int),
            command_id: None,
        }
    }
}
