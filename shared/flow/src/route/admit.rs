//! A message is checked at a door before it is handed on.

use edgefold_kernel::{Id, Kind, Rejection};

use super::Catalogue;
use crate::Message;

impl Message {
    /// Checks what a door can check: the aggregate and the command exist, the command may come from outside, and the
    /// instance is named or may be made up. Fills in the ids that were left out.
    ///
    /// # Errors
    /// `UNKNOWN_AGGREGATE`, `UNKNOWN_COMMAND`, `COMMAND_INTERNAL`, or `MISSING_FIELD` for `aggregateId`.
    pub fn admit(
        mut self,
        catalogue: &Catalogue,
        fresh: impl Fn() -> Id,
    ) -> Result<Self, Rejection> {
        let entry = catalogue.entry(&self.aggregate_type)?;
        let kind = entry.commands.iter().find(|kind| kind.name == self.name);
        let kind = kind.ok_or_else(|| edgefold_kernel::command::unknown_command(&self.name))?;
        if kind.internal {
            let detail = format!("{} is sent by the system itself, not from outside", self.name);
            return Err(Rejection {
                field: Some("name".into()),
                ..Rejection::new(Kind::Forbidden, "COMMAND_INTERNAL", detail)
            });
        }
        if self.metadata.as_ref().is_some_and(|metadata| metadata.actor.is_some()) {
            let field = "metadata.actor";
            return Err(Rejection::shape("UNKNOWN_FIELD", field, "the system writes who acts"));
        }
        if self.aggregate_id.is_none() && !kind.creates {
            return Err(Rejection::shape(
                "MISSING_FIELD",
                "aggregateId",
                "aggregateId is required",
            ));
        }
        self.aggregate_id.get_or_insert_with(&fresh);
        self.command_id.get_or_insert_with(&fresh);
        Ok(self)
    }
}
