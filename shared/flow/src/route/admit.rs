//! A message is checked at a door before it is handed on.

use edgefold_kernel::{Id, Kind, Metadata, Principal, Rejection, command::CommandKind, payload};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Catalogue;
use crate::{
    Message,
    door::{header::check_trace, token::Caller},
    publish::is_reserved,
};

impl Message {
    /// Checks what a door can check: the caller may send at all, the aggregate and the command exist, the command may come
    /// from outside, the instance is named or may be made up, and the command has no id of the system's. Fills in the ids that
    /// were left out: a fresh one for the command, and one that follows from the command for the instance. The caller is
    /// filled in where it acts for itself and has left itself out; what is null is left out. Marks the causes that the caller
    /// named itself.
    ///
    /// # Errors
    /// `FORBIDDEN`, `UNKNOWN_AGGREGATE`, `UNKNOWN_COMMAND`, `COMMAND_INTERNAL`, `UNKNOWN_FIELD` for what the server writes into
    /// `metadata`, `MISSING_FIELD` for `aggregateId`, `INVALID_FIELD` for an id or a trace context, or `RESERVED_ID` for
    /// `commandId`.
    pub fn admit(
        mut self,
        catalogue: &Catalogue,
        by: &Caller,
        fresh: impl FnOnce() -> Id,
    ) -> Result<Self, Rejection> {
        by.check_sends()?;
        let entry = catalogue.entry(&self.aggregate_type)?;
        let kind = entry.commands.iter().find(|kind| kind.name == self.name);
        let kind = kind.ok_or_else(|| edgefold_kernel::command::unknown_command(&self.name))?;
        if kind.internal {
            let detail = format!("only the system itself sends {}", self.name);
            return Err(Rejection {
                field: Some("name".into()),
                ..Rejection::new(Kind::Forbidden, "COMMAND_INTERNAL", detail)
            });
        }
        if (entry.acts_for_itself)(&by.principal) {
            fill_in_caller(kind, &mut self.payload, &by.principal);
        }
        payload::without_nulls(&kind.shape, &mut self.payload);
        if let Some(metadata) = &mut self.metadata {
            check_metadata(metadata)?;
            metadata.correlation_claimed = metadata.correlation_id.is_some();
            metadata.causation_claimed = metadata.causation_id.is_some();
        }
        for (field, id) in [("aggregateId", &self.aggregate_id), ("commandId", &self.command_id)] {
            check_path(field, id.as_ref())?;
        }
        if self.aggregate_id.is_none() && !kind.may_begin() {
            return Err(Rejection::shape(
                "MISSING_FIELD",
                "aggregateId",
                "aggregateId is required",
            ));
        }
        if self.command_id.as_ref().is_some_and(is_reserved) {
            let detail = "choose another id: commands of the system itself have ids of this form";
            return Err(Rejection::shape("RESERVED_ID", "commandId", detail));
        }
        let command_id = self.command_id.get_or_insert_with(fresh);
        if self.aggregate_id.is_none() {
            self.aggregate_id = Some(generated_id(&by.principal, &self.aggregate_type, command_id));
        }
        Ok(self)
    }
}

/// Fills in the fields that are the caller where they are left out.
fn fill_in_caller(kind: &CommandKind, payload: &mut Value, principal: &Principal) {
    let (Some(shape), Some(payload)) = (kind.shape.object(), payload.as_object_mut()) else {
        return;
    };
    for field in shape.fields.iter().filter(|field| field.is_caller) {
        if payload.get(field.name).is_none_or(Value::is_null) {
            payload.insert(field.name.to_owned(), principal.subject.as_str().into());
        }
    }
}

/// Checks what a caller says of the causes of its command.
fn check_metadata(metadata: &Metadata) -> Result<(), Rejection> {
    for (field, is_set) in [
        ("metadata.actor", metadata.actor.is_some()),
        ("metadata.via", metadata.via.is_some()),
        ("metadata.answerBy", metadata.answer_by.is_some()),
        ("metadata.correlationClaimed", metadata.correlation_claimed),
        ("metadata.causationClaimed", metadata.causation_claimed),
    ] {
        if is_set {
            let detail = "leave it out: the server sets it";
            return Err(Rejection::shape("UNKNOWN_FIELD", field, detail));
        }
    }
    check_path("metadata.correlationId", metadata.correlation_id.as_ref())?;
    check_path("metadata.causationId", metadata.causation_id.as_ref())?;
    check_trace(metadata)
}

