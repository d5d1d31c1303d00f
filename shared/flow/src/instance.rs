//! One aggregate instance: the steps command → decide → append, publish and receive over a [`Storage`] port.
//!
//! Everything here is synchronous: what a method reads, decides and commits belongs together, whatever else interleaves
//! around it. The state is cached between calls. It is taken out of the cache while work is under way and put back after
//! the commit, so a failed commit or a panic leaves no cache at all, and the next call folds the stored events again.

use std::{cell::RefCell, collections::BTreeSet};

use edgefold_kernel::{
    CommandSet, Context, Envelope, Failure, Fault, Foreign, Id, Kind, Metadata, Rejection,
    StreamId, Timestamp, Version, limits,
};

use crate::{
    Accepted, Due, Message, Participant, Stamp,
    append::{Cause, check_count, check_size, record},
    command::EventRef,
    contract::{EventsPage, RefusedErrand, SpanFound, SpanWanted, StateView},
    decide::{Outcome, check_expected, check_repeat, fingerprint},
    participant::Refused,
    publish::{Batch, Letter, caused_by, derived_id},
    receive::{Delivery, Span, Step, step},
    storage::{Head, Slice, Storage, Write},
};

/// One instance of an aggregate, over its storage.
pub struct Instance<A: Participant, S> {
    stream: StreamId,
    storage: S,
    cache: RefCell<Option<Loaded<A::State>>>,
    appended: RefCell<Vec<Envelope>>,
}

struct Loaded<T> {
    state: T,
    head: Head,
    /// Events up to here were handed to the bus since the instance was loaded. Not stored: after a restart everything
    /// that is not confirmed is handed over again.
    published: Version,
    /// Confirmed events that do not follow the cursor yet.
    ahead: BTreeSet<Version>,
}

/// How far a delivery was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// All of it, up to this mark.
    Through(Version),
    /// Up to a gap that must be filled from the source first.
    Gap {
        /// The gap begins after this version.
        after: Version,
        /// The gap ends with this version.
        through: Version,
    },
}

impl<A: Participant, S: Storage> Instance<A, S> {
    /// The instance of this id, over its own storage. Reads nothing yet.
    pub fn new(id: Id, storage: S) -> Self {
        Self {
            stream: StreamId::new(A::TYPE, id),
            storage,
            cache: RefCell::new(None),
            appended: RefCell::default(),
        }
    }

    /// Identifier of the instance.
    pub fn id(&self) -> &Id {
        &self.stream.aggregate_id
    }

    /// The storage that it works on.
    pub fn storage(&self) -> &S {
        &self.storage
    }

