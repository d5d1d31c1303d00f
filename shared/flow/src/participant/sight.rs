//! How much somebody sees of an instance: one rule for every door.

use edgefold_kernel::{Id, Principal, Scope};

use super::Participant;

/// How much somebody sees of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// For him there is no such instance.
    Nothing,
    /// What a list shows of it: [`Participant::may_list`].
    Row,
    /// State and stream: [`Participant::may_see`].
    Stream,
}

/// How much somebody sees of an instance in this state.
pub fn sight<A: Participant>(principal: &Principal, id: &Id, state: &A::State) -> Sight {
    if A::may_see(principal, id, state) {
        return Sight::Stream;
    }
    match A::may_list(principal) {
        Scope::All => Sight::Row,
        Scope::Itself if principal.subject == *id => Sight::Row,
        // Only the read model knows whose a row is. Whoever owns an instance may see it, so there is nothing between.
        Scope::Own | Scope::Itself | Scope::Nothing => Sight::Nothing,
    }
}
