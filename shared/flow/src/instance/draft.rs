//! The draft of a transaction: the state after it, and the rows to write.

use edgefold_kernel::{Context, Envelope, Failure, Fault, Foreign, Version};

use super::{
    Instance, Loaded, derived,
    outbox::Fresh,
    run::{Command, Event},
};
use crate::{
    Stamp,
    append::{
        Cause, check_count, check_destinations, record,
        storage::{Storage, Write},
        wire_form,
    },
    decide::Outcome,
    hook::{Asked, Hooks},
    publish::{caused_by, derived_id, messages},
};

pub(super) struct Draft<'a, S> {
    pub(super) instance: &'a Instance<S>,
    pub(super) stamp: &'a Stamp<'a>,
    pub(super) loaded: Loaded,
    pub(super) write: Write,
    /// The drafted events, with what they say to others.
    pub(super) fresh: Vec<Fresh>,
}

impl<S: Storage> Draft<'_, S> {
    /// Decides a command and drafts its events. When it is refused nothing has changed.
    pub(super) fn decide(
        &mut self,
        command: &Command,
        foreign: &Foreign,
        cause: &Cause,
    ) -> Result<(), Failure> {
        let hooks = self.instance.catalogue.hooks;
        let version = self.loaded.head.version;
        let decided = match hooks.is_any() {
            false => self.events(command, foreign, cause),
            true => self.hooked(hooks, command, foreign, cause),
        };
        let fresh = decided.map_err(|failure| match failure {
            Failure::Rejected(refusal) => Failure::from(refusal.at(version)),
            fault @ Failure::Faulted(_) => fault,
        })?;
        for (version, (_, known)) in (version + 1..).zip(&fresh) {
            self.instance.run.evolve(&mut self.loaded.state, known, version);
        }
        self.loaded.head.version += fresh.len() as Version;
        if let Some((last, _)) = fresh.last() {
            self.loaded.head.time = last.event.time;
        }
        for (Fresh { event, to, .. }, _) in &fresh {
            self.write.events.push(event.clone());
            let addressed = to.iter().map(|to| (to.clone(), event.version));
            self.write.addressed.extend(addressed);
        }
        self.fresh.extend(fresh.into_iter().map(|(fresh, _)| fresh));
        Ok(())
    }

    /// The events that follow from a command, with what they say to others.
    fn events(
        &self,
        command: &Command,
        foreign: &Foreign,
        cause: &Cause,
    ) -> Result<Vec<(Fresh, Event)>, Failure> {
        let version = self.loaded.head.version;
        let (id, by) = (self.instance.id(), self.stamp.by.principal());
        let context = Context { id, now: self.stamp.now, by, foreign };
        let events = self.instance.run.decide(&self.loaded.state, command, &context)?;
        check_count(events.len())?;
        let stream = &self.instance.stream;
        // A clock may be behind the one before it; the times of a stream do not fall, so that they can be searched.
        let time = self.stamp.now.max(self.loaded.head.time);
        let stamp = Stamp { now: time, ..*self.stamp };
        let draft = |(version, event)| {
            let (data, known) = self.instance.run.stored(event)?;
            let event = record(event.kind, data, stream, version, cause, &stamp);
            let text = wire_form(&event)?;
            let errands =
                messages(&event, self.instance.run.errands(&stream.aggregate_id, &known))?;
            let (to, wanted) = self.instance.destinations(&event, &errands);
            check_destinations(to.len())?;
            let is_published = self.instance.run.publishes(&known);
            Ok((Fresh { event, text, is_published, errands, to, wanted }, known))
        };
        (version + 1..).zip(&events).map(draft).collect()
    }

    /// The same with the hooks of the script around it.
    fn hooked(
        &self,
        hooks: Hooks,
        command: &Command,
        foreign: &Foreign,
        cause: &Cause,
    ) -> Result<Vec<(Fresh, Event)>, Failure> {
        let (name, payload) = self.instance.run.write(command);
        let Cause { command_id, mut metadata } = cause.clone();
        let asked = Asked {
            stream: &self.instance.stream,
            version: self.loaded.head.version,
            name,
            payload: &payload,
            command_id: &command_id,
            now: self.stamp.now,
            by: self.stamp.by,
        };
        if let Some(before) = hooks.before {
            before(&asked, &mut metadata)?;
        }
        let cause = Cause { command_id: command_id.clone(), metadata };
        let fresh = self.events(command, foreign, &cause)?;
        if let Some(after) = hooks.after {
            let events: Vec<_> = fresh.iter().map(|(fresh, _)| fresh.event.clone()).collect();
            after(&asked, &events)?;
        }
        Ok(fresh)
    }

    /// Decides a reaction. The rules have the last word: if they refuse, there is nothing to do.
    pub(super) fn react(&mut self, command: &Command, cause: &Cause) -> Result<(), Failure> {
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
            expires_at: self.stamp.now.plus_millis(self.instance.run.facts().outcome_ttl_ms),
        };
        self.write.outcomes.push(outcome.clone());
        outcome
    }

    /// Drafts the reaction to a foreign event.
    pub(super) fn answer(&mut self, event: &Envelope) -> Result<(), Failure> {
        let mine = |route: &crate::Route| route.instances(event).contains(self.instance.id());
        if self.instance.run.facts().routes.iter().any(mine) {
            let metadata = caused_by(event)?;
            for (index, command) in
                self.instance.run.on_foreign(&self.loaded.state, event)?.iter().enumerate()
            {
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
