//! The store-neutral cases of `tests/conformance/`, natively over the in-memory port. The acceptance tests run the same
//! ones through the doors.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{cell::Cell, path::Path};

use edgefold_flow::{
    Instance, Message, Stamp,
    append::storage::Storage,
    command::answer,
    door::{Asker, token::Caller},
};
use edgefold_kernel::{Failure, Foreign, Id, Principal, Timestamp};
use edgefold_probe::{CATALOGUE, resource::Resource, roles::OPERATOR};
use edgefold_testing::MemoryStorage;
use serde_json::{Value, json};

struct Store {
    storage: MemoryStorage,
    instance: Instance<MemoryStorage>,
    fresh: Cell<u32>,
}

impl Store {
    fn new() -> Self {
        let storage = MemoryStorage::default();
        let instance = Instance::of::<Resource>(Id::parse("it").unwrap(), storage.clone());
        Self { storage, instance, fresh: Cell::new(0) }
    }

    fn restart(&mut self) {
        self.instance = Instance::of::<Resource>(Id::parse("it").unwrap(), self.storage.clone());
    }

    fn fresh(&self) -> String {
        self.fresh.set(self.fresh.get() + 1);
        format!("made-up-{}", self.fresh.get())
    }

    /// Sends as a door does, and gives the answer as a door shows it.
    fn send(&self, send: &Value) -> Value {
        let mut message = send.clone();
        message["aggregateType"] = json!("resource");
        message["aggregateId"] = json!("it");
        let fresh = || self.fresh();
        let who = Principal::new(Id::parse("sam").unwrap(), OPERATOR);
        let who = Caller::new(who, Timestamp::MAX);
        let by = Asker::Somebody(who.clone());
        let now = Timestamp::from_millis(1_767_225_600_000);
        let stamp = Stamp { now, fresh: &fresh, by: &by };
        let admitted = Message::from_value(message).and_then(|message| {
            message.admit(CATALOGUE, &who, || Id::parse(self.fresh()).unwrap())
        });
        let result = admitted.map_err(Failure::from).and_then(|message| {
            self.instance.handle(&self.instance.wanted(&message), &Foreign::default(), &stamp)
        });
        json!(answer(&result, None))
    }
}

/// True if the answer has everything that is expected; it may have more.
fn says(answer: &Value, expected: &Value) -> bool {
    let types: Vec<&Value> =
        answer["events"].as_array().into_iter().flatten().map(|event| &event["type"]).collect();
    expected.as_object().unwrap().iter().all(|(name, value)| match name.as_str() {
        "types" => json!(types) == *value,
        name => &answer[name] == value,
    })
}

fn run(case: &Value) -> Result<(), String> {
    let mut store = Store::new();
    for step in case["steps"].as_array().unwrap() {
        if step["restart"] == json!(true) {
            store.restart();
            continue;
        }
        let times = step["parallel"].as_u64().unwrap_or(1);
        let answers: Vec<Value> = (0..times).map(|_| store.send(&step["send"])).collect();
        let expected = &step["expect"];
        if let Some(accepted) = expected["accepted"].as_u64() {
            let count = |what: &dyn Fn(&Value) -> bool| {
                answers.iter().filter(|answer| what(answer)).count() as u64
            };
            let duplicates = expected["duplicates"].as_u64().unwrap_or(0);
            let others =
                |answer: &Value| answer["status"] != 202 && !says(answer, &expected["others"]);
            if count(&|answer| answer["status"] == 202) != accepted
                || count(&|answer| answer["duplicate"] == true) != duplicates
                || count(&others) > 0
            {
                return Err(format!("expected {expected}, got {answers:?}"));
            }
        } else if !says(&answers[0], expected) {
            return Err(format!("expected {expected}, got {}", answers[0]));
        }
    }
    let stream = store.storage.events(&edgefold_flow::append::storage::Slice::after(0)).unwrap();
    let types: Vec<_> = stream.iter().map(|event| event.event_type.as_str()).collect();
    if json!(types) != case["stream"]
        || stream.iter().zip(1..).any(|(event, version)| event.version != version)
    {
        return Err(format!("expected the stream {}, found {types:?}", case["stream"]));
    }
    Ok(())
}

#[test]
fn every_case_holds_over_the_in_memory_port() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/append.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    assert!(cases.len() > 20);
    let failed: Vec<_> = cases
        .iter()
        .filter_map(|case| run(case).err().map(|said| format!("{}: {said}", case["name"])))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a_case_that_does_not_hold_is_reported() {
    let case = json!({"steps": [{"send": {"name": "CloseResource", "payload": {}}, "expect": {"status": 202}}], "stream": []});
    assert!(run(&case).unwrap_err().contains("RESOURCE_UNKNOWN"));
}