    /// Where it stands.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn head(&self) -> Result<Head, Fault> {
        self.read(|loaded| loaded.head)
    }

    /// Foreign streams that the decision on this message rests on, with the versions up to which there are copies. Empty
    /// when the message will not be decided anyway.
    ///
    /// # Errors
    /// When storage fails.
    pub fn rests_on(&self, message: &Message) -> Result<Vec<(StreamId, Version)>, Fault> {
        let Ok(command) = A::Command::read(&message.name, &message.payload) else {
            return Ok(Vec::new());
        };
        let streams = A::rests_on(&command);
        match &message.command_id {
            Some(id) if !streams.is_empty() && self.storage.outcome(id)?.is_some() => {
                Ok(Vec::new())
            }
            _ => streams
                .into_iter()
                .map(|stream| self.storage.mark(&stream).map(|mark| (stream, mark)))
                .collect(),
        }
    }

    /// Decides a command and appends what follows from it, together with the copies of foreign streams that it rests on.
    ///
    /// # Errors
    /// A rejection changes nothing. A fault changes nothing either.
    pub fn handle(
        &self,
        message: &Message,
        copies: &[Delivery],
        stamp: &Stamp<'_>,
    ) -> Result<Accepted, Failure> {
        let missing =
            |field| Rejection::shape("MISSING_FIELD", field, format!("{field} is required"));
        let command_id = message.command_id.clone().ok_or_else(|| missing("commandId"))?;
        let content = fingerprint(&message.name, &message.payload);
        if let Some(earlier) = self.storage.outcome(&command_id)? {
            check_repeat(&earlier, &content)?;
            let slice = Slice { through: earlier.through, ..Slice::after(earlier.after) };
            let events = if earlier.through > earlier.after {
                self.storage.events(&slice)?
            } else {
                Vec::new()
            };
            return Ok(self.accepted(&earlier, &events, true));
        }
        let metadata = message.metadata.clone().unwrap_or_default();
        self.appended.borrow_mut().clear();
        let outcome = self.work(stamp, |draft| {
            let after = draft.loaded.head.version;
            check_expected(message.expected_version, after)?;
            let command = A::Command::read(&message.name, &message.payload)
                .map_err(|refusal| refusal.at(after))?;
            for copy in copies {
                for span in &copy.spans {
                    draft.absorb(&copy.source(), span)?;
                }
            }
            draft.decide(&command, &Cause { command_id: command_id.clone(), metadata })?;
            let expires_at = stamp.now.plus_millis(limits::OUTCOME_TTL_MS);
            let through = draft.loaded.head.version;
            let outcome = Outcome { command_id, fingerprint: content, after, through, expires_at };
            draft.write.outcome = Some(outcome.clone());
            Ok(outcome)
        })?;
        Ok(self.accepted(&outcome, &self.appended.borrow(), false))
    }

    fn accepted(&self, outcome: &Outcome, events: &[Envelope], duplicate: bool) -> Accepted {
        let name = |event: &Envelope| EventRef {
            id: event.id.clone(),
            event_type: event.event_type.clone(),
            version: event.version,
        };
        Accepted {
            command_id: outcome.command_id.clone(),
            aggregate_type: A::TYPE.to_owned(),
            aggregate_id: self.id().clone(),
            first_version: outcome.through.min(outcome.after + 1),
            version: outcome.through,
            events: events.iter().map(name).collect(),
            confirm_within_ms: A::CONFIRM_WITHIN_MS,
            duplicate,
        }
    }

    /// The events that the last call appended, for those who watch. Only once.
    pub fn take_appended(&self) -> Vec<Envelope> {
        self.appended.take()
    }

    /// Part of the stream, as much as one page takes, for a destination that lacks it.
    ///
    /// # Errors
    /// When storage fails or what is stored cannot be read.
    pub fn span(&self, wanted: &SpanWanted) -> Result<SpanFound, Fault> {
        let head = self.head()?.version;
        let through = wanted.through.map_or(head, |through| through.min(head));
        let after = wanted.after.min(through);
        let types: Vec<_> = wanted.types.iter().map(String::as_str).collect();
        let slice = Slice { after, through, limit: limits::PAGE_EVENTS, types: &types };
        let events = self.storage.events(&slice)?;
        // A full page ends with its last event; any other has seen everything that there is.
        let bytes: usize = events.iter().map(|event| event.data.get().len()).sum();
        let full = events.len() >= limits::PAGE_EVENTS || bytes >= limits::PAGE_BYTES;
        let through = events.last().filter(|_| full).map_or(through, |last| last.version);
        Ok(SpanFound { span: Span { after, through, events }, head })
    }

    /// Part of the stream, for a caller from outside.
    ///
    /// # Errors
    /// `UNKNOWN_INSTANCE` when there is no stream.
    pub fn page(&self, after: Version, limit: usize) -> Result<EventsPage, Failure> {
        let head = self.head()?.version;
        if head == 0 {
            return Err(self.unknown().into());
        }
        let events = self.storage.events(&Slice { limit, ..Slice::after(after) })?;
        let next = events.last().map(|last| last.version).filter(|last| *last < head);
        Ok(EventsPage { events, head, next })
    }

    /// Takes part of a foreign stream: in order, each event once, atomically with what follows from it.
    ///
    /// # Errors
    /// A fault when an event cannot be read or storage fails; then nothing of its span was applied.
    pub fn receive(&self, delivery: &Delivery, stamp: &Stamp<'_>) -> Result<Received, Failure> {
        let source = delivery.source();
        let mut mark = self.storage.mark(&source)?;
        for span in &delivery.spans {
            match step(mark, span) {
                Step::Drop => {}
                Step::Fill { after, through } => return Ok(Received::Gap { after, through }),
                Step::Apply => {
                    self.work(stamp, |draft| draft.absorb(&source, span))?;
                    mark = span.through;
                }
            }
        }
        Ok(Received::Through(mark))
    }

    /// Takes note that a request of this instance was refused. A repeat changes nothing.
    ///
    /// # Errors
    /// A fault when storage fails.
    pub fn refused(&self, errand: &RefusedErrand, stamp: &Stamp<'_>) -> Result<(), Failure> {
        let refused =
            Refused { name: errand.message.name.clone(), rejection: errand.rejection.clone() };
        let cause = match &errand.message.command_id {
            Some(id) => derived(&format!("refused.{id}"))?,
            None => return Ok(()),
        };
        if self.storage.outcome(&cause)?.is_some() {
            return Ok(());
        }
        self.work(stamp, |draft| {
            let after = draft.loaded.head.version;
            let metadata = errand.message.metadata.clone().unwrap_or_default();
            for command in A::on_refused(&draft.loaded.state, &refused) {
                draft.decide_if_allowed(
                    &command,
                    &Cause { command_id: cause.clone(), metadata: metadata.clone() },
                )?;
            }
            if draft.loaded.head.version > after {
                let expires_at = stamp.now.plus_millis(limits::OUTCOME_TTL_MS);
                let through = draft.loaded.head.version;
                let fingerprint = String::new();
                draft.write.outcome =
                    Some(Outcome { command_id: cause, fingerprint, after, through, expires_at });
            }
            Ok(())
        })
    }

    /// When the next deadline of this instance passes.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn deadline(&self) -> Result<Option<Timestamp>, Fault> {
        self.read(|loaded| A::deadline(self.id(), &loaded.state).map(|due| due.at))
    }

    /// Does what follows from a deadline that has passed. A deadline whose command is refused is a defect of the rules.
    ///
    /// # Errors
    /// A fault when storage fails or the rules refuse.
    pub fn pass_deadline(&self, stamp: &Stamp<'_>) -> Result<(), Failure> {
        self.work(stamp, |draft| {
            match A::deadline(&self.stream.aggregate_id, &draft.loaded.state) {
                Some(Due { at, command }) if at <= stamp.now => {
                    let command_id = derived(&format!("deadline.{}", draft.loaded.head.version))?;
                    draft.decide(&command, &Cause { command_id, metadata: Metadata::default() })
                }
                _ => Ok(()),
            }
        })
    }

    /// The next letters for the bus, as many as one call of the queue takes. Empty when everything was published.
    ///
    /// # Errors
    /// When storage fails or what is stored cannot be read.
    pub fn outbox(&self) -> Result<Batch, Fault> {
        let (published, version) = self.read(|loaded| (loaded.published, loaded.head.version))?;
        let mut batch = Batch::default();
        if published == version {
            return Ok(batch);
        }
        let slice = Slice { limit: limits::QUEUE_BATCH_MESSAGES, ..Slice::after(published) };
        for event in self.storage.events(&slice)? {
            let requests = A::requests(self.id(), &event.read()?);
            if !batch.add(&Letter::new(event, requests)?)? {
                break;
            }
        }
        Ok(batch)
    }

    /// Everything up to here was handed to the bus.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn published(&self, through: Version) -> Result<(), Fault> {
        self.change(|loaded| loaded.published = loaded.published.max(through))
    }

    /// These events have reached all their destinations: moves the outbox cursor as far as they follow it.
    ///
    /// # Errors
    /// When storage fails.
    pub fn confirm(&self, versions: &[Version]) -> Result<(), Fault> {
        let (before, after) = self.change(|loaded| {
            let before = loaded.head.confirmed;
            let known = loaded.head.version;
            loaded
                .ahead
                .extend(versions.iter().filter(|version| (before + 1..=known).contains(version)));
            while loaded.ahead.remove(&(loaded.head.confirmed + 1)) {
                loaded.head.confirmed += 1;
            }
            loaded.published = loaded.published.max(loaded.head.confirmed);
            (before, loaded.head.confirmed)
        })?;
        if after > before { self.storage.set_confirmed(after) } else { Ok(()) }
    }

    /// Begins to hand over again everything that is not confirmed. Says whether there is anything.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub fn rewind(&self) -> Result<bool, Fault> {
        self.change(|loaded| {
            loaded.published = loaded.head.confirmed;
            loaded.head.confirmed < loaded.head.version
        })
    }

    /// The current state.
    ///
    /// # Errors
    /// `UNKNOWN_INSTANCE` when there is no stream.
    pub fn view(&self) -> Result<StateView, Failure> {
        let (version, state) =
            self.read(|loaded| (loaded.head.version, serde_json::to_value(&loaded.state)))?;
        if version == 0 {
            return Err(self.unknown().into());
        }
        let state = state.map_err(|error| Fault::Defect(error.to_string()))?;
        Ok(StateView {
            aggregate_type: A::TYPE.to_owned(),
            aggregate_id: self.id().clone(),
            version,
            state,
        })
    }

    /// The refusal that there is no such stream.
    pub fn unknown(&self) -> Rejection {
        Rejection::new(
            Kind::NotFound,
            "UNKNOWN_INSTANCE",
            format!("there is no {} {}", A::TYPE, self.id()),
        )
    }

    fn read<T>(&self, look: impl FnOnce(&Loaded<A::State>) -> T) -> Result<T, Fault> {
        self.change(|loaded| look(loaded))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Loaded<A::State>) -> T) -> Result<T, Fault> {
        let mut loaded = self.take()?;
        let seen = change(&mut loaded);
        self.cache.replace(Some(loaded));
        Ok(seen)
    }

    fn take(&self) -> Result<Loaded<A::State>, Fault> {
        match self.cache.take() {
            Some(loaded) => Ok(loaded),
            None => self.load(),
        }
    }

    fn load(&self) -> Result<Loaded<A::State>, Fault> {
        let head = self.storage.head()?;
        let mut state = A::State::default();
        let mut at = 0;
        while at < head.version {
            let page =
                self.storage.events(&Slice { limit: limits::PAGE_EVENTS, ..Slice::after(at) })?;
            let Some(last) = page.last() else {
                return Err(Fault::Unreadable(format!(
                    "{} {} ends at {at}, not {}",
                    A::TYPE,
                    self.id(),
                    head.version
                )));
            };
            at = last.version;
            for event in &page {
                A::evolve(&mut state, &event.read()?);
            }
        }
        Ok(Loaded { state, head, published: head.confirmed, ahead: BTreeSet::new() })
    }

    /// Takes the state out of the cache, works on it, commits what was drafted, and puts it back.
    fn work<T>(
        &self,
        stamp: &Stamp<'_>,
        steps: impl FnOnce(&mut Draft<'_, A, S>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let loaded = self.take()?;
        let before = loaded.head.version;
        let mut draft = Draft { instance: self, stamp, loaded, write: Write::default() };
        let result = steps(&mut draft);
        let Draft { loaded, write, .. } = draft;
        if result.is_err() {
            if loaded.head.version == before {
                self.cache.replace(Some(loaded));
            }
            return result;
        }
        if !write.is_empty() {
            self.storage.commit(&write)?;
        }
        self.appended.borrow_mut().extend(write.events);
        self.cache.replace(Some(loaded));
        result
    }
}

