//! Step 4, **publish**: the stored events *are* the outbox. A cursor runs over them; what lies behind it goes to the
//! bus, together with the commands that follow from it.

use edgefold_kernel::{Envelope, Fault, Id, Metadata, StreamId, limits};
use serde::{Deserialize, Serialize};

use crate::{Message, Request};

/// What travels on the bus. JSON text, at most [`limits::EVENT_BYTES`] and a little.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Letter {
    /// Something happened.
    Event(Envelope),
    /// An aggregate asks another one.
    Command(Errand),
}

/// A command from one aggregate to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Errand {
    /// The command. Its id is derived from the event that asks for it, so that a repeat is a duplicate.
    pub message: Message,
    /// Type of the aggregate that is told when it is refused.
    pub from_type: String,
    /// Instance that is told when it is refused.
    pub from_id: Id,
}

/// The errand that a stored event asks for. `index` tells several errands of one event apart.
///
/// # Errors
/// [`Fault::Defect`] when the derived id is none.
pub fn errand(event: &Envelope, index: usize, request: Request) -> Result<Errand, Fault> {
    let id = |text: String| Id::parse(text).map_err(|said| Fault::Defect(said.to_owned()));
    let StreamId { aggregate_type, aggregate_id } = event.stream.clone();
    let metadata = Metadata {
        correlation_id: event
            .metadata
            .correlation_id
            .clone()
            .or_else(|| Some(event.command_id.clone())),
        causation_id: Some(id(event.id.clone())?),
        traceparent: event.metadata.traceparent.clone(),
    };
    let message = Message {
        aggregate_type: request.to.aggregate_type,
        aggregate_id: Some(request.to.aggregate_id),
        name: request.name.to_owned(),
        payload: request.payload,
        command_id: Some(id(format!("{}.{index}", event.id))?),
        expected_version: None,
        metadata: Some(metadata),
    };
    Ok(Errand { message, from_type: aggregate_type, from_id: aggregate_id })
}

/// Texts for one call of `sendBatch`, with the version up to which they cover the stream.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    /// JSON texts of letters.
    pub texts: Vec<String>,
    /// Events up to here are in it.
    pub through: u64,
    bytes: usize,
}

impl Batch {
    /// Adds all letters of one event. Says no, and adds none, when they would not fit the queue's limits any more; a
    /// batch that is still empty takes them in any case, since they would never fit better.
    pub fn add(&mut self, version: u64, letters: &[Letter]) -> Result<bool, Fault> {
        let texts: Result<Vec<String>, _> = letters.iter().map(serde_json::to_string).collect();
        let texts = texts.map_err(|error| Fault::Defect(error.to_string()))?;
        let bytes: usize = texts.iter().map(String::len).sum();
        let fits = self.texts.len() + texts.len() <= limits::QUEUE_BATCH_MESSAGES
            && self.bytes + bytes <= limits::QUEUE_BATCH_BYTES;
        if !fits && !self.texts.is_empty() {
            return Ok(false);
        }
        self.texts.extend(texts);
        (self.bytes, self.through) = (self.bytes + bytes, version);
        Ok(true)
    }
}
