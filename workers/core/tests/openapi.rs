//! `schema/openapi.json` describes every HTTP door. It is printed: what goes in and out are the schemas in `schema/json`, which
//! are printed from the types themselves; which commands there are, the catalogue says.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod printed;

use std::{collections::BTreeSet, fs};

use edgefold_core::CATALOGUE;
use edgefold_kernel::limits;
use printed::{Files, below, compare, root};
use serde_json::{Map, Value, json};

const PATH: &str = "schema/openapi.json";
const PROBLEM: &str = "application/problem+json";
const GRAPHQL: &str = "application/graphql-response+json";

fn pascal(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

fn of(component: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{component}")})
}

// ── what goes in and out ──

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
        // A state is what it defines under its own name, or null before the first event; nobody is shown that.
        if !defined.contains_key(name) {
            self.0.insert(name.to_owned(), moved(&schema, &renamed));
        }
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

fn components() -> Map<String, Value> {
    let mut all = Components(Map::new());
    for (name, file) in [
        ("Incoming", "message"),
        ("Accepted", "accepted"),
        ("Problem", "problem"),
        ("View", "view"),
        ("EventsPage", "events"),
        ("Correlation", "correlation"),
        ("CloudEvent", "cloudevent"),
    ] {
        all.take(name, &format!("{file}.json"));
    }
    let (mut commands, mut views) = (Vec::new(), Vec::new());
    for entry in CATALOGUE.0 {
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
            if !kind.creates {
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
    all.0.insert("GraphqlRequest".into(), graphql_request());
    all.0.insert("GraphqlResponse".into(), graphql_response());
    all.0
}

fn answer_of_batch() -> Value {
    let accepted = json!({"properties": {"status": {"const": 202}}, "required": ["status"]});
    json!({
        "description": "What one command of a batch would have been answered alone.",
        "anyOf": [{"allOf": [of("Accepted"), accepted]}, of("Problem")],
    })
}

fn graphql_request() -> Value {
    json!({
        "description": "A request of GraphQL over HTTP.",
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "The document."},
            "operationName": {"type": ["string", "null"], "description": "Which of its operations; needed when there are several."},
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
            "locations": {"type": "array", "description": "Where in the document.", "items": {"type": "object"}},
            "path": {"type": "array", "description": "Which field.", "items": {"type": ["string", "integer"]}},
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
            "data": {"type": ["object", "null"], "description": "What was asked for; null or absent when nothing was executed."},
            "errors": {"type": "array", "description": "What went wrong.", "items": error, "minItems": 1},
        },
        "anyOf": [{"required": ["data"]}, {"required": ["errors"]}],
    })
}

// ── the doors ──

/// What a status stands for, at every door alike.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => "It is no JSON, or no request.",
        401 => "No token, or none that counts.",
        403 => {
            "Not for this caller: a command that is not its own, an internal one, a page of a foreign origin."
        }
        404 => "There is nothing of this name, or not for this caller.",
        406 => "None of the forms that it is answered in is accepted.",
        409 => "The stream is not at the expected version.",
        413 => "The body is over 1 MiB.",
        415 => "The body is no JSON, or the upgrade is not to a websocket.",
        422 => "A field or a business rule says no.",
        429 => "Too many requests, or sockets, of one principal or address.",
        500 => "A fault on our side.",
        503 => "A fault on our side that may be over soon.",
        _ => panic!("what is {status}?"),
    }
}

/// Refusals and faults in this form.
fn refusals(statuses: &[u16], content: &Value) -> Map<String, Value> {
    let text =
        |what: &str| json!({"description": what, "required": true, "schema": {"type": "string"}});
    let answer = |status: &u16| {
        let mut answer = json!({"description": meaning(*status), "content": content});
        match status {
            401 => answer["headers"] = json!({"WWW-Authenticate": text("How to show a token.")}),
            429 => answer["headers"] = json!({"Retry-After": text("Seconds to wait.")}),
            _ => {}
        }
        (status.to_string(), answer)
    };
    statuses.iter().map(answer).collect()
}

fn problems(statuses: &[u16]) -> Map<String, Value> {
    refusals(statuses, &json!({PROBLEM: {"schema": of("Problem")}}))
}

