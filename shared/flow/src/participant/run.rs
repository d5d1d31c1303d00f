//! An aggregate as the engine runs it: its types are erased, so that there is one engine in the script, and not one more for
//! each aggregate. What is written once in Rust is compiled once.

use std::{any::Any, fmt, marker::PhantomData};

use edgefold_kernel::{
    CommandSet, Context, Decision, Envelope, EventSet, Failure, Fault, Id, Principal, Rejection,
    StreamId, Version,
    command::CommandKind,
    event::{EventKind, stored},
};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use super::{Due, Errand, Participant, Refused, Route, Sight, sight};

/// The state of an instance of some aggregate.
pub struct State(Box<dyn Any>);

/// A command of some aggregate.
pub struct Command {
    /// Facts about it.
    pub kind: &'static CommandKind,
    command: Box<dyn Any>,
}

/// An event of some aggregate.
pub struct Event {
    /// Its type.
    pub kind: &'static EventKind,
    event: Box<dyn Any>,
}

/// What an aggregate says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// See [`edgefold_kernel::Aggregate::TYPE`].
    pub aggregate_type: &'static str,
    /// See [`edgefold_kernel::Aggregate::STATE_VERSION`].
    pub state_version: u32,
    /// See [`edgefold_kernel::Aggregate::SNAPSHOT_EVERY`].
    pub snapshot_every: Version,
    /// See [`edgefold_kernel::Aggregate::OUTCOME_TTL_MS`].
    pub outcome_ttl_ms: i64,
    /// See [`EventSet::KINDS`].
    pub events: &'static [EventKind],
    /// See [`Participant::ROUTES`].
    pub routes: &'static [Route],
}

/// An aggregate, with the functions of [`Participant`]. States, commands and events are those that it gave out itself; any other
/// is a defect of the caller, and does nothing.
pub trait Run: Sync {
    /// What it says of itself.
    fn facts(&self) -> Facts;
    /// The state of an empty stream.
    fn empty(&self) -> State;
    /// Reads a state.
    ///
    /// # Errors
    /// The text is none.
    fn read_state(&self, text: &str) -> serde_json::Result<State>;
    /// A state as JSON text.
    ///
    /// # Errors
    /// It has no JSON form.
    fn text(&self, state: &State) -> serde_json::Result<String>;
    /// The part of a state that others see.
    ///
    /// # Errors
    /// It has no JSON form.
    fn outline(&self, state: &State) -> serde_json::Result<Box<RawValue>>;
    /// See [`CommandSet::read`].
    ///
    /// # Errors
    /// Its refusals.
    fn read(&self, name: &str, payload: &Value) -> Result<Command, Rejection>;
    /// See [`CommandSet::read_leniently`].
    ///
    /// # Errors
    /// Its refusals.
    fn read_leniently(&self, name: &str, payload: &Value) -> Result<Command, Rejection>;
    /// See [`CommandSet::write`].
    fn write(&self, command: &Command) -> (&'static str, Value);
    /// See [`edgefold_kernel::Decider::rests_on`].
    fn rests_on(&self, command: &Command, by: Option<&Principal>) -> Vec<StreamId>;
    /// See [`edgefold_kernel::Decider::decide`].
    ///
    /// # Errors
    /// Its refusals and faults.
    fn decide(&self, state: &State, command: &Command, context: &Context<'_>) -> Decision<Event>;
    /// See [`edgefold_kernel::Decider::evolve`].
    fn evolve(&self, state: &mut State, event: &Event, version: Version);
    /// See [`EventSet::read`].
    ///
    /// # Errors
    /// Its faults.
    fn event(&self, name: &str, version: u32, data: &str) -> Result<Event, Fault>;
    /// See [`EventSet::write`].
    ///
    /// # Errors
    /// Its faults.
    fn data(&self, event: &Event) -> Result<String, Fault>;
    /// See [`stored`].
    ///
    /// # Errors
    /// Its refusals.
    fn stored(&self, event: &Event) -> Result<(Box<RawValue>, Event), Failure>;
    /// See [`Participant::errands`].
    fn errands(&self, id: &Id, event: &Event) -> Vec<Errand>;
    /// See [`Participant::publishes`].
    fn publishes(&self, event: &Event) -> bool;
    /// See [`Participant::on_foreign`].
    ///
    /// # Errors
    /// Fails if the event cannot be read.
    fn on_foreign(&self, state: &State, event: &Envelope) -> Result<Vec<Command>, Fault>;
    /// See [`Participant::on_refused`].
    fn on_refused(&self, state: &State, refused: &Refused) -> Vec<Command>;
    /// See [`Participant::deadline`].
    fn deadline(&self, id: &Id, state: &State) -> Option<Due<Command>>;
    /// See [`Participant::may_send`].
    fn may_send(&self, who: &Principal, id: &Id, command: &Command, state: &State) -> bool;
    /// See [`Participant::may_see`].
    fn may_see(&self, who: &Principal, id: &Id, state: &State) -> bool;
    /// See [`Participant::may_name`].
    fn may_name(&self, who: &Principal) -> bool;
    /// See [`sight`].
    fn sight(&self, who: &Principal, id: &Id, state: &State) -> Sight;
}

/// What follows from these for every aggregate.
impl dyn Run {
    /// A state as JSON.
    ///
    /// # Errors
    /// It has no JSON form.
    pub fn state(&self, state: &State) -> serde_json::Result<Value> {
        serde_json::from_str(&self.text(state)?)
    }

    /// True if a caller that sees the stream reads this event with its names: they are for their bearer, and for who
    /// [may](Participant::may_name) read the names of others.
    pub fn names(&self, who: &Principal, event: &Envelope) -> bool {
        event.metadata.actor.as_ref().is_none_or(|actor| actor == who) || self.may_name(who)
    }

    /// Reads a stored event, lifting old schema versions.
    ///
    /// # Errors
    /// The faults of [`EventSet::read`].
    pub fn read_event(&self, event: &Envelope) -> Result<Event, Fault> {
        self.event(&event.event_type, event.schema_version, event.data.get())
    }

    /// Stored data of any schema version in the current one.
    ///
    /// # Errors
    /// The faults of [`EventSet::read`].
    pub fn canonical(&self, name: &str, version: u32, data: &str) -> Result<Box<RawValue>, Fault> {
        let data = RawValue::from_string(self.data(&self.event(name, version, data)?)?);
        data.map_err(|error| Fault::Defect(error.to_string()))
    }

    /// The same event in the current schema version. Data of the current version are not parsed.
    ///
    /// # Errors
    /// The faults of [`EventSet::read`].
    pub fn lifted(&self, event: Envelope) -> Result<Envelope, Fault> {
        let kind = self.facts().events.iter().find(|kind| kind.name == event.event_type);
        let schema_version = kind.map_or(event.schema_version, |kind| kind.version);
        if kind.is_some() && schema_version == event.schema_version {
            return Ok(event);
        }
        let data = self.canonical(&event.event_type, event.schema_version, event.data.get())?;
        Ok(Envelope { data, schema_version, ..event })
    }
}

impl fmt::Debug for dyn Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().aggregate_type)
    }
}

