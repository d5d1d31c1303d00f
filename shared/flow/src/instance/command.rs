//! Decides commands, one or many, and answers them.

use edgefold_kernel::{
    CommandSet, Envelope, Failure, Fault, Id, Kind, Rejection, StreamId, Timestamp, Version,
};

use super::{Instance, Loaded, draft::Draft};
use crate::{
    Accepted, Message, Participant, Stamp,
    append::{
        Cause,
        storage::{Slice, Storage, Write},
    },
    command::EventRef,
    decide::{Outcome, check_expected, check_repeat, fingerprint},
    door::Asker,
    receive::Delivery,
};

/// The result of a message, before it is committed.
struct Decided {
    outcome: Outcome,
    duplicate: bool,
}

impl<A: Participant, S: Storage> Instance<A, S> {
    /// Foreign streams that the decision on this message needs, with the versions up to which there are copies. Empty
    /// when the message will not be decided anyway: no source is asked for a caller that may not send the command.
    ///
    /// # Errors
    /// Fails if storage fails.
    pub fn rests_on(
        &self,
        message: &Message,
        by: &Asker,
        now: Timestamp,
    ) -> Result<Vec<(StreamId, Version)>, Fault> {
        if A::REMEMBERS.is_empty() {
            return Ok(Vec::new());
        }
        let Ok(command) = A::Command::read(&message.name, &message.payload) else {
            return Ok(Vec::new());
        };
        let streams = A::rests_on(&command);
        let may_send = |loaded: &Loaded<A::State>| {
            by.principal().is_none_or(|who| A::may_send(who, self.id(), &command, &loaded.state))
        };
        if streams.is_empty() || !self.read(may_send)? {
            return Ok(Vec::new());
        }
        match &message.command_id {
            Some(id) if self.known_one(id, now)?.is_some() => Ok(Vec::new()),
            _ => streams
                .into_iter()
                .map(|stream| self.storage.mark(&stream).map(|mark| (stream, mark)))
                .collect(),
        }
    }

    /// Decides a command and appends its events, together with the copies of foreign streams that the decision needs.
    ///
    /// # Errors
    /// A rejection changes nothing, but that of an errand is remembered. A fault changes nothing either.
    pub fn handle(
        &self,
        message: &Message,
        copies: &[Delivery],
        stamp: &Stamp<'_>,
    ) -> Result<Accepted, Failure> {
        let known = |id| self.known_one(id, stamp.now);
        let earlier = message.command_id.as_ref().map(known).transpose()?.flatten();
        let is_known = earlier.is_some();
        match self.work(stamp, |draft| draft.handle(message, copies, earlier)) {
            Ok(decided) => Ok(self.accepted(decided)?),
            Err(Failure::Rejected(refusal)) if !is_known => {
                let version = self.head()?.version;
                if let Some(outcome) = Self::refusal_outcome(message, &refusal, version, stamp)? {
                    self.storage.commit(&Write { outcomes: vec![outcome], ..Write::default() })?;
                }
                Err(refusal.into())
            }
            Err(failure) => Err(failure),
        }
    }

    /// The record of a refusal, if one is stored. A refused command from outside may be tried again. A command that
    /// follows from an event is decided once: see [`Outcome::refusal`]. An instance that does not exist stores nothing.
    fn refusal_outcome(
        message: &Message,
        refusal: &Rejection,
        version: Version,
        stamp: &Stamp<'_>,
    ) -> Result<Option<Outcome>, Fault> {
        let follows = message.metadata.as_ref().is_some_and(|it| it.causation_id.is_some());
        let is_errand = follows && *stamp.by == Asker::System && refusal.kind == Kind::Rule;
        let (Some(command_id), true) = (&message.command_id, is_errand && version > 0) else {
            return Ok(None);
        };
        let fingerprint =
            serde_json::to_string(refusal).map_err(|error| Fault::Defect(error.to_string()))?;
        Ok(Some(Outcome {
            command_id: command_id.clone(),
            fingerprint,
            after: version,
            through: version,
            expires_at: stamp.now.plus_millis(A::OUTCOME_TTL_MS),
        }))
    }

    /// Decides sequences of commands, each command by itself, and commits all their events in one transaction.
    /// A fault ends its sequence: the commands behind it are not decided. Meant for commands that need no foreign
    /// stream.
    ///
    /// If one of them panics, or the commit fails, they are decided one by one: only those fail that fail alone.
    pub fn handle_all(
        &self,
        sequences: &[&[Message]],
        stamp: &Stamp<'_>,
    ) -> Vec<Vec<Result<Accepted, Failure>>> {
        if sequences.is_empty() {
            return Vec::new();
        }
        let decided = self.work(stamp, |draft| {
            let messages = sequences.iter().copied().flatten();
            let ids: Vec<_> = messages.filter_map(|message| message.command_id.as_ref()).collect();
            let earlier = self.known(&ids, stamp.now)?;
            let mut handle = |message: &Message| {
                let earlier = message.command_id.as_ref().and_then(|id| earlier.get(id).cloned());
                draft.handle_or_remember(message, earlier)
            };
            let sequences = sequences.iter();
            Ok(sequences.map(|messages| until_fault(messages, &mut handle)).collect::<Vec<_>>())
        });
        let accepted = |one: Result<Decided, Failure>| Ok(self.accepted(one?)?);
        match decided {
            Ok(all) => all.into_iter().map(|one| one.into_iter().map(accepted).collect()).collect(),
            Err(_) => {
                let alone = |message: &Message| self.handle(message, &[], stamp);
                sequences.iter().map(|messages| until_fault(messages, alone)).collect()
            }
        }
    }

