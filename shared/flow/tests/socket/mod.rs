//! A GraphQL socket in a test: its inputs, and the actions that follow.

// Each test file that shares it uses another part of it.
#![allow(dead_code, unreachable_pub)]

use edgefold_flow::{
    door::token::Caller,
    journal::Place,
    session::{
        Action, Connection, Input, Step,
        connection::{Number, Pass},
    },
    subscribe::{Begin, Source},
};
use edgefold_kernel::{Id, Principal, Role, Timestamp};
use serde_json::{Value, json};

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

pub fn pass_of(subject: &str) -> Pass {
    Pass::from(Caller::new(Principal::new(id(subject), Role::new("owner")), Timestamp::MAX))
}

pub fn room() -> Source {
    Source::Stream { aggregate_type: "room".into(), aggregate_id: id("12A") }
}

pub fn partition(number: u16) -> Source {
    Source::Partition { aggregate_type: "room".into(), partition: number }
}

/// The place behind an event of a partition.
pub fn place(position: u64) -> Place {
    Place { position, check: if position == 0 { String::new() } else { format!("{position:08x}") } }
}

/// One socket, with everything that it was made to do.
pub struct Socket {
    pub connection: Connection,
    pub now: i64,
}

impl Socket {
    pub fn waiting() -> Self {
        Self { connection: Connection::open(at(0)).0, now: 0 }
    }

    pub fn acknowledged() -> Self {
        let mut socket = Self::waiting();
        socket.hears(json!({"type": "connection_init"}));
        socket.step(Input::Verified(Ok(pass_of("ana"))));
        socket
    }

    /// A subscription to one room, which follows it from this cursor on.
    pub fn following(name: &str, begin: Begin, head: u64) -> (Self, Number) {
        let mut socket = Self::acknowledged();
        let number = socket.follow(name, begin, head);
        (socket, number)
    }

    pub fn follow(&mut self, name: &str, begin: Begin, head: u64) -> Number {
        let number = run(&self.subscribe(name));
        self.step(Input::Joining(number, vec![room()]));
        self.step(Input::Joined(number, begin, vec![Place::version(head)]));
        number
    }

    /// A subscription to a category whose partitions have come to these positions.
    pub fn follow_all(&mut self, name: &str, begin: Begin, heads: &[u64]) -> Number {
        let number = run(&self.subscribe(name));
        self.step(Input::Joining(number, (0..).map(partition).take(heads.len()).collect()));
        let heads = heads.iter().copied().map(place).collect();
        self.step(Input::Joined(number, begin, heads));
        number
    }

    /// It says that the operation has caught up, with nothing else.
    pub fn catches_up(&mut self, number: Number) -> Vec<Value> {
        let lack = self.connection.wants(number, at(self.now)).unwrap();
        assert!(!lack.is_behind && !lack.has_caught_up);
        let (index, to) = (lack.index, lack.after());
        let step = Step { index, from: to.position, to };
        sent(&self.step(Input::Event(number, step, Some(r#"{"data":0}"#.into()))))
    }

    /// The version after which the operation lacks something of its stream.
    pub fn lacks(&self, number: Number) -> Option<u64> {
        let lack = self.connection.wants(number, at(self.now))?;
        lack.is_behind.then(|| lack.after().position)
    }

    pub fn step(&mut self, input: Input) -> Vec<Action> {
        self.connection.step(at(self.now), input)
    }

    pub fn hears(&mut self, message: Value) -> Vec<Action> {
        self.step(Input::Heard(Ok(message.to_string())))
    }

    pub fn subscribe(&mut self, id: &str) -> Vec<Action> {
        self.hears(json!({"type": "subscribe", "id": id, "payload": {"query": "{ a }"}}))
    }

    pub fn event(&mut self, number: Number, to: u64) -> Vec<Value> {
        self.item(number, 0, (to - 1, Place::version(to)))
    }

    /// The item of a step in a source.
    pub fn item(&mut self, number: Number, index: usize, (from, to): (u64, Place)) -> Vec<Value> {
        let step = Step { index, from, to };
        sent(&self.step(Input::Event(number, step, Some(r#"{"data":1}"#.into()))))
    }

    /// The same socket after an eviction.
    pub fn evicted(self) -> (Self, Vec<Action>) {
        let kept = self.connection.operations().map(|(number, operation)| {
            let sources = operation.sources().cloned().collect();
            (number, operation.id.clone(), sources, operation.document)
        });
        let text = self.connection.attachment();
        let (connection, actions) = Connection::restore(&text, kept.collect::<Vec<_>>()).unwrap();
        (Self { connection, ..self }, actions)
    }
}

pub fn sent(actions: &[Action]) -> Vec<Value> {
    let text = |action: &Action| match action {
        Action::Send(text) => Some(serde_json::from_str(text).unwrap()),
        _ => None,
    };
    actions.iter().filter_map(text).collect()
}

pub fn closed(actions: &[Action]) -> Option<(u16, String)> {
    actions.iter().find_map(|action| match action {
        Action::Close(close) => Some((close.code(), close.reason())),
        _ => None,
    })
}

pub fn run(actions: &[Action]) -> Number {
    match actions {
        [Action::Run(number, _)] => *number,
        other => panic!("an operation runs, not {other:?}"),
    }
}

pub fn pumps(actions: &[Action]) -> Vec<Number> {
    let number = |action: &Action| match action {
        Action::Pump(number) => Some(*number),
        _ => None,
    };
    actions.iter().filter_map(number).collect()
}