/// This aggregate, with its types erased.
pub const fn run<A: Participant>() -> &'static dyn Run {
    const { &Of::<A>(PhantomData) }
}

struct Of<A>(PhantomData<fn() -> A>);

impl<A: Participant> Of<A> {
    fn known(state: &State) -> serde_json::Result<&A::State> {
        let strange = || serde::de::Error::custom("a state of another aggregate");
        state.0.downcast_ref().ok_or_else(strange)
    }

    fn command(command: A::Command) -> Command {
        Command { kind: command.kind(), command: Box::new(command) }
    }

    fn of_event(event: A::Event) -> Event {
        Event { kind: event.kind(), event: Box::new(event) }
    }

    fn commands(commands: Vec<A::Command>) -> Vec<Command> {
        commands.into_iter().map(Self::command).collect()
    }
}

/// What is of this aggregate, or what is said instead.
macro_rules! of {
    ($value:expr => $type:ty, else $otherwise:expr) => {
        match $value.downcast_ref::<$type>() {
            Some(value) => value,
            None => return $otherwise,
        }
    };
}

fn strange() -> Fault {
    Fault::Defect("a value of another aggregate".to_owned())
}

impl<A: Participant> Run for Of<A> {
    fn facts(&self) -> Facts {
        Facts {
            aggregate_type: A::TYPE,
            state_version: A::STATE_VERSION,
            snapshot_every: A::SNAPSHOT_EVERY,
            outcome_ttl_ms: A::OUTCOME_TTL_MS,
            events: A::Event::KINDS,
            routes: A::ROUTES,
        }
    }

    fn empty(&self) -> State {
        State(Box::new(A::State::default()))
    }

    fn read_state(&self, text: &str) -> serde_json::Result<State> {
        Ok(State(Box::new(serde_json::from_str::<A::State>(text)?)))
    }

    fn text(&self, state: &State) -> serde_json::Result<String> {
        serde_json::to_string(Self::known(state)?)
    }

    fn outline(&self, state: &State) -> serde_json::Result<Box<RawValue>> {
        to_raw_value(&A::outline(Self::known(state)?))
    }

    fn read(&self, name: &str, payload: &Value) -> Result<Command, Rejection> {
        A::Command::read(name, payload).map(Self::command)
    }

    fn read_leniently(&self, name: &str, payload: &Value) -> Result<Command, Rejection> {
        A::Command::read_leniently(name, payload).map(Self::command)
    }

    fn write(&self, command: &Command) -> (&'static str, Value) {
        of!(command.command => A::Command, else (command.kind.name, Value::Null)).write()
    }

    fn rests_on(&self, command: &Command, by: Option<&Principal>) -> Vec<StreamId> {
        A::rests_on(of!(command.command => A::Command, else Vec::new()), by)
    }