/// Checks that an id can stand in a path: an address leaves out the steps `.` and `..` before it is sent. Stored events may
/// hold such ids, so that [`Id`] itself takes them.
pub fn check_path(field: &'static str, id: Option<&Id>) -> Result<(), Rejection> {
    match id.map(Id::as_str) {
        Some("." | "..") => {
            let detail = "expected: an id other than . and .., which no path can name";
            Err(Rejection::shape("INVALID_FIELD", field, detail))
        }
        _ => Ok(()),
    }
}

/// The id of an instance whose first command named none. It follows from who asks, for what and under which command id,
/// so that a command that is sent again reaches the instance that it began. A UUIDv8 (RFC 9562, section 5.8) over SHA-256.
pub(super) fn generated_id(by: &Principal, aggregate_type: &str, command_id: &Id) -> Id {
    let parts = [by.role.as_str(), by.subject.as_str(), aggregate_type, command_id.as_str()];
    // None of them holds a NUL, so the parts cannot run into one another.
    let digest = Sha256::digest(parts.join("\0"));
    let bits = digest.iter().take(16).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let bits = bits & !(0xf << 76) | 8 << 76; // version
    let bits = bits & !(0b11 << 62) | 0b10 << 62; // variant
    let hex = format!("{bits:032x}");
    let group = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let groups = [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)];
    Id::parse(groups.join("-")).unwrap_or_else(|_| Id::nobody())
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::Role;

    use super::*;

    #[test]
    fn an_id_that_no_path_can_name_is_refused() {
        let id = |text: &str| Id::parse(text).unwrap();
        for bad in [".", ".."] {
            let refusal = check_path("aggregateId", Some(&id(bad))).unwrap_err();
            assert_eq!(
                (&*refusal.code, refusal.field.as_deref()),
                ("INVALID_FIELD", Some("aggregateId"))
            );
            let named = Metadata { causation_id: Some(id(bad)), ..Metadata::default() };
            let refusal = check_metadata(&named).unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some("metadata.causationId"));
        }
        for good in ["...", ".a", "a.", "%2e"] {
            assert_eq!(check_path("aggregateId", Some(&id(good))), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_the_system_writes_into_the_causes_no_caller_writes() {
        for (metadata, field) in [
            (Metadata { correlation_claimed: true, ..Metadata::default() }, "correlationClaimed"),
            (Metadata { causation_claimed: true, ..Metadata::default() }, "causationClaimed"),
            (
                Metadata {
                    answer_by: Some(edgefold_kernel::Timestamp::MAX),
                    ..Metadata::default()
                },
                "answerBy",
            ),
        ] {
            let refusal = check_metadata(&metadata).unwrap_err();
            assert_eq!(refusal.code, "UNKNOWN_FIELD");
            assert_eq!(refusal.field, Some(format!("metadata.{field}")));
        }
    }

    #[test]
    fn a_generated_id_follows_from_caller_type_and_command() {
        let id = |text: &str| Id::parse(text).unwrap();
        let by = |subject: &str, role| Principal::new(id(subject), role);
        let (ana, ben) = (by("ana", Role::new("guest")), by("ben", Role::new("guest")));
        let generated = generated_id(&ana, "room", &id("c-1"));
        assert_eq!(generated, generated_id(&ana, "room", &id("c-1")));
        // What is written here was given out: another result would begin a second instance at a repeat during a deploy.
        assert_eq!(generated.as_str(), "328ca1ec-1ef5-878f-9763-9560bbb4a9c8");
        for other in [
            generated_id(&ben, "room", &id("c-1")),
            generated_id(&by("ana", Role::new("staff")), "room", &id("c-1")),
            generated_id(&ana, "order", &id("c-1")),
            generated_id(&ana, "room", &id("c-2")),
        ] {
            assert_ne!(generated, other);
        }
    }
}
