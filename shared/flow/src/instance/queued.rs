//! Takes commands that come by a queue, and remembers how each has ended.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use edgefold_kernel::{Failure, Fault, Foreign, Id, Principal, Timestamp, limits};

use super::{Instance, Loaded, command::Wanted};
use crate::{
    Message, Stamp,
    append::storage::{Slice, Storage, Write},
    decide::{Outcome, end_of, fingerprint},
    door::Asker,
    participant::Sight,
    queued::{Apart, Ended, Ending, Queued},
};

impl<S: Storage> Instance<S> {
    /// The commands of which nothing is known here to their sender, and whose end may be kept [apart](Apart): they may have come
    /// when there was no stream, or the ends of its commands are not kept here. One that came before these may have come at any
    /// time.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn unknown_of(&self, queued: &Queued, now: Timestamp) -> Result<Vec<Id>, Fault> {
        let sender = &queued.caller.principal;
        let is_young = self.may_have_begun_after(queued.sent_at)?;
        let commands = queued.commands.iter();
        let apart = commands.filter(|one| is_young || !self.keeps_end_of(one, sender));
        let mut asked: Vec<_> = apart.filter_map(|one| one.command_id.as_ref()).collect();
        asked.extend(queued.waits_for(self.run.facts().outcome_ttl_ms, now));
        let known = self.known_to(sender, &asked, now)?;
        Ok(asked.into_iter().filter(|id| !known.contains_key(id)).cloned().collect())
    }

    /// True if there is no stream, or it began after this instant, or may have by another clock.
    fn may_have_begun_after(&self, instant: Timestamp) -> Result<bool, Fault> {
        let first = self.storage.events(&Slice { limit: 1, ..Slice::after(0) })?.pop();
        let latest = instant.plus_millis(-limits::CLOCK_SKEW_MS);
        Ok(first.is_none_or(|first| first.time > latest))
    }

    /// True if a command of this sender that is refused, or fails, leaves its end here: the sender may send it, and sees what
    /// becomes of it. Others would fill somebody else's instance, answer for its own commands of the same id, and learn that it
    /// is there.
    fn keeps_end_of(&self, message: &Message, sender: &Principal) -> bool {
        let command = self.run.read(&message.name, &message.payload);
        self.judged(|loaded| {
            let may_send = |command| self.run.may_send(sender, self.id(), command, &loaded.state);
            // What cannot be read is refused to those who see the instance, whoever may send it.
            self.run.may_see(sender, self.id(), &loaded.state)
                && command.as_ref().map_or(true, may_send)
        })
    }

    /// A judgement of the policy. A stream that cannot be read is why some commands fail: nobody counts as a stranger to it. Nor
    /// may a policy that panics keep a command from its end.
    fn judged(&self, judge: impl FnOnce(&Loaded) -> bool) -> bool {
        let judged = catch_unwind(AssertUnwindSafe(|| self.read(judge)));
        judged.is_ok_and(|judged| judged.unwrap_or(true))
    }

    /// The records of those of these commands that this sender may ask for. By the id of a command of somebody else, a stranger
    /// learns nothing.
    fn known_to(
        &self,
        sender: &Principal,
        command_ids: &[&Id],
        now: Timestamp,
    ) -> Result<BTreeMap<Id, Outcome>, Fault> {
        let mut known = self.known(command_ids, now)?;
        if !known.is_empty()
            && !self.judged(|loaded| self.run.may_see(sender, self.id(), &loaded.state))
        {
            for (id, outcome) in std::mem::take(&mut known) {
                if self.sender_of(&outcome)?.as_ref() == Some(sender) {
                    known.insert(id, outcome);
                }
            }
        }
        Ok(known)
    }

    /// Who has sent the command of an outcome; `None` if that is not recorded.
    fn sender_of(&self, outcome: &Outcome) -> Result<Option<Principal>, Fault> {
        if let Some(ending) = outcome.ending() {
            return Ok(Some(ending.sender));
        }
        let first = self.storage.events(&Slice { limit: 1, ..Slice::after(outcome.after) })?.pop();
        let first = first.filter(|it| it.command_id == outcome.command_id);
        Ok(first.and_then(|it| it.metadata.actor))
    }

    /// True if the command that is to be decided before these has no outcome yet.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn is_early(
        &self,
        queued: &Queued,
        apart: &[Apart],
        now: Timestamp,
    ) -> Result<bool, Fault> {
        match queued.waits_for(self.run.facts().outcome_ttl_ms, now) {
            Some(before) if apart.iter().any(|one| one.command_id == *before) => Ok(false),
            Some(before) => Ok(self.known_to(&queued.caller.principal, &[before], now)?.is_empty()),
            None => Ok(false),
        }
    }

    /// True if one of the commands has an outcome since it was sent. A failure that is older is none: it was sent again. Nor is
    /// anything that is kept apart and older: the command met no stream, which there may be now, or its sender was a stranger.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn has_ended(
        &self,
        message: &Message,
        queued: &Queued,
        apart: &[Apart],
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let Some(command_id) = &message.command_id else { return Ok(false) };
        let kept_ms = self.run.facts().outcome_ttl_ms;
        let is_since = |expires_at: Timestamp| expires_at.plus_millis(-kept_ms) >= queued.sent_at;
        let mut apart = apart.iter().filter(|one| one.command_id == *command_id);
        if apart.any(|one| is_since(one.expires_at)) {
            return Ok(true);
        }
        let mut known = self.known_to(&queued.caller.principal, &[command_id], now)?.into_values();
        Ok(known.any(|outcome| !outcome.has_failed() || is_since(outcome.expires_at)))
    }

    /// Decides a command that came by a queue. Returns how it ended if it was refused: that is to be
    /// [remembered](Self::remember).
    ///
    /// # Errors
    /// A fault changes nothing, and is to be tried again.
    pub fn handle_queued(
        &self,
        wanted: &Wanted<'_>,
        foreign: &Foreign,
        stamp: &Stamp<'_>,
    ) -> Result<Option<Ending>, Fault> {
        match self.handle(wanted, foreign, stamp) {
            Ok(_) => Ok(None),
            Err(Failure::Rejected(refused)) => {
                let ending = self.ending(wanted.message(), stamp.by)?;
                Ok(Some(Ending { refused: Some(refused), ..ending }))
            }
            Err(Failure::Faulted(fault)) => Err(fault),
        }
    }

    /// How a command ended that fails however often it is tried: it is to be [remembered](Self::remember).
    ///
    /// # Errors
    /// A defect if nobody has sent it.
    pub fn failed(&self, message: &Message, by: &Asker, failed: Fault) -> Result<Ending, Fault> {
        Ok(Ending { failed: Some(failed), ..self.ending(message, by)? })
    }

    fn ending(&self, message: &Message, by: &Asker) -> Result<Ending, Fault> {
        let missing = || Fault::Defect("a queued command without a sender".into());
        let sender = by.principal().cloned().ok_or_else(missing)?;
        let content = fingerprint(&message.name, &message.payload);
        Ok(Ending { refused: None, failed: None, content, sender })
    }

    /// Remembers how a command ended. Where there is no stream nothing is stored, nor for a sender who is a stranger here: what is
    /// returned is to be kept apart.
    ///
    /// # Errors
    /// Fails if storage fails; a defect if the command has no id.
    pub fn remember(
        &self,
        message: &Message,
        ending: &Ending,
        now: Timestamp,
    ) -> Result<Option<Apart>, Fault> {
        let missing = || Fault::Defect("a queued command without an id".into());
        let command_id = message.command_id.clone().ok_or_else(missing)?;
        let expires_at = now.plus_millis(self.run.facts().outcome_ttl_ms);
        let version = self.storage.head()?.version;
        if version == 0 || !self.keeps_end_of(message, &ending.sender) {
            let (of, ending) = (self.stream().clone(), ending.clone());
            return Ok(Some(Apart { of, command_id, ending, expires_at }));
        }
        let said = serde_json::to_string(ending);
        let fingerprint = said.map_err(|error| Fault::Defect(error.to_string()))?;
        let outcome =
            Outcome { command_id, fingerprint, after: version, through: version, expires_at };
        let ends = end_of(outcome.day());
        // Not by way of the state: a stream that cannot be read is why some commands fail.
        let partition = self.storage.partition()?.unwrap_or(self.begins_in);
        self.storage.commit(&Write { outcomes: vec![outcome], partition, ..Write::default() })?;
        if let Some(known) = self.expiry.get() {
            self.expiry.set(Some(known.into_iter().chain([ends]).min()));
        }
        Ok(None)
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
        let sender = self.sender_of(&outcome)?;
        if sender.as_ref().is_none_or(|sender| by.principal() != Some(sender)) {
            sight?;
        }
        if let Some(ending) = outcome.ending() {
            return Ok(Some(ending.into()));
        }
        Ok(self.outcome(command_id, now)?.map(Ended::Accepted))
    }
}
