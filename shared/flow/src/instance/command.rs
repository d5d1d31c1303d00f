//! Decides commands, one or many, and answers them.

use edgefold_kernel::{
    Envelope, Failure, Fault, Foreign, Id, Kind, Metadata, Principal, Rejection, StreamId,
    Timestamp,
};

use super::{
    Instance, Loaded,
    draft::Draft,
    run::{Command, State},
};
use crate::{
    Accepted, Message, Stamp,
    append::{
        Cause,
        storage::{Slice, Storage, Write},
    },
    command::EventRef,
    decide::{Outcome, check_expected, check_repeat, fingerprint},
};

/// A message, with the command in it, or why there is none.
pub struct Wanted<'a> {
    message: &'a Message,
    command: Result<Command, Rejection>,
}

impl Wanted<'_> {
    /// The message that it was read from.
    pub fn message(&self) -> &Message {
        self.message
    }
}

/// The result of a message, before it is committed.
struct Decided {
    outcome: Outcome,
    duplicate: bool,
}

impl<S: Storage> Instance<S> {
    /// Reads the command of a message.
    pub fn wanted<'a>(&self, message: &'a Message) -> Wanted<'a> {
        Wanted { message, command: self.run.read(&message.name, &message.payload) }
    }

    /// Foreign streams that the decision on this message needs. Empty when the message will not be decided anyway: no
    /// source is asked for a caller that may not send the command, or for a repeat.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn rests_on(&self, wanted: &Wanted<'_>, stamp: &Stamp<'_>) -> Result<Vec<StreamId>, Fault> {
        let Ok(command) = &wanted.command else { return Ok(Vec::new()) };
        let streams = self.run.rests_on(command, stamp.by.principal());
        if streams.is_empty() {
            return Ok(streams);
        }
        // A stranger is answered as if the instance did not exist: that decision rests on the same, also when the command's
        // id is somebody else's.
        let asks = |loaded: &Loaded| {
            let who = stamp.by.principal();
            let may_send =
                who.is_none_or(|who| self.run.may_send(who, self.id(), command, &loaded.state));
            let is_stranger =
                || who.is_some_and(|who| self.is_stranger(who, command, &loaded.state));
            (may_send, !may_send && is_stranger())
        };
        let is_known = match (self.read(asks)?, &wanted.message.command_id) {
            ((false, false), _) => return Ok(Vec::new()),
            ((true, _), Some(id)) => self.known_one(id, stamp.now)?.is_some(),
            _ => false,
        };
        Ok(if is_known { Vec::new() } else { streams })
    }

    /// Decides a command and appends its events. `foreign` has the states of the streams that the decision
    /// [rests on](Self::rests_on).
    ///
    /// # Errors
    /// A rejection or a fault changes nothing.
    pub fn handle(
        &self,
        wanted: &Wanted<'_>,
        foreign: &Foreign,
        stamp: &Stamp<'_>,
    ) -> Result<Accepted, Failure> {
        let known = |id| self.known_one(id, stamp.now);
        let earlier = wanted.message.command_id.as_ref().map(known).transpose()?.flatten();
        let decided = self.work(stamp, |draft| draft.handle(wanted, foreign, earlier))?;
        Ok(self.accepted(decided, stamp.now)?)
    }

    /// Decides commands, each by itself, and commits all their events in one transaction. Meant for commands that rest on no
    /// foreign stream.
    ///
    /// If one of them panics, or the commit fails, they are decided one by one: only those fail that fail alone.
    pub fn handle_all(
        &self,
        wanted: &[Wanted<'_>],
        stamp: &Stamp<'_>,
    ) -> Vec<Result<Accepted, Failure>> {
        let decided = self.work(stamp, |draft| {
            let ids: Vec<_> =
                wanted.iter().filter_map(|one| one.message.command_id.as_ref()).collect();
            let earlier = self.known(&ids, stamp.now)?;
            let handle = |one: &Wanted<'_>| {
                let id = one.message.command_id.as_ref();
                let earlier = id.and_then(|id| earlier.get(id).cloned());
                draft.handle(one, &Foreign::default(), earlier)
            };
            Ok(wanted.iter().map(handle).collect::<Vec<_>>())
        });
        match decided {
            Ok(all) => all.into_iter().map(|one| Ok(self.accepted(one?, stamp.now)?)).collect(),
            Err(_) => {
                let alone = |one| self.handle(one, &Foreign::default(), stamp);
                wanted.iter().map(alone).collect()
            }
        }
    }

    /// The first answer to an accepted command.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn outcome(&self, command_id: &Id, now: Timestamp) -> Result<Option<Accepted>, Fault> {
        let outcome = self.known_one(command_id, now)?;
        let outcome = outcome.filter(|it| it.refusal().is_none() && it.ending().is_none());
        let known = |outcome| self.accepted(Decided { outcome, duplicate: true }, now);
        outcome.map(known).transpose()
    }

    /// True for a caller that may not see the instance, and that might send this command if the instance did not exist.
    fn is_stranger(&self, who: &Principal, command: &Command, state: &State) -> bool {
        command.kind.may_begin()
            && !self.run.may_see(who, self.id(), state)
            && self.run.may_send(who, self.id(), command, &self.run.empty())
    }

    fn accepted(&self, decided: Decided, now: Timestamp) -> Result<Accepted, Fault> {
        let Decided { outcome, duplicate } = decided;
        let within =
            |event: &&Envelope| (outcome.after + 1..=outcome.through).contains(&event.version);
        let name = |event: &Envelope| EventRef {
            id: event.id.clone(),
            event_type: event.event_type.clone(),
            version: event.version,
        };
        let fresh: Vec<_> = self.appended.borrow().iter().filter(within).map(name).collect();
        let events = if fresh.is_empty() && outcome.through > outcome.after {
            let slice = Slice { through: outcome.through, ..Slice::after(outcome.after) };
            self.storage.events(&slice)?.iter().map(name).collect()
        } else {
            fresh
        };
        let appended = (outcome.after, outcome.through);
        let confirm_within_ms = self.confirm_within(appended, !duplicate, now)?;
        Ok(Accepted {
            aggregate_type: self.run.facts().aggregate_type.to_owned(),
            aggregate_id: self.id().clone(),
            first_version: outcome.through.min(outcome.after + 1),
            version: outcome.through,
            command_id: outcome.command_id,
            events,
            confirm_within_ms,
            duplicate,
        })
    }
}

