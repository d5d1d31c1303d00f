//! What a stranger learns of an instance by sending it a command that may begin one: nothing that it is not told of a free id.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::cell::Cell;

use edgefold_flow::{
    Instance, Message, Stamp,
    door::{Asker, token::Caller},
    prelude::*,
};
use edgefold_kernel::{Failure, Foreign, Role};
use edgefold_testing::MemoryStorage;
use serde_json::json;

struct Diary;

impl Aggregate for Diary {
    const TYPE: &'static str = "diary";
    type Command = Command;
    type Event = Event;
}

commands! {
    enum Command { "WritePage" [begins] => Write(WritePage) }
}

#[command]
struct WritePage {
    #[caller]
    owner_id: Subject,
    number: u32,
}

events! {
    enum Event { "PageWritten" v 1 => Written(PageWritten) }
}

#[event]
struct PageWritten {
    owner_id: Subject,
}

#[state]
struct State {
    #[owner]
    owner_id: Subject,
}

#[refusals]
enum Refusal {
    /// A diary has 300 pages.
    NoSuchPage,
}

impl Reducer for Diary {
    type State = State;

    fn begin(event: &Event) -> Option<State> {
        let Event::Written(written) = event.clone();
        Some(State { owner_id: written.owner_id })
    }

    fn evolve(_: &mut State, _: &Event, _: Version) {}
}

impl Rules for Diary {
    type Create = Command;
    type Refusal = Refusal;

    fn rests_on(_: &Command, _: Option<&Principal>) -> Vec<StreamId> {
        vec![other()]
    }

    fn begin(Command::Write(write): &Command, context: &Context<'_>) -> Decision<Event> {
        context.foreign.state::<Diary>(&other().aggregate_id)?;
        match write.number {
            1..=300 => happened(PageWritten { owner_id: write.owner_id.clone() }),
            _ => refuse(Refusal::NoSuchPage),
        }
    }

    fn decide(_: &State, command: &Command, context: &Context<'_>) -> Decision<Event> {
        <Self as Rules>::begin(command, context)
    }
}

impl Process for Diary {}

impl Policy for Diary {
    const REACH: Reach = Reach { own: &[Role::new("guest")], ..Reach::NOBODY };

    fn may_begin(principal: &Principal, _: &Id, Command::Write(write): &Command) -> bool {
        Self::acts_for(principal, &write.owner_id)
    }

    fn may_send(principal: &Principal, _: &Id, _: &Command, state: &State) -> bool {
        Self::acts_on(principal, state)
    }
}

impl Lists for Diary {}

/// A diary that a decision looks at.
fn other() -> StreamId {
    Diary::stream(&Id::parse("other").unwrap())
}

/// The code with which a guest is refused; `ok` when it is not.
fn told(
    diary: &Instance<MemoryStorage>,
    (who, command_id): (&str, &str),
    number: u32,
    expected: Option<u64>,
) -> String {
    let command = Cell::new(0);
    let message = json!({
        "aggregateType": "diary", "aggregateId": "it", "name": "WritePage",
        "payload": {"ownerId": who, "number": number}, "commandId": command_id,
        "expectedVersion": expected,
    });
    let message = Message::from_value(message).unwrap();
    let principal = Principal::new(Id::parse(who).unwrap(), Role::new("guest"));
    let by = Asker::Somebody(Caller::new(principal, Timestamp::MAX));
    let fresh = || format!("e-{who}-{number}-{}", command.replace(command.get() + 1));
    let stamp = Stamp { now: Timestamp::from_millis(0), fresh: &fresh, by: &by };
    let foreign = |stream: StreamId| {
        let instance = Instance::of::<Diary>(stream.aggregate_id.clone(), MemoryStorage::default());
        (stream, instance.foreign().unwrap())
    };
    let streams = diary.rests_on(&diary.wanted(&message), &stamp).unwrap();
    let foreign: Foreign = streams.into_iter().map(foreign).collect();
    match diary.handle(&diary.wanted(&message), &foreign, &stamp) {
        Ok(_) => "ok".to_owned(),
        Err(Failure::Rejected(rejection)) => rejection.code.to_string(),
        Err(fault) => panic!("{fault}"),
    }
}

#[test]
fn a_refusal_does_not_tell_that_an_id_is_taken() {
    let diary = || Instance::of::<Diary>(Id::parse("it").unwrap(), MemoryStorage::default());
    let (free, taken) = (diary(), diary());
    assert_eq!(told(&taken, ("ana", "c-1"), 1, None), "ok");
    for (number, expected) in [(0, None), (301, Some(0)), (1, Some(7))] {
        let ben = ("ben", "c-2");
        assert_eq!(told(&taken, ben, number, expected), told(&free, ben, number, expected));
    }
    // What would begin one leaves a trace where the id is free.
    assert_eq!(told(&taken, ("ben", "c-2"), 1, None), "FORBIDDEN");
}

#[test]
fn a_refusal_does_not_tell_that_a_command_id_is_known() {
    let diary = Instance::of::<Diary>(Id::parse("it").unwrap(), MemoryStorage::default());
    assert_eq!(told(&diary, ("ana", "c-1"), 1, None), "ok");
    assert_eq!(told(&diary, ("ana", "c-1"), 1, None), "ok");
    assert_eq!(told(&diary, ("ben", "c-1"), 1, None), "FORBIDDEN");
    assert_eq!(told(&diary, ("ben", "c-1"), 0, None), "NO_SUCH_PAGE");
}
