//! The pure heart of an aggregate: `decide` and `evolve`.

use serde::{Serialize, de::DeserializeOwned};

use crate::{CommandSet, EventSet, Failure, Foreign, Id, StreamId, Timestamp, Version, limits};

/// What a decision comes to: the events to append (none: nothing had to change), or why not.
pub type Decision<E> = Result<Vec<E>, Failure>;

/// A consistency boundary: one instance takes commands one at a time, and its state is the fold of its own events.
///
/// Both functions are synchronous and total. They know no clock, no randomness and no I/O: what they need of the world
/// stands in the [`Context`].
pub trait Aggregate: Sized + 'static {
    /// Stored name of the type, in URLs and CloudEvents sources. **Part of the storage format.**
    const TYPE: &'static str;

    /// How long a client should wait for the outcome that follows an accepted command, in milliseconds, before it asks.
    const CONFIRM_WITHIN_MS: u32 = 5_000;

    /// Schema version of the state. Raise it with every change that makes an old state unreadable **or wrong**: snapshots
    /// of another version are ignored and replaced, those that others keep of this aggregate too.
    const STATE_VERSION: u32 = 1;

    /// Events between two snapshots; 0 takes none. A fold of 500 events costs a few milliseconds when an instance wakes,
    /// a snapshot costs one row written.
    const SNAPSHOT_EVERY: Version = 500;

    /// How long the outcome of a command is remembered under its command id, in milliseconds.
    const OUTCOME_TTL_MS: i64 = limits::OUTCOME_TTL_MS;

    /// What may be asked.
    type Command: CommandSet;
    /// What may have happened.
    type Event: EventSet;
    /// The fold of what happened. `Default` is the state of an empty stream.
    type State: Default + Clone + Serialize + DeserializeOwned;

    /// Every business rule: the events that the command leads to in this state, or why it is refused.
    ///
    /// # Errors
    /// A rejection that names the rule; a fault only when something stored cannot be read.
    fn decide(
        state: &Self::State,
        command: &Self::Command,
        context: &Context<'_>,
    ) -> Decision<Self::Event>;

    /// The one fold, used by command side, query side and replay alike.
    fn evolve(state: &mut Self::State, event: &Self::Event);

    /// Foreign streams that the decision on this command rests on. The instance has its copy of them in place, up to
    /// date as of now, before it decides.
    fn rests_on(_command: &Self::Command) -> Vec<StreamId> {
        Vec::new()
    }
}

/// What a decision may know besides the state.
#[derive(Debug)]
pub struct Context<'a> {
    /// Identifier of the instance that decides.
    pub id: &'a Id,
    /// The instant of the decision.
    pub now: Timestamp,
    /// Copies of foreign streams.
    pub foreign: &'a Foreign,
}
