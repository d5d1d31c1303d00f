//! The rules of a thing, and who may do what with it.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used)]

use edgefold_flow::Participant;
use edgefold_kernel::{Date, Id, Principal, Scope, Subject, Text};
use edgefold_roles::{CAST, GUEST, STAFF};
use edgefold_testing::{given, state_after, who};
use edgefold_thing::{
    Thing,
    commands::{AddThing, CloseThing, Command, RenameThing},
    events::{Event, ThingAdded, ThingClosed, ThingRenamed},
};

const NOW: &str = "2026-01-02T12:00:00Z";

fn name(text: &str) -> Text {
    Text::parse(text).unwrap()
}

fn ana() -> Subject {
    Subject::parse("ana").unwrap()
}

fn add(due: &str) -> AddThing {
    AddThing { user_id: ana(), name: name("tea"), due: Date::parse(due).unwrap() }
}

fn added() -> Event {
    let AddThing { user_id, name, due } = add("2026-01-02");
    ThingAdded { user_id, name, due }.into()
}

fn rename(text: &str) -> RenameThing {
    RenameThing { name: name(text) }
}

#[test]
fn it_is_added_with_a_day_that_has_not_passed() {
    given::<Thing>([]).at(NOW).when(add("2026-01-02")).then([added()]);
    given::<Thing>([]).at(NOW).when(add("2026-01-01")).then_refused("DUE_PAST");
    given::<Thing>([added()]).at(NOW).when(add("2026-01-02")).then_refused("THING_EXISTS");
}

#[test]
fn it_takes_another_name_until_it_is_closed() {
    let renamed = ThingRenamed { name: name("cake") };
    given::<Thing>([added()]).when(rename("cake")).then([renamed.into()]);
    given::<Thing>([added()]).when(rename("tea")).then_nothing();
    let closed = || given::<Thing>([added(), ThingClosed {}.into()]);
    closed().when(rename("cake")).then_refused("THING_CLOSED");
    closed().when(CloseThing {}).then_nothing();
}

#[test]
fn a_guest_acts_on_its_own_and_the_staff_on_all() {
    let (id, state) = (Id::parse("t-1").unwrap(), state_after::<Thing>([added()]));
    let send = |command: Command, state: &_| {
        who(CAST, |somebody| Thing::may_send(somebody, &id, &command, state))
    };
    assert_eq!(send(add("2026-01-02").into(), &None), ["guest ana", "staff sam"]);
    assert_eq!(send(CloseThing {}.into(), &state), ["guest ana", "staff sam"]);
    let sees = who(CAST, |somebody| Thing::may_see(somebody, &id, &state));
    assert_eq!(sees, ["guest ana", "staff sam", "service ana"]);
    let lists = |role| Thing::may_list(&Principal::new(ana(), role));
    assert_eq!((lists(GUEST), lists(STAFF)), (Scope::Own, Scope::All));
}
