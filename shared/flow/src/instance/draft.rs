//! The draft of a transaction: the state after it, and the rows to write.

use edgefold_kernel::{Context, Envelope, Failure, Fault, Foreign, Version};

use super::{Instance, Loaded, derived, outbox::Fresh};
use crate::{
    Participant, Stamp,
    append::{
        Cause, check_count, check_destinations, record,
        storage::{Storage, Write},
        wire_form,
    },
    decide::Outcome,
    publish::{caused_by, derived_id, messages},
};

pub(super) struct Draft<'a, A: Participant, S> {
    pub(super) instance: &'a Instance<A, S>,
    pub(super) stamp: &'a Stamp<'a>,
    pub(super) loaded: Loaded<A::State>,
    pub(super) write: Write,
    /// The drafted events, with what they say to others.
    pub(super) fresh: Vec<Fresh>,
}

impl<A: Participant, S: Storage> Draft<'_, A, S> {
    /// Decides a command and drafts its events. When it is refused nothing has changed.
    pub(super) fn decide(
        &mut self,
        command: &A::Command,
        foreign: &Foreign,
        cause: &Cause,
    ) -> Result<(), Failure> {
        let version = self.loaded.head.version;
        let context = Context { id: self.instance.id(), now: self.stamp.now, foreign };
        let events =
            A::decide(&self.loaded.state, command, &context).map_err(|failure| match failure {
                Failure::Rejected(refusal) => refusal.at(version).into(),
                fault @ Failure::Faulted(_) => fault,
            })?;
        check_count(events.len())?;
        let stream = &self.instance.stream;
        let mut fresh = Vec::with_capacity(events.len());
        let mut read = Vec::with_capacity(events.len());
        // A clock may be behind the one before it; the times of a stream do not fall, so that they can be searched.
        let time = self.stamp.now.max(self.loaded.head.time);
        let stamp = Stamp { now: time, ..*self.stamp };
        for (version, event) in (version + 1..).zip(&events) {
            let (event, known) = record(event, stream, version, cause, &stamp)?;
            let text = wire_form(&event)?;
            let errands = messages(&event, A::errands(&stream.aggregate_id, &known))?;
            let (to, wanted) = self.instance.destinations(&event, &errands);
            check_destinations(to.len())?;
            let is_published = A::publishes(&known);
            fresh.push(Fresh { event, text, is_published, errands, to, wanted });
            read.push(known);
        }
        for (version, event) in (version + 1..).zip(&read) {
            A::evolve(&mut self.loaded.state, event, version);
        }
        self.loaded.head.version += fresh.len() as Version;
        if !fresh.is_empty() {
            self.loaded.head.time = time;
        }
        for Fresh { event, to, .. } in &fresh {
            self.write.events.push(event.clone());
            let addressed = to.iter().map(|to| (to.clone(), event.version));
            self.write.addressed.extend(addressed);
        }
        self.fresh.extend(fresh);
        Ok(())
    }

    /// Decides a reaction. The rules have the last word: if they refuse, there is nothing to do.
    pub(super) fn react(&mut self, command: &A::Command, cause: &Cause) -> Result<(), Failure> {
        match self.decide(command, &Foreign::default(), cause) {
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

    /// Drafts the reaction to a foreign event.
    pub(super) fn answer(&mut self, event: &Envelope) -> Result<(), Failure> {
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

    /// The cause of a step that follows from something with this name.
    pub(super) fn cause(name: &str, metadata: edgefold_kernel::Metadata) -> Result<Cause, Fault> {
        Ok(Cause { command_id: derived(name)?, metadata })
    }
}