fn derived(text: &str) -> Result<Id, Fault> {
    Id::parse(text).map_err(|said| Fault::Defect(format!("{text}: {said}")))
}

/// What is about to be committed: the state as it will be, and what will be written.
struct Draft<'a, A: Participant, S> {
    instance: &'a Instance<A, S>,
    stamp: &'a Stamp<'a>,
    loaded: Loaded<A::State>,
    write: Write,
}

impl<A: Participant, S: Storage> Draft<'_, A, S> {
    fn decide(&mut self, command: &A::Command, cause: &Cause) -> Result<(), Failure> {
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
        let mut recorded = Vec::with_capacity(events.len());
        for (version, event) in (version + 1..).zip(&events) {
            let envelope = record(event, stream, version, cause, self.stamp)?;
            let letter = Letter::new(envelope, A::requests(&stream.aggregate_id, event))?;
            check_size(&letter)?;
            recorded.push(letter.event);
        }
        for event in &events {
            A::evolve(&mut self.loaded.state, event);
        }
        self.loaded.head.version += recorded.len() as Version;
        self.write.events.extend(recorded);
        Ok(())
    }

    /// A reaction: the rules have the last word, and a refusal of theirs means that there is nothing to do.
    fn decide_if_allowed(&mut self, command: &A::Command, cause: &Cause) -> Result<(), Failure> {
        match self.decide(command, cause) {
            Err(Failure::Rejected(_)) => Ok(()),
            result => result,
        }
    }

    fn foreign(&self, command: &A::Command) -> Result<Foreign, Fault> {
        let mut foreign = Foreign::default();
        for stream in A::rests_on(command) {
            let mut events = self.instance.storage.remembered(&stream)?;
            events
                .extend(self.write.remember.iter().filter(|event| event.stream == stream).cloned());
            foreign.insert(stream, events);
        }
        Ok(foreign)
    }

    /// Takes a span of a foreign stream that follows the mark: remembers what is to be remembered, and reacts.
    fn absorb(&mut self, source: &StreamId, span: &Span) -> Result<(), Failure> {
        let mark = self.instance.storage.mark(source)?;
        for event in
            span.events.iter().filter(|event| event.version > mark && &event.stream == source)
        {
            let kept = |event_type: &str| {
                A::REMEMBERS.iter().any(|kept| {
                    kept.source == source.aggregate_type && kept.events.contains(&event_type)
                })
            };
            if kept(&event.event_type) {
                self.write.remember.push(event.clone());
            }
            let mine =
                A::ROUTES.iter().any(|route| route.instances(event).contains(self.instance.id()));
            if mine {
                let metadata = caused_by(event)?;
                for (index, command) in A::on_foreign(&self.loaded.state, event)?.iter().enumerate()
                {
                    let command_id = derived_id(event, index)?;
                    self.decide_if_allowed(
                        command,
                        &Cause { command_id, metadata: metadata.clone() },
                    )?;
                }
            }
        }
        if span.through > mark {
            self.write.marks.push((source.clone(), span.through));
        }
        Ok(())
    }
}
