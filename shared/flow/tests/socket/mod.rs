//! A GraphQL socket in a test: its inputs, and the actions that follow.

// Each test file that shares it uses another part of it.
#![allow(dead_code, unreachable_pub)]

use edgefold_flow::{
    door::token::Caller,
    session::{
        Action, Connection, Input,
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
        self.step(Input::Joining(number, room()));
        self.step(Input::Joined(number, begin, head));
        number
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
        sent(&self.step(Input::Event(number, to - 1, to, Some(r#"{"data":1}"#.into()))))
    }

    /// The same socket after an eviction.
    pub fn evicted(self) -> (Self, Vec<Action>) {
        let kept = self.connection.operations().map(|(number, operation)| {
            (number, operation.id.clone(), operation.source.clone().unwrap_or_else(room))
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
