//! The draft of a transaction: the state after it, and the rows to write.

use edgefold_kernel::{Context, Envelope, Failure, Fault, Foreign, StreamId, Version};

use super::{Instance, Loaded, derived, memory::keeps};
use crate::{
    Participant, Stamp,
    append::{
        Cause, check_count, record,
        storage::{Storage, Write},
    },
    decide::Outcome,
    publish::{Letter, caused_by, checked_text, derived_id},
    receive::Span,
};

pub(super) struct Draft<'a, A: Participant, S> {
    pub(super) instance: &'a Instance<A, S>,
    pub(super) stamp: &'a Stamp<'a>,
    pub(super) loaded: Loaded<A::State>,
    pub(super) write: Write,
    /// Texts of the letters of the drafted events, in their order.
    pub(super) letters: Vec<String>,
}

impl<A: Participant, S: Storage> Draft<'_, A, S> {
    /// Decides a command and drafts its events. When it is refused nothing has changed.
    pub(super) fn decide(&mut self, command: &A::Command, cause: &Cause) -> Result<(), Failure> {
        let version = self.loaded.head.version;
        let foreign = self.foreign(command)?;
        let context = Context { id: self.instance.id(), now: self.stamp.now, foreign: &foreign };
        let events =
            A::decide(&self.loaded.state, command, &context).map_err(|failure| match failure {
                Failure::Rejected(refusal) => refusal.at(version).into(),
                fault @ Failure::Faulted(_) => fault,
            })?;
        check_count(events.len())?;
        let stream = &self.instance.stream;
        let (mut recorded, mut letters) =
            (Vec::with_capacity(events.len()), Vec::with_capacity(events.len()));
        let mut read = Vec::with_capacity(events.len());
        // A clock may be behind the one before it; the times of a stream do not fall, so that they can be searched.
        let time = self.stamp.now.max(self.loaded.head.time);
        let stamp = Stamp { now: time, ..*self.stamp };
        for (version, event) in (version + 1..).zip(&events) {
            let (envelope, event) = record(event, stream, version, cause, &stamp)?;
            let letter = Letter::new(envelope, A::errands(&stream.aggregate_id, &event))?;
            letters.push(checked_text(&letter)?);
            recorded.push(letter.event);
            read.push(event);
        }
        for event in &read {
            A::evolve(&mut self.loaded.state, event);
        }
        self.loaded.head.version += recorded.len() as Version;
        if !recorded.is_empty() {
            self.loaded.head.time = time;
        }
        self.write.events.extend(recorded);
        self.letters.extend(letters);
        Ok(())
    }

    /// Decides a reaction. The rules have the last word: if they refuse, there is nothing to do.
    pub(super) fn react(&mut self, command: &A::Command, cause: &Cause) -> Result<(), Failure> {
        match self.decide(command, cause) {
            Err(Failure::Rejected(_)) => Ok(()),
            result => result,
        }
    }

    /// Drafts the outcome of a command that began after this version.
    pub(super) fn remember_outcome(
        &mut self,
        cause: &Cause,
        fingerprint: String,
        after: Version,
    ) -> Outcome {
        let outcome = Outcome {
            command_id: cause.command_id.clone(),
            fingerprint,
            after,
            through: self.loaded.head.version,
            expires_at: self.stamp.now.plus_millis(A::OUTCOME_TTL_MS),
        };
        self.write.outcomes.push(outcome.clone());
        outcome
    }

    /// Takes a span of a foreign stream that follows the mark: stores the events that the aggregate remembers, and
    /// reacts to those that were not discarded.
    pub(super) fn absorb(
        &mut self,
        source: &StreamId,
        span: &Span,
        discarded: &[Version],
    ) -> Result<(), Failure> {
        let mark = self.instance.storage.mark(source)?;
        for event in
            span.events.iter().filter(|event| event.version > mark && &event.stream == source)
        {
            if keeps::<A>(event) {
                self.write.remember.push(event.clone());
            }
            if !discarded.contains(&event.version) {
                self.answer(event)?;
            }
        }
        if span.through > mark {
            self.write.marks.push((source.clone(), span.through));
            self.instance.came(source, mark, span.through);
        }
        Ok(())
    }

    fn answer(&mut self, event: &Envelope) -> Result<(), Failure> {
        let mine = |route: &crate::Route| route.instances(event).contains(self.instance.id());
        if A::ROUTES.iter().any(mine) {
            let metadata = caused_by(event)?;
            for (index, command) in A::on_foreign(&self.loaded.state, event)?.iter().enumerate() {
                let command_id = derived_id(event, index)?;
                self.react(command, &Cause { command_id, metadata: metadata.clone() })?;
            }
        }
        Ok(())
    }

    fn foreign(&self, command: &A::Command) -> Result<Foreign, Fault> {
        let mut foreign = Foreign::default();
        for stream in A::rests_on(command) {
            let mut remembered = self.instance.storage.remembered(&stream)?;
            let drafted = self.write.remember.iter().filter(|event| event.stream == stream);
            remembered.events.extend(drafted.cloned());
            foreign.insert(stream, remembered);
        }
        Ok(foreign)
    }

    /// The cause of a step that follows from something with this name.
    pub(super) fn cause(name: &str, metadata: edgefold_kernel::Metadata) -> Result<Cause, Fault> {
        Ok(Cause { command_id: derived(name)?, metadata })
    }
}
