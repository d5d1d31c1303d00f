//! The sight of a caller: its view of an instance, by one rule for every door.

use edgefold_kernel::{Id, Principal, Scope};

use super::Participant;

/// The part of an instance that a caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// None: the caller is told that there is no such instance.
    Nothing,
    /// Its row in a list: [`Participant::may_list`].
    Row,
    /// State and stream: [`Participant::may_see`].
    Stream,
}

/// The part of an instance in this state that a caller sees.
pub fn sight<A: Participant>(principal: &Principal, id: &Id, state: &A::State) -> Sight {
    if A::may_see(principal, id, state) {
        return Sight::Stream;
    }
    match A::may_list(principal) {
        Scope::All => Sight::Row,
        Scope::Itself if principal.subject == *id => Sight::Row,
        // Only the read model knows the owner of a row. The owner of an instance may see it, so no case lies between.
        Scope::Own | Scope::Itself | Scope::Nothing => Sight::Nothing,
    }
}
