//! The policy of an aggregate: who may send what, see what, and list what.

use edgefold_kernel::{Id, Principal, Reach, Rules, Scope, StateShape, Subject};

/// The policy of an aggregate. What the field `#[owner]` of its state names belongs to somebody; with the reach of the roles it
/// follows who may see an instance, and list rows. By default nobody may send anything.
///
/// No policy is asked about the commands that only the system may send.
pub trait Policy: Rules {
    /// How far the roles reach.
    const REACH: Reach = Reach::NOBODY;

    /// True if the caller may begin an instance with this. A caller that begins one which exists must see it besides, to be told
    /// so.
    fn may_begin(_principal: &Principal, _id: &Id, _create: &Self::Create) -> bool {
        false
    }

    /// True if the caller may send this command to this instance.
    ///
    /// Of an instance that is not there, who may list it is told so; anyone else is told `FORBIDDEN`, as of one that it may not
    /// see.
    fn may_send(
        _principal: &Principal,
        _id: &Id,
        _command: &Self::Command,
        _state: &Self::State,
    ) -> bool {
        false
    }

    /// True if the caller may see this instance, at every door: its state, and every event of its stream with its data. A caller
    /// that may only list it gets its row.
    fn may_see(principal: &Principal, _id: &Id, state: &Self::State) -> bool {
        Self::REACH.sees_all(principal) || Self::acts_on(principal, state)
    }

    /// True if the caller may read the names of others in events that it sees. Who may not reads the name of their role.
    fn may_name(principal: &Principal) -> bool {
        Self::REACH.oversees(principal)
    }

    /// The rows that the caller may list, in lists and one by one. A caller that may see an instance may see its row,
    /// too.
    fn may_list(principal: &Principal) -> Scope {
        Self::REACH.scope(principal)
    }

    /// True if the caller acts for this one.
    fn acts_for(principal: &Principal, who: &Subject) -> bool {
        Self::REACH.acts_for(principal, who)
    }

    /// True if the caller acts for the owner of the instance.
    fn acts_on(principal: &Principal, state: &Self::State) -> bool {
        match state.owner() {
            Some(owner) => Self::acts_for(principal, owner),
            None => Self::REACH.acts_for_all(principal),
        }
    }
}
