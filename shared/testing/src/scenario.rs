//! Given / when / then: given these events, when this command comes, then those events follow.

use std::fmt::Debug;

use edgefold_flow::append::{Cause, Stamp, record, stored};
use edgefold_kernel::{
    Aggregate, Context, Decision, Envelope, EventSet, Failure, Foreign, ForeignStream, Id,
    Metadata, StreamId, Timestamp, Version,
};

/// The past of an instance.
pub struct Given<A: Aggregate> {
    id: Id,
    now: Timestamp,
    state: A::State,
    version: Version,
    foreign: Foreign,
}

/// The result of a command.
pub struct When<A: Aggregate> {
    decision: Decision<A::Event>,
    state: A::State,
}

/// An instance with these events in its past.
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let mut given = Given {
        id: Id::parse("it").expect("a well-formed id"),
        now: Timestamp::from_millis(1_767_225_600_000),
        state: A::State::default(),
        version: 0,
        foreign: Foreign::default(),
    };
    events.into_iter().for_each(|event| given.evolve(&event));
    given
}

/// The state after these events.
pub fn state_after<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> A::State {
    given::<A>(events).state
}

impl<A: Aggregate> Given<A> {
    /// Its copy of another instance's stream.
    #[must_use]
    #[track_caller]
    pub fn knowing<F: Aggregate>(
        mut self,
        id: &str,
        events: impl IntoIterator<Item = F::Event>,
    ) -> Self {
        let stream = StreamId::new(F::TYPE, Id::parse(id).expect("a well-formed id"));
        let events = envelopes(&stream, events);
        self.foreign.insert(stream, ForeignStream { snapshot: None, events });
        self
    }

    /// The instant of the decision, in RFC 3339.
    #[must_use]
    #[track_caller]
    pub fn at(mut self, instant: &str) -> Self {
        self.now = Timestamp::parse(instant).expect("an instant in RFC 3339");
        self
    }

    /// Sends the command.
    pub fn when(mut self, command: impl Into<A::Command>) -> When<A> {
        let context = Context { id: &self.id, now: self.now, foreign: &self.foreign };
        let decision = A::decide(&self.state, &command.into(), &context);
        let read = |event: A::Event| Ok(stored(&event)?.1);
        let decision = decision.and_then(|events| events.into_iter().map(read).collect());
        decision.iter().flatten().for_each(|event| self.evolve(event));
        When { decision, state: self.state }
    }

    fn evolve(&mut self, event: &A::Event) {
        self.version += 1;
        A::evolve(&mut self.state, event, self.version);
    }
}

impl<A: Aggregate> When<A>
where
    A::Event: Debug + PartialEq,
{
    /// Expects exactly these events. Returns the state after them.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = A::Event>) -> A::State {
        let expected: Vec<_> = expected.into_iter().collect();
        match self.decision {
            Ok(events) => assert_eq!(events, expected),
            Err(failure) => panic!("expected {expected:?}, but it was refused: {failure}"),
        }
        self.state
    }

    /// Expects that the command is accepted and needs no event.
    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// Expects a refusal with this code.
    #[track_caller]
    pub fn then_refused(self, code: &str) {
        match self.decision {
            Err(Failure::Rejected(refusal)) => assert_eq!(refusal.code, code),
            other => panic!("expected the refusal {code}, got {other:?}"),
        }
    }
}

/// Events as they would lie in a stream.
#[track_caller]
pub fn envelopes<E: EventSet>(
    stream: &StreamId,
    events: impl IntoIterator<Item = E>,
) -> Vec<Envelope> {
    let cause = Cause {
        command_id: Id::parse("given").expect("a well-formed id"),
        metadata: Metadata::default(),
    };
    (1 as Version..)
        .zip(events)
        .map(|(version, event)| {
            let fresh = || format!("00000000-0000-7000-8000-{version:012}");
            let stamp = Stamp {
                now: Timestamp::default(),
                fresh: &fresh,
                by: &edgefold_flow::door::Asker::System,
            };
            let recorded = record(&event, stream, version, &cause, &stamp);
            recorded.expect("an event that can be stored").0
        })
        .collect()
}
