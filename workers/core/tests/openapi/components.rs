//! The printed schemas of requests and answers, as components of one document.

use std::fs;

use edgefold_core::CATALOGUE;
use serde_json::{Map, Value, json};

use crate::printed::{below, root};

fn pascal(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

pub(crate) fn of(component: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{component}")})
}

/// The printed schemas, as components of one document.
struct Components(Map<String, Value>);

impl Components {
    /// Takes a printed schema in under this name, and what it defines beside it.
    fn take(&mut self, name: &str, file: &str) {
        let text = fs::read_to_string(root().join("schema/json").join(file)).unwrap();
        let mut schema: Value = serde_json::from_str(&text).unwrap();
        let members = schema.as_object_mut().unwrap();
        members.remove("$id");
        members.remove("$schema");
        let defined = members.remove("$defs").unwrap_or_else(|| json!({}));
        let defined = defined.as_object().unwrap();
        // What is read and what is written may share a name and differ, and so may what two aggregates call the same.
        let fits = |called: &str, shape: &Value| {
            self.0.get(called).is_none_or(|known| known == &moved(shape, &Map::new()))
        };
        let renamed: Map<String, Value> = defined
            .iter()
            .map(|(def, shape)| {
                let mut called = [def.clone(), format!("{def}Input"), format!("{name}{def}")];
                let called = called.iter_mut().find(|called| fits(called, shape)).unwrap();
                (def.clone(), json!(std::mem::take(called)))
            })
            .collect();
        for (def, shape) in defined {
            self.0.insert(renamed[def].as_str().unwrap().to_owned(), moved(shape, &renamed));
        }
        self.0.insert(name.to_owned(), moved(&schema, &renamed));
    }
}

/// The schema with its references turned to the components.
fn moved(schema: &Value, renamed: &Map<String, Value>) -> Value {
    match schema {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| {
                let def = value.as_str().and_then(|value| value.strip_prefix("#/$defs/"));
                let value = match def {
                    Some(def) if key == "$ref" => {
                        let name = renamed.get(def).and_then(Value::as_str).unwrap_or(def);
                        json!(format!("#/components/schemas/{name}"))
                    }
                    _ => moved(value, renamed),
                };
                (key.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| moved(item, renamed)).collect(),
        other => other.clone(),
    }
}

pub(crate) fn components() -> Map<String, Value> {
    let mut all = Components(Map::new());
    for (name, file) in [
        ("Incoming", "message"),
        ("Accepted", "accepted"),
        ("OnQueue", "queued"),
        ("Problem", "problem"),
        ("View", "view"),
        ("EventsPage", "events"),
        ("Correlation", "correlation"),
        ("CloudEvent", "cloudevent"),
        ("Ticket", "ticket"),
        ("DeadLetters", "dead-letters"),
        ("DeadLetter", "dead-letter"),
        ("DeadLetterOutcome", "dead-letter-outcome"),
        ("DeadLetterOutcomes", "dead-letter-outcomes"),
        ("Discard", "dead-letter-discard"),
        ("Projections", "projections"),
        ("Projection", "projection"),
        ("Readiness", "readiness"),
    ] {
        all.take(name, &format!("{file}.json"));
    }
    let (mut commands, mut views) = (Vec::new(), Vec::new());
    for entry in CATALOGUE.entries {
        let aggregate = entry.aggregate_type;
        let state = format!("{}State", pascal(aggregate));
        let files = below(&format!("schema/json/{aggregate}"));
        let file = files.iter().rfind(|path| path.contains("/state.v")).unwrap();
        all.take(&state, file.strip_prefix("schema/json/").unwrap());
        let view = format!("{}View", pascal(aggregate));
        let own =
            json!({"properties": {"aggregateType": {"const": aggregate}, "state": of(&state)}});
        let described = format!("A {aggregate}, now or then.");
        all.0.insert(view.clone(), json!({"description": described, "allOf": [of("View"), own]}));
        views.push(of(&view));
        for kind in entry.commands.iter().filter(|kind| !kind.internal) {
            let payload = format!("{}Payload", kind.name);
            all.take(&payload, &format!("{aggregate}/{}.command.json", kind.name));
            // The same envelope for all; what is special is the payload, and whether an instance may be made up.
            let mut message = all.0["Message"].clone();
            message["description"] = all.0[&payload]["description"].clone();
            message["properties"]["aggregateType"] = json!({"const": aggregate});
            message["properties"]["name"] = json!({"const": kind.name});
            message["properties"]["payload"] = of(&payload);
            if !kind.may_begin() {
                message["required"].as_array_mut().unwrap().push(json!("aggregateId"));
                message["properties"]["aggregateId"] = of("Id");
            }
            all.0.insert(kind.name.to_owned(), message);
            commands.push(of(kind.name));
        }
    }
    all.0.remove("Incoming");
    all.0.remove("Message");
    all.0.insert(
        "Command".into(),
        json!({"description": "A command, by its name.", "oneOf": commands}),
    );
    all.0.insert(
        "AnyView".into(),
        json!({"description": "An instance of any type.", "oneOf": views}),
    );
    all.0.insert("Answer".into(), answer_of_batch());
    all.0.insert("QueuedAnswer".into(), answer_of_queued_batch());
    all.0.insert("GraphqlRequest".into(), graphql_request());
    all.0.insert("GraphqlResponse".into(), graphql_response());
    all.0
}

fn answer_of_batch() -> Value {
    let accepted = json!({"properties": {"status": {"const": 202}}, "required": ["status"]});
    json!({
        "description": "The answer that one command of a batch would have got alone.",
        "anyOf": [{"allOf": [of("Accepted"), accepted]}, of("Problem")],
    })
}

fn answer_of_queued_batch() -> Value {
    let queued = json!({"properties": {"status": {"const": 202}}, "required": ["status"]});
    json!({
        "description": "The answer to one command of a batch that goes by the queue.",
        "anyOf": [{"allOf": [of("OnQueue"), queued]}, of("Problem")],
    })
}

fn graphql_request() -> Value {
    json!({
        "description": "A request of GraphQL over HTTP.",
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "The document."},
            "operationName": {"type": ["string", "null"], "description": "The operation to execute; needed when there are several."},
            "variables": {"type": ["object", "null"], "description": "Values of its variables."},
            "extensions": {"type": ["object", "null"], "description": "Not looked at."},
        },
        "required": ["query"],
    })
}

fn graphql_response() -> Value {
    let error = json!({
        "type": "object",
        "properties": {
            "message": {"type": "string", "description": "For people."},
            "locations": {"type": "array", "description": "Places in the document.", "items": {"type": "object"}},
            "path": {"type": "array", "description": "Path of the field.", "items": {"type": ["string", "integer"]}},
            "extensions": {
                "type": "object",
                "properties": {"code": {"type": "string", "description": "Stable code, for programs."}},
                "required": ["code"],
            },
        },
        "required": ["message", "extensions"],
    });
    json!({
        "description": "A response of GraphQL: data, errors, or both.",
        "type": "object",
        "properties": {
            "data": {"type": ["object", "null"], "description": "The data; null or absent when nothing was executed."},
            "errors": {"type": "array", "description": "The errors.", "items": error, "minItems": 1},
        },
        "anyOf": [{"required": ["data"]}, {"required": ["errors"]}],
    })
}
