//! The names of an aggregate, and what the engine asks of it: `decide` and `evolve`.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    CommandSet, EventSet, Failure, Fault, Foreign, Id, Principal, StreamId, Timestamp, Version,
    limits,
};

/// The result of a decision: the events to append, or why it was refused. No events mean that nothing had to change.
pub type Decision<E> = Result<Vec<E>, Failure>;

/// A consistency boundary: one instance takes commands one at a time, and its state is the fold of its own events. Here are its
/// names; [`Reducer`](crate::Reducer) and [`Rules`](crate::Rules) say what it does.
pub trait Aggregate: Sized + 'static {
    /// Stored name of the type, in URLs and CloudEvents sources: see [`is_type`]. **Part of the storage format.**
    const TYPE: &'static str;

    /// Schema version of the state. Raise it with every change that makes an old state unreadable **or wrong**: snapshots
    /// of another version are ignored and replaced, and nobody decides on a foreign state of another version.
    const STATE_VERSION: u32 = 1;

    /// Events between two snapshots; 0 takes none. A fold of 500 events costs a few milliseconds when an instance wakes,
    /// a snapshot costs one row written. All of them are kept, so that a look at the past is as short.
    const SNAPSHOT_EVERY: Version = 500;

    /// Milliseconds for which the outcome of a command is remembered under its command id.
    const OUTCOME_TTL_MS: i64 = limits::OUTCOME_TTL_MS;

    /// The commands.
    type Command: CommandSet;
    /// The events.
    type Event: EventSet;

    /// The stream of an instance.
    fn stream(id: &Id) -> StreamId {
        StreamId::new(Self::TYPE, id.clone())
    }
}

/// True if an aggregate type can have this name: it stands in URLs, in enums of GraphQL, in tables and in codes of refusals. Lower-case
/// letters, digits and `_`, a letter first.
pub const fn is_type(name: &str) -> bool {
    let mut rest = name.as_bytes();
    while let [byte, more @ ..] = rest {
        let is_first = rest.len() == name.len();
        if !byte.is_ascii_lowercase() && (is_first || !matches!(byte, b'0'..=b'9' | b'_')) {
            return false;
        }
        rest = more;
    }
    !name.is_empty()
}

/// An aggregate as the engine runs it: a decider, whose state may be that of an empty stream. Whoever writes an aggregate
/// implements [`Rules`](crate::Rules), and gets this from it.
///
/// Both functions are synchronous and total. They know no clock, no randomness and no I/O: everything that they need of
/// the world is in the [`Context`]. Source of the form: Jérémie Chassaing, «Functional Event Sourcing Decider».
pub trait Decider: Aggregate {
    /// The fold of the events. `Default` is the state of an empty stream.
    type State: Default + Clone + Serialize + DeserializeOwned + 'static;

    /// Every business rule: the events that the command leads to in this state, or why it is refused.
    ///
    /// # Errors
    /// A rejection that names the rule; a fault only when something stored cannot be read.
    fn decide(
        state: &Self::State,
        command: &Self::Command,
        context: &Context<'_>,
    ) -> Decision<Self::Event>;

    /// The one fold, used by command side, query side and replay alike. `version` is that of the event: a state that keeps
    /// it says which event made it so.
    fn evolve(state: &mut Self::State, event: &Self::Event, version: Version);

    /// Foreign streams that the decision on this command needs. Their sources are asked for their states before it is
    /// decided. Only for commands that arrive as messages: nobody is asked for the commands that follow from a foreign
    /// event, a refusal or a deadline. `by`: see [`Context::by`].
    fn rests_on(_command: &Self::Command, _by: Option<&Principal>) -> Vec<StreamId> {
        Vec::new()
    }
}

/// Everything that a decision may know besides the state.
#[derive(Debug)]
pub struct Context<'a> {
    /// Identifier of the instance that decides.
    pub id: &'a Id,
    /// The instant of the decision.
    pub now: Timestamp,
    /// The caller who sent the command, for rules that differ by who asks; whether it may ask at all is the policy's. `None`:
    /// the command follows from an event or a deadline.
    pub by: Option<&'a Principal>,
    /// The states of the foreign streams that the command rests on.
    pub foreign: &'a Foreign,
}

impl Context<'_> {
    /// The state of another instance that the command [rests on](Decider::rests_on); `None` when there is no such instance.
    ///
    /// # Errors
    /// Those of [`Foreign::state`].
    pub fn known<A: Decider<State = Option<S>>, S>(&self, id: &Id) -> Result<Option<S>, Fault> {
        Ok(self.foreign.state::<A>(id)?.flatten())
    }
}

impl Foreign {
    /// The state of a foreign instance; `None` when there is no stream.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when it is of another schema version: old and new code run side by side during a deploy.
    /// [`Fault::Unreadable`] when it cannot be read, [`Fault::Defect`] when the command does not rest on that stream.
    pub fn state<A: Decider>(&self, id: &Id) -> Result<Option<A::State>, Fault> {
        let asked = self.get(&A::stream(id));
        let unasked = || Fault::Defect(format!("{} {id} was not asked for its state", A::TYPE));
        let found = asked.ok_or_else(unasked)?;
        if found.version == 0 {
            return Ok(None);
        }
        if found.state_version != A::STATE_VERSION {
            let (version, wanted) = (found.state_version, A::STATE_VERSION);
            let said = format!("that of {} {id} has version {version}, not {wanted}", A::TYPE);
            return Err(Fault::Unavailable("the foreign state".into(), said));
        }
        let unreadable = |error| Fault::Unreadable(format!("{} {id}: {error}", A::TYPE));
        serde_json::from_str(found.state.get()).map(Some).map_err(unreadable)
    }
}
