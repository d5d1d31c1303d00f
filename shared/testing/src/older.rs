//! The code of an earlier release: the same aggregate, which does not know something yet. During a deploy it runs beside the
//! code of today.

use std::marker::PhantomData;

use edgefold_flow::{Due, Errand, Participant, Route, participant::Refused};
use edgefold_kernel::{
    Aggregate, CommandSet, Context, Decider, Decision, Envelope, Fault, Id, Principal, Rejection,
    StreamId, Version,
    command::{CommandKind, unknown_command},
};
use serde_json::Value;

/// What an earlier release of an aggregate did not know.
pub trait Release: 'static {
    /// The aggregate of today.
    type Of: Participant;
    /// Names of commands.
    const COMMANDS: &'static [&'static str];
    /// Names of fields of commands.
    const FIELDS: &'static [&'static str];
    /// Names of foreign events, or those of which it knew an earlier schema version only.
    const EVENTS: &'static [&'static str];
}

/// The aggregate as that release had it.
#[derive(Debug)]
pub struct Older<R>(PhantomData<R>);

/// A command of that release.
pub struct OlderCommand<R: Release>(<R::Of as Aggregate>::Command);

impl<R: Release> CommandSet for OlderCommand<R> {
    const KINDS: &'static [CommandKind] = <<R::Of as Aggregate>::Command as CommandSet>::KINDS;

    fn read(name: &str, payload: &Value) -> Result<Self, Rejection> {
        if R::COMMANDS.contains(&name) {
            return Err(unknown_command(name));
        }
        if let Some(field) = R::FIELDS.iter().find(|field| payload.get(**field).is_some()) {
            let field = format!("payload.{field}");
            return Err(Rejection::shape("UNKNOWN_FIELD", field, "unknown field"));
        }
        CommandSet::read(name, payload).map(Self)
    }

    fn known(_: &str, payload: &Value) -> Value {
        let mut known = payload.clone();
        if let Some(fields) = known.as_object_mut() {
            fields.retain(|field, _| !R::FIELDS.contains(&field.as_str()));
        }
        known
    }

    fn kind(&self) -> &'static CommandKind {
        self.0.kind()
    }

    fn write(&self) -> (&'static str, Value) {
        self.0.write()
    }
}

impl<R: Release> Aggregate for Older<R> {
    const TYPE: &'static str = R::Of::TYPE;
    const STATE_VERSION: u32 = R::Of::STATE_VERSION;
    type Command = OlderCommand<R>;
    type Event = <R::Of as Aggregate>::Event;
}

impl<R: Release> Decider for Older<R> {
    type State = <R::Of as Decider>::State;

    fn decide(
        state: &Self::State,
        command: &Self::Command,
        context: &Context<'_>,
    ) -> Decision<Self::Event> {
        R::Of::decide(state, &command.0, context)
    }

    fn evolve(state: &mut Self::State, event: &Self::Event, version: Version) {
        R::Of::evolve(state, event, version);
    }

    fn rests_on(command: &Self::Command, by: Option<&Principal>) -> Vec<StreamId> {
        R::Of::rests_on(&command.0, by)
    }
}

fn own<R: Release>(
    commands: Vec<<R::Of as Aggregate>::Command>,
) -> Vec<<Older<R> as Aggregate>::Command> {
    commands.into_iter().map(OlderCommand).collect()
}

impl<R: Release> Participant for Older<R> {
    const ROUTES: &'static [Route] = R::Of::ROUTES;

    fn outline(state: &Self::State) -> Self::State {
        R::Of::outline(state)
    }

    fn errands(id: &Id, event: &Self::Event) -> Vec<Errand> {
        R::Of::errands(id, event)
    }

    fn on_foreign(state: &Self::State, event: &Envelope) -> Result<Vec<Self::Command>, Fault> {
        if R::EVENTS.contains(&event.event_type.as_str()) {
            return Err(Fault::Newer(event.event_type.clone()));
        }
        R::Of::on_foreign(state, event).map(own::<R>)
    }

    fn on_refused(state: &Self::State, refused: &Refused) -> Vec<Self::Command> {
        own::<R>(R::Of::on_refused(state, refused))
    }

    fn deadline(id: &Id, state: &Self::State) -> Option<Due<Self::Command>> {
        let due = R::Of::deadline(id, state)?;
        Some(Due { at: due.at, command: OlderCommand(due.command), set_by: due.set_by })
    }
}
