//! The commands that follow from an event.

use edgefold_kernel::{Envelope, Fault, Id, Metadata};

use crate::{Errand, Message};

/// The messages of an event's errands. They carry ids that are derived from the event's, so that they are the same however
/// often they are derived.
///
/// # Errors
/// [`Fault::Defect`] when a derived id is not valid.
pub fn messages(event: &Envelope, errands: Vec<Errand>) -> Result<Vec<Message>, Fault> {
    if errands.is_empty() {
        return Ok(Vec::new());
    }
    let metadata = caused_by(event)?;
    let message = |(index, errand): (usize, Errand)| {
        Ok(Message {
            aggregate_type: errand.to.aggregate_type,
            aggregate_id: Some(errand.to.aggregate_id),
            name: errand.name.to_owned(),
            payload: errand.payload,
            command_id: Some(derived_id(event, index)?),
            expected_version: None,
            metadata: Some(metadata.clone()),
        })
    };
    errands.into_iter().enumerate().map(message).collect()
}

/// Id of the command number `index` that follows from an event.
///
/// # Errors
/// [`Fault::Defect`] when the event's id is not valid.
pub fn derived_id(event: &Envelope, index: usize) -> Result<Id, Fault> {
    Id::parse(format!("{}.{index}", event.id)).map_err(|said| Fault::Defect(said.to_owned()))
}

/// The causes of a command that follows from an event.
///
/// # Errors
/// [`Fault::Defect`] when the event's id is not valid.
pub fn caused_by(event: &Envelope) -> Result<Metadata, Fault> {
    let event_id = Id::parse(event.id.as_str()).map_err(|said| Fault::Defect(said.to_owned()))?;
    Ok(Metadata {
        correlation_id: event
            .metadata
            .correlation_id
            .clone()
            .or_else(|| Some(event.command_id.clone())),
        causation_id: Some(event_id),
        traceparent: event.metadata.traceparent.clone(),
        actor: event.metadata.actor.clone(),
        answer_by: None,
    })
}