impl<S: Storage> Draft<'_, S> {
    /// Checks the policy first, so that a stranger learns nothing; then idempotency, the expected version, the rules.
    fn handle(
        &mut self,
        Wanted { message, command }: &Wanted<'_>,
        foreign: &Foreign,
        earlier: Option<Outcome>,
    ) -> Result<Decided, Failure> {
        let missing = || Rejection::shape("MISSING_FIELD", "commandId", "commandId is required");
        let command_id = message.command_id.clone().ok_or_else(missing)?;
        if let Err(refusal) = self.authorise(command.as_ref()) {
            if let Ok(command) = command {
                let who = self.stamp.by.principal();
                let is_stranger = |who| self.instance.is_stranger(who, command, &self.loaded.state);
                if who.is_some_and(is_stranger) {
                    self.refused_when_free(message, command, foreign, &command_id)?;
                }
            }
            return Err(refusal.into());
        }
        let content = fingerprint(&message.name, &message.payload);
        let drafted = self.write.outcomes.iter().find(|outcome| outcome.command_id == command_id);
        let earlier = drafted.cloned().or(earlier);
        let counts = |it: &Outcome| it.expires_at > self.stamp.now && !it.has_failed();
        if let Some(outcome) = earlier.filter(counts) {
            check_repeat(&outcome, &content)?;
            return Ok(Decided { outcome, duplicate: true });
        }
        let after = self.loaded.head.version;
        check_expected(message.expected_version, after)?;
        let command = command.as_ref().map_err(|refusal| refusal.clone().at(after))?;
        let cause = Cause { command_id, metadata: self.metadata(message) };
        self.decide(command, foreign, &cause)?;
        let outcome = self.remember_outcome(&cause, content, after);
        Ok(Decided { outcome, duplicate: false })
    }

    /// What a stranger is answered that creates an instance which exists: what it would be answered if the instance did not
    /// exist, where that is a refusal. Otherwise refusals would tell which ids are taken, and leave no trace.
    ///
    /// # Errors
    /// What refuses the command on an empty stream.
    fn refused_when_free(
        &self,
        message: &Message,
        command: &Command,
        foreign: &Foreign,
        command_id: &Id,
    ) -> Result<(), Failure> {
        check_expected(message.expected_version, 0)?;
        let loaded = Loaded::empty(self.instance.run);
        let (instance, stamp) = (self.instance, self.stamp);
        let mut draft = Draft { instance, stamp, loaded, write: Write::default(), fresh: vec![] };
        let cause = Cause { command_id: command_id.clone(), metadata: self.metadata(message) };
        draft.decide(command, foreign, &cause)
    }

    /// The causes of a command, with its sender.
    fn metadata(&self, message: &Message) -> Metadata {
        let mut metadata = message.metadata.clone().unwrap_or_default();
        if let Some(principal) = self.stamp.by.principal() {
            metadata.actor = Some(principal.clone());
            metadata.via = self.stamp.by.via().cloned();
        }
        metadata
    }

    /// Checks the policy. A command that cannot be read cannot be judged: it is refused as unreadable, and callers that
    /// may see the instance also get its version.
    fn authorise(&self, command: Result<&Command, &Rejection>) -> Result<(), Rejection> {
        let Some(principal) = self.stamp.by.principal() else { return Ok(()) };
        let (id, state) = (self.instance.id(), &self.loaded.state);
        match command {
            Ok(command) if self.instance.run.may_send(principal, id, command, state) => Ok(()),
            Ok(_) => {
                let detail = "you may not send this command to this instance";
                Err(Rejection::new(Kind::Forbidden, "FORBIDDEN", detail))
            }
            Err(_) if self.instance.run.may_see(principal, id, state) => Ok(()),
            Err(refusal) => Err(refusal.clone()),
        }
    }
}