fn answers(good: Value, refused: Map<String, Value>) -> Value {
    good.as_object().unwrap().clone().into_iter().chain(refused).collect()
}

fn good(description: &str, schema: Value) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

fn query(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

fn in_path(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "path", "required": true, "description": description, "schema": schema})
}

/// A whole number from 0, as versions and places are.
fn whole() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999_u64})
}

fn page(default: usize, most: usize) -> [Value; 2] {
    let limit = json!({"type": "integer", "minimum": 1, "maximum": most, "default": default});
    [query("after", "Begin after this one.", whole()), query("limit", "How many.", limit)]
}

fn instance() -> Vec<Value> {
    let types: Vec<_> = CATALOGUE.0.iter().map(|entry| entry.aggregate_type).collect();
    vec![
        in_path("type", "Type of the aggregate.", json!({"enum": types})),
        in_path("id", "The instance.", of("Id")),
    ]
}

fn commands() -> Value {
    let key = json!({
        "name": "Idempotency-Key", "in": "header", "schema": of("Id"),
        "description": "The command's id, for one command that has none in its body.",
    });
    let batch = json!({"type": "array", "items": of("Command"), "minItems": 1, "maxItems": limits::BATCH_COMMANDS});
    let answers_of_batch = json!({"type": "array", "items": of("Answer")});
    let mut accepted = good("The command was decided, and its events are stored.", of("Accepted"));
    let instance =
        json!({"type": "$response.body#/aggregateType", "id": "$response.body#/aggregateId"});
    accepted["links"] = json!({
        "state": {"operationId": "showState", "parameters": instance, "description": "What came of it."},
        "events": {"operationId": "showEvents", "parameters": instance, "description": "What happened."},
        "correlation": {
            "operationId": "showCorrelation", "description": "What it has caused.",
            "parameters": {"commandId": "$response.body#/commandId"},
        },
    });
    let good = json!({
        "200": good("What each command of a batch was answered, in order.", answers_of_batch),
        "202": accepted,
    });
    json!({"post": {
        "operationId": "sendCommands", "summary": "Sends a command, or up to 100 of them.",
        "parameters": [key],
        "requestBody": {
            "required": true,
            "content": {"application/json": {"schema": {"anyOf": [of("Command"), batch]}}},
        },
        "responses": answers(good, problems(&[400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503])),
    }})
}

fn state() -> Value {
    let mut parameters = instance();
    parameters.extend([
        query("version", "What it was at this version.", whole()),
        query(
            "at",
            "What it was at this instant.",
            json!({"type": "string", "format": "date-time"}),
        ),
        json!({
            "name": "If-None-Match", "in": "header", "schema": {"type": "string"},
            "description": "The ETag that is known.",
        }),
    ]);
    let etag = json!({"ETag": {"description": "The version, in quotes.", "required": true, "schema": {"type": "string"}}});
    let mut shown = good("The state, now or then.", of("AnyView"));
    shown["headers"] = etag.clone();
    let good = json!({
        "101": {"description": "With an upgrade: the native socket, subprotocol `edgefold.v1`."},
        "200": shown,
        "304": {"description": "It is as it was.", "headers": etag},
    });
    json!({"get": {
        "operationId": "showState", "summary": "Shows the state of an instance, now or then; or opens its native socket.",
        "parameters": parameters,
        "responses": answers(good, problems(&[401, 403, 404, 415, 422, 429, 500, 503])),
    }})
}

fn events() -> Value {
    let mut parameters = instance();
    parameters.extend(page(limits::PAGE_EVENTS_DEFAULT, limits::PAGE_EVENTS));
    let good = json!({"200": good("A page of the stream, oldest first.", of("EventsPage"))});
    json!({"get": {
        "operationId": "showEvents", "summary": "Shows the stream of an instance, as CloudEvents.",
        "parameters": parameters,
        "responses": answers(good, problems(&[401, 403, 404, 422, 429, 500, 503])),
    }})
}

fn correlations() -> Value {
    let mut parameters = vec![in_path("commandId", "The command.", of("Id"))];
    parameters.extend(page(limits::PAGE_EVENTS_DEFAULT, limits::LIST_ROWS));
    let good = json!({"200": good("A page of what it has caused, in the order of the journal.", of("Correlation"))});
    json!({"get": {
        "operationId": "showCorrelation", "summary": "Shows every event and command that a command has caused.",
        "parameters": parameters,
        "responses": answers(good, problems(&[401, 403, 404, 422, 429, 500, 503])),
    }})
}