    fn decide(&self, state: &State, command: &Command, context: &Context<'_>) -> Decision<Event> {
        let state = of!(state.0 => A::State, else Err(strange().into()));
        let command = of!(command.command => A::Command, else Err(strange().into()));
        let events = A::decide(state, command, context)?;
        Ok(events.into_iter().map(Self::of_event).collect())
    }

    fn evolve(&self, state: &mut State, event: &Event, version: Version) {
        if let (Some(state), Some(event)) = (state.0.downcast_mut(), event.event.downcast_ref()) {
            A::evolve(state, event, version);
        }
    }

    fn event(&self, name: &str, version: u32, data: &str) -> Result<Event, Fault> {
        A::Event::read(name, version, data).map(Self::of_event)
    }

    fn data(&self, event: &Event) -> Result<String, Fault> {
        of!(event.event => A::Event, else Err(strange())).write()
    }

    fn stored(&self, event: &Event) -> Result<(Box<RawValue>, Event), Failure> {
        let (data, read) = stored(of!(event.event => A::Event, else Err(strange().into())))?;
        Ok((data, Self::of_event(read)))
    }

    fn errands(&self, id: &Id, event: &Event) -> Vec<Errand> {
        A::errands(id, of!(event.event => A::Event, else Vec::new()))
    }

    fn publishes(&self, event: &Event) -> bool {
        A::publishes(of!(event.event => A::Event, else false))
    }

    fn on_foreign(&self, state: &State, event: &Envelope) -> Result<Vec<Command>, Fault> {
        let state = of!(state.0 => A::State, else Err(strange()));
        A::on_foreign(state, event).map(Self::commands)
    }

    fn on_refused(&self, state: &State, refused: &Refused) -> Vec<Command> {
        Self::commands(A::on_refused(of!(state.0 => A::State, else Vec::new()), refused))
    }

    fn deadline(&self, id: &Id, state: &State) -> Option<Due<Command>> {
        let Due { at, command, set_by } = A::deadline(id, of!(state.0 => A::State, else None))?;
        Some(Due { at, command: Self::command(command), set_by })
    }

    fn may_send(&self, who: &Principal, id: &Id, command: &Command, state: &State) -> bool {
        let state = of!(state.0 => A::State, else false);
        A::may_send(who, id, of!(command.command => A::Command, else false), state)
    }

    fn may_see(&self, who: &Principal, id: &Id, state: &State) -> bool {
        A::may_see(who, id, of!(state.0 => A::State, else false))
    }

    fn may_name(&self, who: &Principal) -> bool {
        A::may_name(who)
    }

    fn sight(&self, who: &Principal, id: &Id, state: &State) -> Sight {
        sight::<A>(who, id, of!(state.0 => A::State, else Sight::Nothing))
    }
}

#[cfg(test)]
mod tests {
    use edgefold_kernel::{Aggregate, Decider, command, commands, event, events};

    use super::*;

    struct Kettle;

    #[command]
    struct Boil {}

    #[event]
    struct BoiledV1 {
        litres: u32,
    }

    /// Since the second version it holds no more than two.
    #[event]
    struct Boiled {
        #[within(..=2)]
        litres: u32,
        is_full: bool,
    }

    impl From<BoiledV1> for Boiled {
        fn from(old: BoiledV1) -> Self {
            Self { litres: old.litres, is_full: false }
        }
    }

    commands! { enum KettleCommand { "Boil" [creates] => Boil(Boil) } }
    events! { enum KettleEvent { "Boiled" v 2 after (BoiledV1) => Boiled(Boiled) } }

    impl Aggregate for Kettle {
        const TYPE: &'static str = "kettle";
        type Command = KettleCommand;
        type Event = KettleEvent;
    }

    impl Decider for Kettle {
        type State = u32;

        fn decide(_: &u32, _: &KettleCommand, _: &Context<'_>) -> Decision<KettleEvent> {
            Ok(vec![Boiled { litres: 3, is_full: true }.into()])
        }

        fn evolve(state: &mut u32, KettleEvent::Boiled(event): &KettleEvent, _: Version) {
            *state = event.litres;
        }
    }

    impl Participant for Kettle {}

    #[test]
    fn bounds_that_became_closer_keep_nothing_from_being_read_that_was_stored() {
        let run = run::<Kettle>();
        for (version, data) in [(1, r#"{"litres":3}"#), (2, r#"{"litres":3,"isFull":false}"#)] {
            let lifted = run.canonical("Boiled", version, data).unwrap();
            assert_eq!(lifted.get(), r#"{"litres":3,"isFull":false}"#, "v{version}");
        }
        let read = run.event("Boiled", 2, r#"{"litres":3,"isFull":true}"#).unwrap();
        let Err(Failure::Rejected(refusal)) = run.stored(&read) else { panic!("it is stored") };
        assert_eq!(refusal.code, "EVENT_UNREADABLE", "but nothing of it is stored any more");
    }
}
