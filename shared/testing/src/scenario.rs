//! Given / when / then: given these events, when this command comes, then those events follow.

use std::{collections::BTreeMap, fmt::Debug};

use edgefold_flow::{
    Participant,
    append::{Cause, Stamp, record},
};
use edgefold_kernel::{
    Context, Decider, Decision, Envelope, EventSet, Failure, Foreign, ForeignState, Id, Metadata,
    Principal, Rejection, StreamId, Timestamp, Version, event::stored,
};
use serde_json::value::{RawValue, to_raw_value};

/// The past of an instance.
pub struct Given<A: Decider> {
    id: Id,
    now: Timestamp,
    by: Option<Principal>,
    state: A::State,
    version: Version,
    foreign: BTreeMap<StreamId, ForeignState>,
}

/// The result of a command.
pub struct When<A: Decider> {
    decision: Decision<A::Event>,
    state: A::State,
}

/// An instance with these events in its past.
pub fn given<A: Decider>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let mut given = Given {
        id: Id::parse("it").expect("a well-formed id"),
        now: Timestamp::from_millis(1_767_225_600_000),
        by: None,
        state: A::State::default(),
        version: 0,
        foreign: BTreeMap::new(),
    };
    events.into_iter().for_each(|event| given.evolve(&event));
    given
}

/// The state after these events.
pub fn state_after<A: Decider>(events: impl IntoIterator<Item = A::Event>) -> A::State {
    given::<A>(events).state
}

impl<A: Decider> Given<A> {
    /// Another instance with these events in its past. It answers its outline when it is asked.
    #[must_use]
    #[track_caller]
    pub fn knowing<F: Participant>(
        mut self,
        id: &str,
        events: impl IntoIterator<Item = F::Event>,
    ) -> Self {
        let stream = StreamId::new(F::TYPE, Id::parse(id).expect("a well-formed id"));
        let (mut version, mut state) = (0, F::State::default());
        for event in events {
            version += 1;
            F::evolve(&mut state, &event, version);
        }
        let state = to_raw_value(&F::outline(&state)).expect("a state in JSON");
        let state_version = F::STATE_VERSION;
        self.foreign.insert(stream, ForeignState { version, state_version, state });
        self
    }

    /// The instant of the decision, in RFC 3339.
    #[must_use]
    #[track_caller]
    pub fn at(mut self, instant: &str) -> Self {
        self.now = Timestamp::parse(instant).expect("an instant in RFC 3339");
        self
    }

    /// The caller who sends the command; the system itself if it is left out.
    #[must_use]
    pub fn by(mut self, principal: Principal) -> Self {
        self.by = Some(principal);
        self
    }

    /// Sends the command. Those that it rests on are asked; there are no others than those that it knows.
    pub fn when(mut self, command: impl Into<A::Command>) -> When<A> {
        let command = command.into();
        let ask = |stream: StreamId| {
            let state = self.foreign.remove(&stream).unwrap_or_else(nothing);
            (stream, state)
        };
        let by = self.by.as_ref();
        let foreign: Foreign = A::rests_on(&command, by).into_iter().map(ask).collect();
        let context = Context { id: &self.id, now: self.now, by, foreign: &foreign };
        let decision = A::decide(&self.state, &command, &context);
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

impl<A: Decider> When<A>
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

    /// Expects that the command is accepted, with whatever events.
    #[track_caller]
    pub fn then_accepted(self) {
        if let Err(failure) = self.decision {
            panic!("it was refused: {failure}");
        }
    }

    /// Expects that the command is accepted and needs no event.
    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// Expects a refusal with this code.
    #[track_caller]
    pub fn then_refused(self, code: &str) {
        assert_eq!(self.refusal().code, code);
    }

    /// Expects a refusal, and gives it.
    #[track_caller]
    pub fn refusal(self) -> Rejection {
        match self.decision {
            Err(Failure::Rejected(refusal)) => refusal,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }
}

/// The answer of an instance that does not exist.
fn nothing() -> ForeignState {
    ForeignState { version: 0, state_version: 1, state: RawValue::NULL.to_owned() }
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
            let (data, _) = stored(&event).expect("an event that can be stored");
            record(event.kind(), data, stream, version, &cause, &stamp)
        })
        .collect()
}
