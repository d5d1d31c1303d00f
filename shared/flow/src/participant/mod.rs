//! The part of an aggregate beside `decide` and `evolve`: delivery rules, a process, read models, and its policy.
//!
//! A process manager is pure and keeps one rule: **each request to another aggregate follows from an event of its
//! own.**
//! A foreign event, a refusal or a deadline leads to own commands; these decide own events; and these lead to requests.
//! So no request can get lost: it is derived again from the stored event, with the same id.
//!
//! | file | what it says |
//! |---|---|
//! | [`change`] | the changes of its projections |
//! | [`projection`] | a projection that is written by hand |
//! | [`rule`] | which foreign events it wants, and which of its instances gets each |
//! | [`condition`] | a condition on the rows of a list |
//! | [`list`] | by what its rows are listed |
//! | [`filter`] | the rows that somebody asks for |
//! | [`sight`] | how much somebody sees of an instance |
//! | [`process`] | its process: what follows from events, refusals and time |
//! | [`policy`] | who may do what, and see what |
//! | [`author`] | what the author of an aggregate writes, as the engine runs it |
//! | [`mod@run`] | an aggregate with its types erased |
//! | [`fold`] | events, folded on from a state |

pub mod change;
pub mod projection;
pub mod rule;
pub mod condition;
pub mod list;
pub mod filter;
pub mod sight;
pub mod process;
pub mod policy;
pub mod author;
pub mod run;
pub mod fold;

use edgefold_kernel::{
    Aggregate, CommandSet, Decider, Envelope, Fault, Id, Principal, Rejection, Scope, StreamId,
    Timestamp, Version, shape::Object,
};
use serde_json::Value;

pub use change::Change;
pub use condition::{Condition, Op};
pub use filter::RowFilter;
pub use list::{Beside, Column, Filter, Given, Listed, Lists, Order, Projected};
pub use policy::Policy;
pub use process::Process;
pub use projection::{Asked, Projection, Table};
pub use rule::{Route, To};
pub use run::{Run, run};
pub use sight::{Sight, sight};

/// A decider that takes part in the flow, as the engine runs it. Whoever writes an aggregate implements
/// [`Process`], [`Policy`] and [`Lists`], and gets this from them. By default it depends on no other aggregate, refuses every
/// command from outside and shows nothing.
pub trait Participant: Decider {
    /// The foreign events that it wants, and which of its instances gets each.
    const ROUTES: &'static [Route] = &[];

    /// What its state is; an object without fields where nothing of it is described.
    const STATE: &'static Object =
        &Object { name: "State", about: "", fields: &[], is_strict: false };

    /// Every code with which it refuses, and what it means.
    const REFUSALS: &'static [(&'static str, &'static str)] = &[];

    /// By what its rows are listed.
    const LISTED: Listed = Listed::PLAIN;

    /// The part of its state that others see: other aggregates decide on it, lists and subscriptions show it. A large part
    /// that nobody needs there is left out here, since an answer costs as many bytes as it has; its number is kept in a field.
    fn outline(state: &Self::State) -> Self::State {
        state.clone()
    }

    /// See [`Process::publishes`].
    fn publishes(_event: &Self::Event) -> bool {
        true
    }

    /// See [`Process::errands`].
    fn errands(_id: &Id, _event: &Self::Event) -> Vec<Errand> {
        Vec::new()
    }

    /// The own commands that follow from a foreign event.
    ///
    /// # Errors
    /// Fails if the event cannot be read.
    fn on_foreign(_state: &Self::State, _event: &Envelope) -> Result<Vec<Self::Command>, Fault> {
        Ok(Vec::new())
    }

    /// The own commands that follow when another aggregate refused an errand of this instance.
    fn on_refused(_state: &Self::State, _refused: &Refused) -> Vec<Self::Command> {
        Vec::new()
    }

    /// The next deadline, and the command that follows when it passes.
    fn deadline(_id: &Id, _state: &Self::State) -> Option<Due<Self::Command>> {
        None
    }

    /// True if the caller may send this command to this instance in this state.
    ///
    /// A stranger must get the same answer whether there is such an instance or not. The one exception: a caller that
    /// begins a stream under an id of its own choice learns that the id is taken, as no policy could hide that. A
    /// stranger is told `FORBIDDEN` and learns nothing of the instance; its owner gets the refusal of the rules. Ids
    /// that must not be guessed are made up by the door.
    fn may_send(
        _principal: &Principal,
        _id: &Id,
        _command: &Self::Command,
        _state: &Self::State,
    ) -> bool {
        false
    }

    /// True if a caller that leaves its own name out of a payload means itself.
    fn acts_for_itself(_principal: &Principal) -> bool {
        false
    }

    /// True if the caller may see this instance, at every door: its state, and every event of its stream with its data. A caller
    /// that may only list it gets its row.
    fn may_see(_principal: &Principal, _id: &Id, _state: &Self::State) -> bool {
        false
    }

    /// True if the caller may read the names of others in events that it sees. Who may not reads the name of their role.
    fn may_name(_principal: &Principal) -> bool {
        false
    }

    /// The rows that the caller may list, in lists and one by one. A caller that may see an instance may see its row,
    /// too.
    fn may_list(_principal: &Principal) -> Scope {
        Scope::Nothing
    }
}

/// A command to another aggregate, which follows from an event. On its way it is a [`Message`](crate::Message).
#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    /// The destination.
    pub to: StreamId,
    /// Name of the command.
    pub name: &'static str,
    /// Its payload.
    pub payload: Value,
}

impl Errand {
    /// A command to an instance of another aggregate.
    pub fn to<A: Aggregate>(id: &Id, command: impl Into<A::Command>) -> Self {
        let (name, payload) = command.into().write();
        Self { to: A::stream(id), name, payload }
    }
}

/// An errand that was refused, as it comes back to the instance that asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Name of the refused command.
    pub name: String,
    /// Reason.
    pub rejection: Rejection,
}

/// A deadline.
#[derive(Clone, Debug, PartialEq)]
pub struct Due<C> {
    /// Instant at which it passes.
    pub at: Timestamp,
    /// The command that the instance then sends to itself.
    pub command: C,
    /// Version of the own event that set it: the command is traced back to what caused that event. 0 when the state does
    /// not say it; then the command is traced back to nothing.
    pub set_by: Version,
}
