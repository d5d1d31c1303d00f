//! Takes commands that come by a queue, and remembers how each has ended.

use edgefold_kernel::{Failure, Fault, Foreign, Id, Rejection, Timestamp};

use super::Instance;
use crate::{
    Message, Stamp,
    append::storage::{Slice, Storage, Write},
    decide::{Outcome, end_of, fingerprint},
    door::Asker,
    participant::Sight,
    queued::{Ended, Ending, Queued},
};

impl<S: Storage> Instance<S> {
    /// True if the command that is to be decided before these has no outcome yet.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn is_early(&self, queued: &Queued, now: Timestamp) -> Result<bool, Fault> {
        match queued.waits_for(self.run.facts().outcome_ttl_ms, now) {
            Some(before) => Ok(self.known_one(before, now)?.is_none()),
            None => Ok(false),
        }
    }

    /// True if a command has an outcome since it was sent. A failure that is older is none: it was sent again.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn has_ended(
        &self,
        message: &Message,
        sent_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let Some(command_id) = &message.command_id else { return Ok(false) };
        let known = self.known_one(command_id, now)?;
        let kept_ms = self.run.facts().outcome_ttl_ms;
        Ok(known.is_some_and(|outcome| {
            !outcome.has_failed() || outcome.expires_at.plus_millis(-kept_ms) >= sent_at
        }))
    }

    /// Decides a command that came by a queue. A refusal is remembered, and returned.
    ///
    /// # Errors
    /// A fault changes nothing, and is to be tried again.
    pub fn handle_queued(
        &self,
        message: &Message,
        foreign: &Foreign,
        stamp: &Stamp<'_>,
    ) -> Result<Option<Rejection>, Fault> {
        match self.handle(&self.wanted(message), foreign, stamp) {
            Ok(_) => Ok(None),
            Err(Failure::Rejected(refused)) => {
                self.remember(message, (Some(refused.clone()), None), stamp)?;
                Ok(Some(refused))
            }
            Err(Failure::Faulted(fault)) => Err(fault),
        }
    }

    /// Remembers that a command fails however often it is tried.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn give_up(
        &self,
        message: &Message,
        failed: Fault,
        stamp: &Stamp<'_>,
    ) -> Result<(), Fault> {
        self.remember(message, (None, Some(failed)), stamp)
    }

    fn remember(
        &self,
        message: &Message,
        (refused, failed): (Option<Rejection>, Option<Fault>),
        stamp: &Stamp<'_>,
    ) -> Result<(), Fault> {
        let missing = || Fault::Defect("a queued command without an id or a sender".into());
        let command_id = message.command_id.clone().ok_or_else(missing)?;
        let sender = stamp.by.principal().cloned().ok_or_else(missing)?;
        let content = fingerprint(&message.name, &message.payload);
        let ending = Ending { refused, failed, content, sender };
        let said = serde_json::to_string(&ending);
        let said = said.map_err(|error| Fault::Defect(error.to_string()))?;
        let version = self.storage.head()?.version;
        let expires_at = stamp.now.plus_millis(self.run.facts().outcome_ttl_ms);
        let outcome =
            Outcome { command_id, fingerprint: said, after: version, through: version, expires_at };
        let ends = end_of(outcome.day());
        // Not by way of the state: a stream that cannot be read is why some commands fail.
        let partition = self.storage.partition()?.unwrap_or(self.begins_in);
        self.storage.commit(&Write { outcomes: vec![outcome], partition, ..Write::default() })?;
        if let Some(known) = self.expiry.get() {
            self.expiry.set(Some(known.into_iter().chain([ends]).min()));
        }
        Ok(())
    }

    /// What has become of a command, for callers who may see the instance or have sent the command. `None` if nothing is known.
    ///
    /// # Errors
    /// `UNKNOWN_INSTANCE` for anybody else.
    pub fn ended(
        &self,
        command_id: &Id,
        by: &Asker,
        now: Timestamp,
    ) -> Result<Option<Ended>, Failure> {
        let sight = self.check_sight(by, Sight::Stream);
        let known = self.known_one(command_id, now)?.filter(|known| known.refusal().is_none());
        let Some(outcome) = known else { return sight.map(|()| None) };
        let sender = match outcome.ending() {
            Some(ending) => Some(ending.sender),
            None => {
                let slice = Slice { limit: 1, ..Slice::after(outcome.after) };
                let first = self.storage.events(&slice)?.pop();
                first.filter(|it| it.command_id == *command_id).and_then(|it| it.metadata.actor)
            }
        };
        if sender.as_ref().is_none_or(|sender| by.principal() != Some(sender)) {
            sight?;
        }
        if let Some(ending) = outcome.ending() {
            return Ok(Some(ending.into()));
        }
        Ok(self.outcome(command_id, now)?.map(Ended::Accepted))
    }
}
