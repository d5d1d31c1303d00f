//! What the author of an aggregate writes: the fold of its events, and its rules. A state is never absent in them: the engine
//! answers itself that an instance exists already, or that there is none.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Aggregate, CommandSet, Context, Decider, Decision, Principal, Rejection, StreamId, Version,
    command::Part,
    shape::{Refusals, StateShape},
};

/// The fold of an aggregate's events.
pub trait Reducer: Aggregate {
    /// The state of an instance that exists.
    type State: StateShape + Clone + Serialize + DeserializeOwned + 'static;

    /// The state after the first event of a stream; `None` if a stream cannot begin with it.
    fn begin(event: &Self::Event) -> Option<Self::State>;

    /// The one fold of all later events, used by command side, query side and replay alike. `version` is that of the event: a
    /// state that keeps it says which event made it so.
    fn evolve(state: &mut Self::State, event: &Self::Event, version: Version);
}

/// Every business rule of an aggregate.
///
/// All functions are synchronous and total. They know no clock, no randomness and no I/O: everything that they need of the
/// world is in the [`Context`].
pub trait Rules: Reducer {
    /// The payload of the command that begins a stream, `[creates]` in the table of the commands. Where several may, `[begins]`,
    /// it is the whole set of commands.
    type Create: Part<Self::Command>;

    /// The reasons for which it refuses.
    type Refusal: Refusals;

    /// Foreign streams that the decision on this command needs: see [`Decider::rests_on`].
    fn rests_on(_command: &Self::Command, _by: Option<&Principal>) -> Vec<StreamId> {
        Vec::new()
    }

    /// The events with which an instance begins, or why it is refused.
    ///
    /// # Errors
    /// A rejection that names the rule; a fault only when something stored cannot be read.
    fn begin(create: &Self::Create, context: &Context<'_>) -> Decision<Self::Event>;

    /// The events that a command leads to in this state, or why it is refused.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    fn decide(
        state: &Self::State,
        command: &Self::Command,
        context: &Context<'_>,
    ) -> Decision<Self::Event>;
}

impl<A: Rules> Decider for A {
    type State = Option<<A as Reducer>::State>;

    fn decide(
        state: &Self::State,
        command: &Self::Command,
        context: &Context<'_>,
    ) -> Decision<Self::Event> {
        match (state, A::Create::of(command)) {
            (None, Some(create)) if command.kind().may_begin() => {
                <A as Rules>::begin(create, context)
            }
            (None, _) => Err(unknown(A::TYPE).into()),
            (Some(_), _) if command.kind().creates => Err(exists(A::TYPE).into()),
            (Some(state), _) => <A as Rules>::decide(state, command, context),
        }
    }

    fn evolve(state: &mut Self::State, event: &Self::Event, version: Version) {
        match state {
            None => *state = <A as Reducer>::begin(event),
            Some(state) => <A as Reducer>::evolve(state, event, version),
        }
    }

    fn rests_on(command: &Self::Command, by: Option<&Principal>) -> Vec<StreamId> {
        <A as Rules>::rests_on(command, by)
    }
}

/// The code of the refusal to create an instance that exists already: `ROOM_EXISTS`.
pub fn exists_code(aggregate_type: &str) -> String {
    format!("{}_EXISTS", aggregate_type.to_ascii_uppercase())
}

/// The code of the refusal of a command to an instance that there is not: `ROOM_UNKNOWN`.
pub fn unknown_code(aggregate_type: &str) -> String {
    format!("{}_UNKNOWN", aggregate_type.to_ascii_uppercase())
}

fn exists(aggregate_type: &str) -> Rejection {
    let detail = format!("This {aggregate_type} exists already.");
    Rejection::rule(exists_code(aggregate_type), detail)
}

fn unknown(aggregate_type: &str) -> Rejection {
    let detail = format!("There is no such {aggregate_type}.");
    Rejection::rule(unknown_code(aggregate_type), detail)
}

/// This event happens.
///
/// # Errors
/// None.
pub fn happened<E>(event: impl Into<E>) -> Decision<E> {
    Ok(vec![event.into()])
}

/// Nothing has to change.
///
/// # Errors
/// None.
pub fn nothing<E>() -> Decision<E> {
    Ok(Vec::new())
}

/// The command is refused for this reason. What it means is the refusal's text.
///
/// # Errors
/// Always.
pub fn refuse<T, F: From<Rejection>>(refusal: impl Refusals) -> Result<T, F> {
    let (code, about) = refusal.code();
    Err(Rejection::rule(code, about).into())
}

/// The command is refused for this reason, and this text says more than what it means.
///
/// # Errors
/// Always.
pub fn refuse_with<T, F: From<Rejection>>(
    refusal: impl Refusals,
    detail: impl Into<String>,
) -> Result<T, F> {
    Err(Rejection::rule(refusal.code().0, detail).into())
}

/// The payload is refused: these fields do not fit one another, for a check of its shape.
///
/// # Errors
/// Always.
pub fn refuse_shape<T>(
    refusal: impl Refusals,
    field: impl Into<String>,
    detail: impl Into<String>,
) -> Result<T, Rejection> {
    Err(Rejection::shape(refusal.code().0, field, detail))
}

/// The command is refused for this reason, because of what this field of its payload says.
///
/// # Errors
/// Always.
pub fn refuse_field<T, F: From<Rejection>>(
    refusal: impl Refusals,
    field: impl Into<String>,
    detail: impl Into<String>,
) -> Result<T, F> {
    let field = Some(field.into());
    Err(Rejection { field, ..Rejection::rule(refusal.code().0, detail) }.into())
}