fn graphql() -> Value {
    let schema = of("GraphqlResponse");
    let content = json!({GRAPHQL: {"schema": schema}, "application/json": {"schema": schema}});
    let both = json!({GRAPHQL: {"schema": schema}, "application/json": {"schema": schema}, PROBLEM: {"schema": of("Problem")}});
    let good = json!({
        "200": {"description": "It was executed; or, for those who take `application/json` only, whatever came of it.", "content": content},
        "294": {"description": "It was executed, and there are errors too.", "content": content},
    });
    let responses = |statuses: &[u16]| {
        let mut all = answers(good.clone(), refusals(statuses, &content));
        for (status, answer) in
            problems(&[401, 500, 503]).into_iter().chain(refusals(&[403, 429], &both))
        {
            all[status] = answer;
        }
        all
    };
    let security = json!([{}, {"token": []}]);
    let text = || json!({"type": "string"});
    let object = |name, description| json!({"name": name, "in": "query", "description": description, "content": {"application/json": {"schema": {"type": "object"}}}});
    let mut document = query("query", "The document.", text());
    document["required"] = json!(true);
    let parameters = [
        document,
        query("operationName", "Which of its operations.", text()),
        object("variables", "Values of its variables."),
    ];
    let mut by_get = responses(&[400, 406]);
    by_get["405"] = refused_method(&content);
    by_get["101"] = json!({"description": "With an upgrade: a socket of `graphql-transport-ws`."});
    json!({
        "get": {
            "operationId": "query", "summary": "A query, as GraphQL over HTTP. Over a websocket: `graphql-transport-ws`.",
            "security": security, "parameters": parameters,
            "responses": by_get,
        },
        "post": {
            "operationId": "execute", "summary": "A query or a mutation, as GraphQL over HTTP.",
            "security": security,
            "requestBody": {"required": true, "content": {"application/json": {"schema": of("GraphqlRequest")}}},
            "responses": responses(&[400, 406, 413, 415]),
        },
    })
}

fn refused_method(content: &Value) -> Value {
    json!({
        "description": "A mutation goes by POST.", "content": content,
        "headers": {"Allow": {"description": "What to use.", "required": true, "schema": {"type": "string"}}},
    })
}

fn open(id: &str, summary: &str, shown: Value, refused: &[u16]) -> Value {
    json!({"get": {
        "operationId": id, "summary": summary, "security": [],
        "responses": answers(json!({"200": shown}), problems(refused)),
    }})
}

fn document() -> Value {
    let well = json!({"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]});
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Edgefold", "version": env!("CARGO_PKG_VERSION"),
            "description": "Commands in, events out: the HTTP doors of an event-sourced core.",
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {
            "/commands": commands(),
            "/aggregates/{type}/{id}": state(),
            "/aggregates/{type}/{id}/events": events(),
            "/correlations/{commandId}": correlations(),
            "/graphql": graphql(),
            "/openapi.json": open("describe", "This document.", good("OpenAPI 3.1.", json!({"type": "object"})), &[403, 429, 500]),
            "/healthz": open("isWell", "Whether it is well.", good("It is.", well), &[403, 500]),
        },
        "components": {
            "schemas": components(),
            "securitySchemes": {"token": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "`sub` is who it is, `role` one of guest, staff, device, admin.",
            }},
        },
    })
}

// ── what holds of the document ──

#[test]
fn the_printed_description_of_the_doors_is_up_to_date() {
    let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    compare(&BTreeSet::new(), &Files::from([(PATH.to_owned(), text)]));
}

#[test]
fn every_reference_leads_to_a_component_and_every_component_is_referred_to() {
    let document = document();
    let components: BTreeSet<_> =
        document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
    let text = document.to_string();
    let referred: BTreeSet<_> = text
        .split("\"#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(referred, components);
    assert!(!text.contains("$defs"));
}

#[test]
fn every_schema_in_it_is_one() {
    for (name, schema) in document()["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name}");
    }
}
