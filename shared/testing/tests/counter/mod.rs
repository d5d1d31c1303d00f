//! An aggregate that counts, and misbehaves when it is asked to, and one instance of it over the in-memory port.

// Each test file that shares it uses another part of it.
#![allow(dead_code, unreachable_pub)]

use std::cell::Cell;

use edgefold_flow::{
    Errand, Instance, Message, Participant, Stamp, instance::Wanted, instance::When,
};
use edgefold_kernel::{
    Aggregate, Context, Decider, Decision, Failure, Foreign, Id, Rejection, Timestamp, Version,
    commands, events,
};
use edgefold_testing::MemoryStorage;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Counts, and misbehaves when it is asked to.
pub struct Counter;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Add {
    pub by: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fail {
    pub how: String,
}

edgefold_testing::plain!(Add, Fail, Added);

commands! {
    pub enum CounterCommand { "Add" [creates] => Add(Add), "Fail" => Fail(Fail) }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Added {
    pub by: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ballast: String,
}

events! {
    pub enum CounterEvent { "Added" v 1 => Added(Added) }
}

impl Aggregate for Counter {
    const TYPE: &'static str = "counter";
    const STATE_VERSION: u32 = 2;
    const SNAPSHOT_EVERY: Version = 10;
    const OUTCOME_TTL_MS: i64 = 1_000;
    type Command = CounterCommand;
    type Event = CounterEvent;
}

impl Decider for Counter {
    type State = i64;

    fn decide(
        _state: &i64,
        command: &CounterCommand,
        _context: &Context<'_>,
    ) -> Decision<CounterEvent> {
        let added = |by: i64| Added { by, ballast: String::new() };
        match command {
            CounterCommand::Add(add) => Ok(add.by.iter().map(|by| added(*by).into()).collect()),
            CounterCommand::Fail(fail) => match fail.how.as_str() {
                "panic" => panic!("as asked"),
                "panic in evolve" => Ok(vec![added(1).into(), added(i64::MAX).into()]),
                "large" => {
                    Ok(vec![added(1).into(), Added { by: 1, ballast: "x".repeat(127_000) }.into()])
                }
                "many" => Ok((0..101).map(|by| added(by).into()).collect()),
                how => Err(Rejection::rule("ASKED", how).into()),
            },
        }
    }

    fn evolve(state: &mut i64, event: &CounterEvent, _version: Version) {
        let CounterEvent::Added(added) = event;
        assert!(added.by < i64::MAX, "cannot be added");
        *state += added.by;
    }
}

/// A number that asks the counter `other` to add 1.
pub const ASKS: i64 = 1_000_007;

impl Participant for Counter {
    fn errands(_: &Id, event: &CounterEvent) -> Vec<Errand> {
        let CounterEvent::Added(added) = event;
        let ask = || Errand::to::<Self>(&Id::parse("other").unwrap(), Add { by: vec![1] });
        (added.by == ASKS).then(ask).into_iter().collect()
    }

    /// Numbers below 0 are nobody's business.
    fn publishes(event: &CounterEvent) -> bool {
        let CounterEvent::Added(added) = event;
        added.by >= 0
    }
}

pub struct Case {
    pub storage: MemoryStorage,
    pub instance: Instance<MemoryStorage>,
    pub now: Cell<i64>,
    pub fresh: Cell<u32>,
}

impl Case {
    pub fn new() -> Self {
        let storage = MemoryStorage::default();
        let instance = Instance::of::<Counter>(Id::parse("it").unwrap(), storage.clone());
        Self { storage, instance, now: Cell::new(1_000_000), fresh: Cell::new(0) }
    }

    pub fn restarted(self) -> Self {
        let instance = Instance::of::<Counter>(Id::parse("it").unwrap(), self.storage.clone());
        Self { instance, ..self }
    }

    pub fn with_stamp<T>(&self, work: impl FnOnce(&Stamp<'_>) -> T) -> T {
        let fresh = || {
            self.fresh.set(self.fresh.get() + 1);
            format!("e-{}", self.fresh.get())
        };
        work(&Stamp {
            now: Timestamp::from_millis(self.now.get()),
            fresh: &fresh,
            by: &edgefold_flow::door::Asker::System,
        })
    }

    pub fn message(id: &str, name: &str, payload: serde_json::Value) -> Message {
        let message = json!({"aggregateType": "counter", "aggregateId": "it", "name": name, "payload": payload, "commandId": id});
        Message::from_value(message).unwrap()
    }

    pub fn wanted<'a>(&self, messages: &'a [Message]) -> Vec<Wanted<'a>> {
        messages.iter().map(|message| self.instance.wanted(message)).collect()
    }

    pub fn send(
        &self,
        id: &str,
        name: &str,
        payload: serde_json::Value,
    ) -> Result<edgefold_flow::Accepted, Failure> {
        self.with_stamp(|stamp| {
            let message = Self::message(id, name, payload);
            self.instance.handle(&self.instance.wanted(&message), &Foreign::default(), stamp)
        })
    }

    pub fn add(&self, id: &str, by: &[i64]) -> edgefold_flow::Accepted {
        self.send(id, "Add", json!({"by": by})).unwrap()
    }

    pub fn state(&self) -> (Version, i64) {
        let view = self.instance.view(When::Now).unwrap();
        (view.version, view.state.as_i64().unwrap())
    }
}

pub fn code(result: Result<edgefold_flow::Accepted, Failure>) -> String {
    match result {
        Err(Failure::Rejected(rejection)) => rejection.code.into_owned(),
        Err(Failure::Faulted(fault)) => fault.code().to_owned(),
        Ok(accepted) => panic!("accepted: {accepted:?}"),
    }
}
