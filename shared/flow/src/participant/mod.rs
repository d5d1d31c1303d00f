//! What an aggregate adds to `decide` and `evolve` to take part in the flow: delivery rules, a process, read models, and
//! who may do what with it.
//!
//! A process manager is pure, and keeps to one rule: **whatever it asks of others follows from an event of its own.**
//! A foreign event, a refusal or a deadline leads to own commands; these decide own events; and these ask of others. So
//! nothing that was to be sent can get lost: it is derived again from the stored event, with the same id.
//!
//! | file | what it says |
//! |---|---|
//! | [`rule`] | which foreign events it wants, and which of its instances gets each |
//! | [`change`] | what its projections write |
//! | [`fold`] | events, folded on from a state |
//! | [`sight`] | how much somebody sees of an instance |

pub mod rule;
pub mod change;
pub mod fold;
pub mod sight;

use edgefold_kernel::{
    Aggregate, CommandSet, Envelope, Fault, Id, Principal, Rejection, Scope, StreamId, Timestamp,
    Version, limits,
};
use serde_json::Value;

pub use change::Change;
pub use fold::folded;
pub use rule::{Only, Remembered, Route, To};
pub use sight::{Sight, sight};

/// An aggregate that takes part in the flow. The defaults are those of one that depends on nobody, obeys nobody
/// and shows nothing.
pub trait Participant: Aggregate {
    /// Foreign events that it wants, and which of its instances gets each.
    const ROUTES: &'static [Route] = &[];

    /// Foreign events that it keeps, to fold them when it decides.
    const REMEMBERS: &'static [Remembered] = &[];

    /// From how many remembered events of one foreign stream on they are folded into a snapshot; 0 takes none. A snapshot
    /// is at most [`limits::SNAPSHOT_BYTES`] large: where the foreign state is larger, the events stay.
    const FOREIGN_SNAPSHOT_EVERY: Version = limits::FOREIGN_SNAPSHOT_EVERY;

    /// What an own event asks of others. The event says all that is needed: no state, so that it is derived again from
    /// the stored event alone.
    fn errands(_id: &Id, _event: &Self::Event) -> Vec<Errand> {
        Vec::new()
    }

    /// What a foreign event means to this instance.
    ///
    /// # Errors
    /// When the event cannot be read.
    fn on_foreign(_state: &Self::State, _event: &Envelope) -> Result<Vec<Self::Command>, Fault> {
        Ok(Vec::new())
    }

    /// What it means that an errand of this instance was refused.
    fn on_refused(_state: &Self::State, _refused: &Refused) -> Vec<Self::Command> {
        Vec::new()
    }

    /// Until when something must have happened, and what follows if it has not. Durable, since it follows from the
    /// state; cancelled or moved when the state says otherwise.
    fn deadline(_id: &Id, _state: &Self::State) -> Option<Due<Self::Command>> {
        None
    }

    /// Whether an own event set this deadline. What follows from the deadline goes back to the command that led to the
    /// last such event. By default that is the last event of all; an instance with several deadlines must say more.
    fn sets(_event: &Self::Event, _due: &Due<Self::Command>) -> bool {
        true
    }

    /// Stored names of the events of this source type that concern it in any way.
    fn wanted(source: &str) -> Vec<&'static str> {
        let routed =
            Self::ROUTES.iter().filter(|route| route.source == source).map(|route| route.event);
        let kept = Self::REMEMBERS
            .iter()
            .filter(|kept| kept.source == source)
            .flat_map(|kept| kept.events);
        let mut wanted: Vec<_> = routed.chain(kept.copied()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Of which of these events it wants only those that are for this instance: those that it does not remember.
    fn only(source: &str, id: &Id) -> Vec<Only> {
        let is_kept = |event: &str| {
            let of_source = Self::REMEMBERS.iter().filter(|kept| kept.source == source);
            of_source.flat_map(|kept| kept.events).any(|kept| *kept == event)
        };
        let routed = Self::ROUTES.iter().filter(|route| route.source == source);
        let only = routed.filter(|route| !is_kept(route.event)).map(|route| Only {
            event: route.event.to_owned(),
            field: route.to.field().to_owned(),
            id: id.clone(),
        });
        only.collect()
    }

    /// The rows of its read models that an own event changes.
    ///
    /// # Errors
    /// When the event cannot be read.
    fn project(_event: &Envelope) -> Result<Vec<Change>, Fault> {
        Ok(Vec::new())
    }

    /// Whether somebody may send this command to this instance in this state.
    ///
    /// A stranger must get the same answer whether there is such an instance or not, with one exception: who begins a stream
    /// under an id of his own choice learns that it is taken, as no policy could hide that. He is told `FORBIDDEN`, as
    /// with all that is not his, and nothing of what is there; whose it is hears from the rules. Ids that must not be
    /// guessed are made up by the door.
    fn may_send(
        _principal: &Principal,
        _id: &Id,
        _command: &Self::Command,
        _state: &Self::State,
    ) -> bool {
        false
    }

    /// Whether somebody may see this instance: its state, and every event of its stream with its data and its actor. At
    /// every door; whoever may list it alone is shown its row.
    fn may_see(_principal: &Principal, _id: &Id, _state: &Self::State) -> bool {
        false
    }

    /// Which rows somebody may see, in lists and one by one. Whoever may see an instance may see its row, too.
    fn may_list(_principal: &Principal) -> Scope {
        Scope::Nothing
    }
}

/// A command to another aggregate, which follows from an event. On its way it is a [`Message`](crate::Message).
#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    /// Whom it goes to.
    pub to: StreamId,
    /// Name of the command.
    pub name: &'static str,
    /// Its payload.
    pub payload: Value,
}

impl Errand {
    /// A command to an instance of another aggregate.
    pub fn to<A: Aggregate>(id: Id, command: impl Into<A::Command>) -> Self {
        let (name, payload) = command.into().write();
        Self { to: StreamId::new(A::TYPE, id), name, payload }
    }
}

/// An errand that was refused, as it comes back to the instance that asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Name of the refused command.
    pub name: String,
    /// Why.
    pub rejection: Rejection,
}

/// A deadline.
#[derive(Clone, Debug, PartialEq)]
pub struct Due<C> {
    /// When it passes.
    pub at: Timestamp,
    /// What the instance then tells itself.
    pub command: C,
}
