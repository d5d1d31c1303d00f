//! A mutation: a command of an aggregate, from its typed input.

use std::sync::Arc;

use async_graphql::{Context, Error, ID};
use edgefold_kernel::{Aggregate, Failure, Fault, Rejection, Version};
use serde::Serialize;

use super::{CommandResult, gateway::Gateway};
use crate::{Message, door::json};

/// The arguments of every mutation besides its input.
pub struct Arguments {
    /// The instance; made up when it is left out and the command begins a stream.
    pub id: Option<ID>,
    /// Idempotency key; made up when it is left out.
    pub command_id: Option<ID>,
    /// The version that the stream must be at; 0: it must not exist.
    pub expected_version: Option<i32>,
}

/// Sends a command of this aggregate.
///
/// # Errors
/// A fault. A refusal is data.
pub async fn send<A: Aggregate>(
    context: &Context<'_>,
    name: &str,
    payload: impl Serialize,
    arguments: Arguments,
) -> Result<CommandResult, Error> {
    // The content of a command is the same at every door, however its numbers are written.
    let payload = serde_json::to_value(payload).map(json::plain);
    let payload = payload.map_err(|error| Fault::Defect(error.to_string()));
    let message = payload
        .map_err(Failure::from)
        .and_then(|payload| Ok(message(A::TYPE, name, payload, arguments)?));
    match message {
        Ok(mut message) => {
            let gateway = context.data::<Arc<dyn Gateway>>()?;
            let command_id = message.command_id.get_or_insert_with(|| gateway.fresh_id()).clone();
            CommandResult::of(gateway.command(message).await, Some(&command_id))
        }
        Err(failure) => CommandResult::of(Err(failure), None),
    }
}

fn message(
    aggregate_type: &str,
    name: &str,
    payload: serde_json::Value,
    arguments: Arguments,
) -> Result<Message, Rejection> {
    let id = |field: &'static str, id: Option<ID>| {
        let invalid = |said| Rejection::shape("INVALID_FIELD", field, format!("expected: {said}"));
        id.map(|id| edgefold_kernel::Id::parse(id.0).map_err(invalid)).transpose()
    };
    let expected_version = arguments.expected_version.map(|version| {
        let invalid =
            |_| Rejection::shape("INVALID_FIELD", "expectedVersion", "expected: a version from 0");
        Version::try_from(version).map_err(invalid)
    });
    Ok(Message {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: id("id", arguments.id)?,
        name: name.to_owned(),
        payload,
        command_id: id("commandId", arguments.command_id)?,
        expected_version: expected_version.transpose()?,
        metadata: None,
    })
}
