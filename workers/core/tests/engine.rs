//! What the engine answers for every aggregate: that an instance exists already, that there is none, and to whom it says so.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::{fs, path::Path};

use edgefold_account::Account;
use edgefold_catalogue::Catalogue;
use edgefold_device::Device;
use edgefold_flow::Participant;
use edgefold_kernel::{
    CommandSet, Context, EventSet, Failure, Foreign, Id, Principal, Scope, Timestamp,
    command::CommandKind, event::EventKind,
};
use edgefold_order::Order;
use edgefold_reservation::Reservation;
use edgefold_roles::CAST;
use edgefold_room::Room;
use edgefold_round::Round;
use edgefold_testing::{samples, who};
use serde_json::Value;

fn id() -> Id {
    Id::parse("d-1").unwrap()
}

/// The commands of an aggregate, each with its payloads.
fn commands<A: Participant>() -> Vec<A::Command> {
    // What concerns two fields is beyond a shape: not each payload is read.
    let read = |name, payload: &Value| A::Command::read(name, payload).ok();
    let good = |kind: &CommandKind| {
        let payloads = samples::good(&kind.shape);
        payloads.iter().filter_map(|it| read(kind.name, it)).collect::<Vec<_>>()
    };
    let commands: Vec<_> = A::Command::KINDS.iter().flat_map(good).collect();
    let all =
        A::Command::KINDS.iter().all(|kind| commands.iter().any(|it| it.kind().name == kind.name));
    assert!(all, "every command of {} is tried", A::TYPE);
    commands
}

/// The states after one golden event, each with its name.
fn after_one<A: Participant>() -> Vec<(&'static str, A::State)> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/golden").join(A::TYPE);
    let after = |EventKind { name, version, .. }: &EventKind| {
        let data = fs::read_to_string(golden.join(format!("{name}.v{version}.json"))).unwrap();
        let mut state = A::State::default();
        A::evolve(&mut state, &A::Event::read(name, *version, &data).unwrap(), 1);
        (*name, state)
    };
    A::Event::KINDS.iter().map(after).collect()
}

/// The state of an instance that has just begun.
fn begun<A: Participant<State = Option<S>>, S>() -> A::State {
    let states: Vec<_> = after_one::<A>().into_iter().filter(|(_, it)| it.is_some()).collect();
    let names: Vec<_> = states.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 1, "one event begins a {}, not {names:?}", A::TYPE);
    states.into_iter().next().unwrap().1
}

/// The code and the text with which a command is refused.
fn refused<A: Participant>(state: &A::State, command: &A::Command) -> (String, String) {
    let (id, foreign) = (id(), Foreign::default());
    let context = Context { id: &id, now: Timestamp::default(), by: None, foreign: &foreign };
    match A::decide(state, command, &context) {
        Err(Failure::Rejected(refusal)) => (refusal.code.into_owned(), refusal.detail),
        _ => panic!("{:?} is not refused", command.write()),
    }
}

fn may_send<A: Participant>(command: &A::Command, state: &A::State) -> Vec<String> {
    who(CAST, |somebody| A::may_send(somebody, &id(), command, state))
}

/// Those of the cast that list an instance.
fn listing<A: Participant>() -> Vec<String> {
    let lists = |somebody: &Principal| match A::may_list(somebody) {
        Scope::All => true,
        Scope::Itself => somebody.subject == id(),
        Scope::Own | Scope::Nothing => false,
    };
    who(CAST, lists)
}

fn an_instance_begins_once<A: Participant<State = Option<S>>, S>() {
    let (none, one) = (None, begun::<A, S>());
    let code = |of: &str| format!("{}_{of}", A::TYPE.to_ascii_uppercase());
    for command in commands::<A>() {
        if command.kind().creates {
            let exists = format!("This {} exists already.", A::TYPE);
            assert_eq!(refused::<A>(&one, &command), (code("EXISTS"), exists));
        } else {
            let unknown = format!("There is no such {}.", A::TYPE);
            assert_eq!(refused::<A>(&none, &command), (code("UNKNOWN"), unknown));
        }
    }
}

fn the_system_alone_sends_what_is_internal<A: Participant<State = Option<S>>, S>() {
    for command in commands::<A>().iter().filter(|it| it.kind().internal) {
        for state in [None, begun::<A, S>()] {
            assert_eq!(may_send::<A>(command, &state), [""; 0], "{:?}", command.write());
        }
    }
}

fn whoever_lists_an_instance_is_told_that_there_is_none<A: Participant<State = Option<S>>, S>() {
    let is_sent = |it: &A::Command| !it.kind().internal && !it.kind().creates;
    for command in commands::<A>().into_iter().filter(is_sent) {
        assert_eq!(may_send::<A>(&command, &None), listing::<A>(), "{:?}", command.write());
    }
}

fn whoever_sees_an_instance_and_may_begin_one_is_told_that_it_exists<
    A: Participant<State = Option<S>>,
    S,
>() {
    let one = begun::<A, S>();
    let sees = who(CAST, |somebody| A::may_see(somebody, &id(), &one));
    for command in commands::<A>().into_iter().filter(|it| it.kind().creates) {
        let mut told = may_send::<A>(&command, &None);
        told.retain(|somebody| sees.contains(somebody));
        assert_eq!(may_send::<A>(&command, &one), told, "{:?}", command.write());
        assert_ne!(told, [""; 0]);
    }
}

fn nothing_follows_for_an_instance_that_there_is_not<A: Participant<State = Option<S>>, S>() {
    assert!(A::deadline(&id(), &None).is_none());
    assert!(A::outline(&None).is_none());
}

macro_rules! of_every_aggregate {
    ($($test:ident),+ $(,)?) => {
        mod of_every_aggregate {
            use super::*;

            $(#[test]
            fn $test() {
                super::$test::<Room, _>();
                super::$test::<Reservation, _>();
                super::$test::<Device, _>();
                super::$test::<Account, _>();
                super::$test::<Catalogue, _>();
                super::$test::<Order, _>();
                super::$test::<Round, _>();
            })+
        }
    };
}

of_every_aggregate! {
    an_instance_begins_once,
    the_system_alone_sends_what_is_internal,
    whoever_lists_an_instance_is_told_that_there_is_none,
    whoever_sees_an_instance_and_may_begin_one_is_told_that_it_exists,
    nothing_follows_for_an_instance_that_there_is_not,
}
