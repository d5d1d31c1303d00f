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

/// Beginning of the id under which an instance notes that its errand was refused; the errand's id follows.
pub const REFUSED: &str = "refused.";

/// Beginning of the id of a deadline's command; the id of the stream's latest event follows.
pub const DEADLINE: &str = "deadline.";

/// True for the ids that commands of the system have: those of [`derived_id`], and those that begin with [`REFUSED`] or
/// [`DEADLINE`]. No caller may choose one: the outcome of its command would stand where that of the system's belongs, and
/// the system's would count as a repeat.
pub fn is_reserved(command_id: &Id) -> bool {
    let id = command_id.as_str();
    let is_derived = id.rsplit_once('.').is_some_and(|(event, index)| {
        is_uuid(event) && !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_derived || id.starts_with(REFUSED) || id.starts_with(DEADLINE)
}

/// True for 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
fn is_uuid(text: &str) -> bool {
    let is_hex = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.split('-').all(is_hex)
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
        // The system knows the cause: it is this event.
        causation_claimed: false,
        answer_by: None,
        ..event.metadata.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_systems_own_commands_are_reserved() {
        let event = "0190a7a0-0000-7000-8000-00000000000a";
        let reserved = [
            format!("{event}.0"),
            format!("{event}.12"),
            format!("{}.1", event.to_uppercase()),
            format!("refused.{event}.0"),
            format!("deadline.{event}"),
            "refused.".into(),
            "deadline.x".into(),
        ];
        let free = [
            event.into(),
            format!("{event}."),
            format!("{event}.x"),
            format!("{event}.1x"),
            format!("{event}.-1"),
            format!("{event}.1.2"),
            format!("x{event}.1"),
            format!("{}.1", &event[1..]),
            format!("{}.1", event.replace('-', "")),
            format!("{}.1", event.replace('a', "g")),
            format!("retry-of-{event}.1"),
            "order-7.1".into(),
            "refused".into(),
            "Refused.x".into(),
            "not-refused.x".into(),
            "deadlines.x".into(),
            ".1".into(),
            "-".into(),
        ];
        let judged = |ids: &[String], expected| {
            for id in ids {
                assert_eq!(is_reserved(&Id::parse(id.as_str()).unwrap()), expected, "{id}");
            }
        };
        judged(&reserved, true);
        judged(&free, false);
    }
}
