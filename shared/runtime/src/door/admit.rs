//! A message is admitted at a door, and addressed to its instance.

use edgefold_flow::{Catalogue, Message, door::token::Caller};
use edgefold_kernel::{Failure, Fault, StreamId};

use crate::platform::clock;

/// Admits a message at a door, with ids made up where they were left out.
///
/// # Errors
/// The refusals of the door.
pub fn admit(message: Message, catalogue: &Catalogue, by: &Caller) -> Result<Message, Failure> {
    Ok(message.admit(catalogue, by, clock::fresh_id)?)
}

/// The instance that an admitted message goes to.
///
/// # Errors
/// A defect when the message was not admitted.
pub fn target(message: &Message) -> Result<StreamId, Fault> {
    let id = message
        .aggregate_id
        .clone()
        .ok_or_else(|| Fault::Defect("a message without an instance".into()))?;
    Ok(StreamId::new(message.aggregate_type.as_str(), id))
}
