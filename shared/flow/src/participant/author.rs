//! What the author of an aggregate writes, as the engine runs it.

use edgefold_kernel::{
    CommandSet, Envelope, Fault, Id, Principal, Reducer, Refusals, Rules, Scope, StateShape,
    command::Part,
    shape::{Described, Object},
};

use super::{Due, Errand, Listed, Lists, Participant, Policy, Process, Refused, Route};

impl<A: Rules + Process + Policy + Lists> Participant for A {
    const ROUTES: &'static [Route] = <A as Process>::ROUTES;

    const STATE: &'static Object = match <<A as Reducer>::State as Described>::SHAPE.object() {
        Some(state) => {
            assert!(!state.hides_within(), "`#[inner]` is for fields of the state itself");
            state
        }
        None => panic!("a state is a struct"),
    };

    const REFUSALS: &'static [(&'static str, &'static str)] =
        <<A as Rules>::Refusal as Refusals>::CODES;

    const LISTED: Listed = Listed::of::<A>();

    fn outline(state: &Self::State) -> Self::State {
        state.as_ref().map(StateShape::outline)
    }

    fn publishes(event: &Self::Event) -> bool {
        <A as Process>::publishes(event)
    }

    fn errands(id: &Id, event: &Self::Event) -> Vec<Errand> {
        <A as Process>::errands(id, event)
    }

    fn on_foreign(state: &Self::State, event: &Envelope) -> Result<Vec<Self::Command>, Fault> {
        match state {
            Some(state) => <A as Process>::on_foreign(state, event),
            // Which instance it is meant for, the delivery rule says.
            None => A::begins_on(event),
        }
    }

    fn on_refused(state: &Self::State, refused: &Refused) -> Vec<Self::Command> {
        state.as_ref().map_or_else(Vec::new, |state| <A as Process>::on_refused(state, refused))
    }

    fn deadline(id: &Id, state: &Self::State) -> Option<Due<Self::Command>> {
        <A as Process>::deadline(id, state.as_ref()?)
    }

    fn may_send(
        principal: &Principal,
        id: &Id,
        command: &Self::Command,
        state: &Self::State,
    ) -> bool {
        let kind = command.kind();
        let create = A::Create::of(command).filter(|_| kind.may_begin());
        match (state, create) {
            _ if kind.internal => false,
            (None, Some(create)) => A::may_begin(principal, id, create),
            (None, None) => match <A as Policy>::may_list(principal) {
                Scope::All => true,
                Scope::Itself => principal.subject == *id,
                Scope::Own | Scope::Nothing => false,
            },
            (Some(state), Some(create)) if kind.creates => {
                A::may_begin(principal, id, create) && <A as Policy>::may_see(principal, id, state)
            }
            (Some(state), _) => <A as Policy>::may_send(principal, id, command, state),
        }
    }

    fn acts_for_itself(principal: &Principal) -> bool {
        A::REACH.acts_for_itself(principal)
    }

    fn may_see(principal: &Principal, id: &Id, state: &Self::State) -> bool {
        match state {
            Some(state) => <A as Policy>::may_see(principal, id, state),
            None => A::REACH.sees_all(principal),
        }
    }

    fn may_name(principal: &Principal) -> bool {
        <A as Policy>::may_name(principal)
    }

    fn may_list(principal: &Principal) -> Scope {
        <A as Policy>::may_list(principal)
    }
}