    /// The first answer to an accepted command.
    ///
    /// # Errors
    /// Fails if storage fails or what is stored cannot be read.
    pub fn outcome(&self, command_id: &Id, now: Timestamp) -> Result<Option<Accepted>, Fault> {
        let outcome = self.known_one(command_id, now)?;
        let outcome = outcome.filter(|outcome| outcome.refusal().is_none());
        outcome.map(|outcome| self.accepted(Decided { outcome, duplicate: true })).transpose()
    }

    fn accepted(&self, decided: Decided) -> Result<Accepted, Fault> {
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
        Ok(Accepted {
            aggregate_type: A::TYPE.to_owned(),
            aggregate_id: self.id().clone(),
            first_version: outcome.through.min(outcome.after + 1),
            version: outcome.through,
            command_id: outcome.command_id,
            events,
            confirm_within_ms: A::CONFIRM_WITHIN_MS,
            duplicate,
        })
    }
}

/// The results of commands in order, up to the first fault.
fn until_fault<T>(
    messages: &[Message],
    mut handle: impl FnMut(&Message) -> Result<T, Failure>,
) -> Vec<Result<T, Failure>> {
    let mut results = Vec::with_capacity(messages.len());
    for message in messages {
        let result = handle(message);
        let is_fault = matches!(result, Err(Failure::Faulted(_)));
        results.push(result);
        if is_fault {
            break;
        }
    }
    results
}

impl<A: Participant, S: Storage> Draft<'_, A, S> {
    /// Drafts the events of a command that needs no foreign stream, or the refusal of an errand.
    fn handle_or_remember(
        &mut self,
        message: &Message,
        earlier: Option<Outcome>,
    ) -> Result<Decided, Failure> {
        let known = |outcome: &Outcome| {
            Some(&outcome.command_id) == message.command_id.as_ref()
                && outcome.expires_at > self.stamp.now
        };
        let is_known = earlier.iter().chain(&self.write.outcomes).any(known);
        let result = self.handle(message, &[], earlier);
        if let (Err(Failure::Rejected(refusal)), false) = (&result, is_known) {
            let version = self.loaded.head.version;
            let outcome = Instance::<A, S>::refusal_outcome(message, refusal, version, self.stamp)?;
            self.write.outcomes.extend(outcome);
        }
        result
    }

    /// Checks the policy first, so that a stranger learns nothing; then idempotency, the expected version, the rules.
    fn handle(
        &mut self,
        message: &Message,
        copies: &[Delivery],
        earlier: Option<Outcome>,
    ) -> Result<Decided, Failure> {
        let missing = || Rejection::shape("MISSING_FIELD", "commandId", "commandId is required");
        let command_id = message.command_id.clone().ok_or_else(missing)?;
        let command = A::Command::read(&message.name, &message.payload);
        self.authorise(command.as_ref())?;
        let content = fingerprint(&message.name, &message.payload);
        let drafted = self.write.outcomes.iter().find(|outcome| outcome.command_id == command_id);
        let earlier = drafted.cloned().or(earlier);
        if let Some(outcome) = earlier.filter(|outcome| outcome.expires_at > self.stamp.now) {
            if let Some(refusal) = outcome.refusal() {
                return Err(refusal.into());
            }
            check_repeat(&outcome, &content)?;
            return Ok(Decided { outcome, duplicate: true });
        }
        let after = self.loaded.head.version;
        check_expected(message.expected_version, after)?;
        let command = command.map_err(|refusal| refusal.at(after))?;
        for copy in copies {
            for span in &copy.spans {
                self.absorb(&copy.source(), span, &[])?;
            }
        }
        let mut metadata = message.metadata.clone().unwrap_or_default();
        if let Some(principal) = self.stamp.by.principal() {
            metadata.actor = Some(principal.clone());
        }
        let cause = Cause { command_id, metadata };
        self.decide(&command, &cause)?;
        let outcome = self.remember_outcome(&cause, content, after);
        Ok(Decided { outcome, duplicate: false })
    }

    /// Checks the policy. A command that cannot be read cannot be judged: it is refused as unreadable, and callers that
    /// may see the instance also get its version.
    fn authorise(&self, command: Result<&A::Command, &Rejection>) -> Result<(), Rejection> {
        let Some(principal) = self.stamp.by.principal() else { return Ok(()) };
        let (id, state) = (self.instance.id(), &self.loaded.state);
        match command {
            Ok(command) if A::may_send(principal, id, command, state) => Ok(()),
            Ok(_) => {
                let detail = "you may not send this command to this instance";
                Err(Rejection::new(Kind::Forbidden, "FORBIDDEN", detail))
            }
            Err(_) if A::may_see(principal, id, state) => Ok(()),
            Err(refusal) => Err(refusal.clone()),
        }
    }
}
