//! Step 4, **publish**: the stored events *are* the outbox. A cursor runs over them; what lies behind it goes to the
//! bus, together with the commands that follow from it.

use edgefold_kernel::{Envelope, Fault, Id, Metadata, Timestamp, Version, limits};
use serde::{Deserialize, Serialize};

use crate::{Message, Request};

/// What travels on the bus: an event, and the commands that follow from it. JSON text of at most [`limits::LETTER_BYTES`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// What happened.
    pub event: Envelope,
    /// What its aggregate asks of others because of it. A refusal goes back to the event's stream.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errands: Vec<Message>,
}

impl Letter {
    /// The letter of a stored event. The commands in it carry ids that are derived from the event's, so that a repeat is
    /// a duplicate.
    ///
    /// # Errors
    /// [`Fault::Defect`] when a derived id is none.
    pub fn new(event: Envelope, requests: Vec<Request>) -> Result<Self, Fault> {
        let metadata = caused_by(&event)?;
        let errand = |(index, request): (usize, Request)| {
            Ok(Message {
                aggregate_type: request.to.aggregate_type,
                aggregate_id: Some(request.to.aggregate_id),
                name: request.name.to_owned(),
                payload: request.payload,
                command_id: Some(derived_id(&event, index)?),
                expected_version: None,
                metadata: Some(metadata.clone()),
            })
        };
        let errands = requests.into_iter().enumerate().map(errand).collect::<Result<_, Fault>>()?;
        Ok(Self { event, errands })
    }

    /// Its text on the bus.
    ///
    /// # Errors
    /// [`Fault::Defect`] when it has no JSON form.
    pub fn text(&self) -> Result<String, Fault> {
        serde_json::to_string(self).map_err(|error| Fault::Defect(error.to_string()))
    }
}

/// Id of the command number `index` that follows from an event.
///
/// # Errors
/// [`Fault::Defect`] when the event's id is none.
pub fn derived_id(event: &Envelope, index: usize) -> Result<Id, Fault> {
    Id::parse(format!("{}.{index}", event.id)).map_err(|said| Fault::Defect(said.to_owned()))
}

/// What a command says of its cause when it follows from an event.
///
/// # Errors
/// [`Fault::Defect`] when the event's id is none.
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
    })
}

/// Texts for one call of `sendBatch`, with the version up to which they cover the stream.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    /// JSON texts of letters.
    pub texts: Vec<String>,
    /// Events up to here are in it.
    pub through: Version,
    /// When the oldest event in it was decided, where that is known.
    pub oldest: Option<Timestamp>,
    bytes: usize,
}

impl Batch {
    /// Adds the letter of the event at this version. Says no, and does not add it, when it would not fit the queue's
    /// limits any more.
    pub fn add(&mut self, version: Version, text: impl Into<String> + AsRef<str>) -> bool {
        let bytes = self.bytes + text.as_ref().len();
        let fits =
            self.texts.len() < limits::QUEUE_BATCH_MESSAGES && bytes <= limits::QUEUE_BATCH_BYTES;
        if fits {
            (self.bytes, self.through) = (bytes, version);
            self.texts.push(text.into());
        }
        fits
    }
}
