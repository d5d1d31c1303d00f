//! The doors, one by one.

use edgefold_core::CATALOGUE;
use edgefold_kernel::limits;
use serde_json::{Map, Value, json};

use crate::components::{components, of};

const PROBLEM: &str = "application/problem+json";
const GRAPHQL: &str = "application/graphql-response+json";

/// The meaning of a status, the same at every door.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The body is not JSON, or not a request.",
        401 => "There is no valid token.",
        403 => {
            "This caller may not do it: the command is not its own or is internal, or the page's origin is not allowed."
        }
        404 => "Nothing has this name, or the caller may not see it.",
        406 => "The caller accepts none of the forms of the answer.",
        409 => {
            "The stream, the sequence that is held back, or the projection is not in the expected state."
        }
        413 => "The body is too long: the limit is 1 MiB, unless another one is set.",
        415 => "The body is not JSON, or is coded, or the upgrade is not to a websocket.",
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
            401 => {
                answer["headers"] = json!({"WWW-Authenticate": text("The way to show a token.")})
            }
            429 | 503 => answer["headers"] = json!({"Retry-After": text("Seconds to wait.")}),
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
    [
        query("after", "Begin after this one.", whole()),
        query("limit", "Largest number of items on the page.", limit),
    ]
}

fn instance() -> Vec<Value> {
    let types: Vec<_> = CATALOGUE.entries.iter().map(|entry| entry.aggregate_type).collect();
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
    let prefer = json!({
        "name": "Prefer", "in": "header", "schema": {"type": "string"},
        "description": "`respond-async`: answer once the commands lie on the queue (RFC 7240).",
    });
    let after = json!({
        "name": "Edgefold-After", "in": "header", "schema": of("Id"),
        "description": "With `Prefer: respond-async`: the id of the queued command of the same instance that is to be decided before.",
    });
    let batch = json!({"type": "array", "items": of("Command"), "minItems": 1, "maxItems": limits::BATCH_COMMANDS});
    let answers_of_batch = json!({"type": "array", "items": of("Answer")});
    let answers_of_queue = json!({"type": "array", "items": of("QueuedAnswer")});
    let mut accepted = good(
        "The command was decided, and its events are stored; or, with `Preference-Applied`, what the caller sent lies on the queue.",
        json!({"anyOf": [of("Accepted"), of("OnQueue"), answers_of_queue]}),
    );
    let said = |what: &str| json!({"description": what, "schema": {"type": "string"}});
    accepted["headers"] = json!({
        "Preference-Applied": said("`respond-async` when it lies on the queue."),
        "Location": said("Where the outcome of one queued command will be found."),
    });
    let instance =
        json!({"type": "$response.body#/aggregateType", "id": "$response.body#/aggregateId"});
    accepted["links"] = json!({
        "state": {"operationId": "showState", "parameters": instance, "description": "The state after it."},
        "events": {"operationId": "showEvents", "parameters": instance, "description": "The stream of the instance."},
        "correlation": {
            "operationId": "showCorrelation", "description": "The events and commands that it caused.",
            "parameters": {"correlationId": "$response.body#/commandId"},
        },
    });
    let good = json!({
        "200": good("The answer to each command of a batch, in order.", answers_of_batch),
        "202": accepted,
    });
    json!({"post": {
        "operationId": "sendCommands", "summary": "Sends a command, or up to 100 of them.",
        "parameters": [key, prefer, after],
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
        query("version", "The state at this version.", whole()),
        query("at", "The state at this instant.", json!({"type": "string", "format": "date-time"})),
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

fn outcomes() -> Value {
    let mut parameters = instance();
    parameters.push(in_path("commandId", "The command.", of("Id")));
    let good = json!({"200": good("Its answer, as in a batch.", of("Answer"))});
    json!({"get": {
        "operationId": "showOutcome", "summary": "Says what has become of a command: to those who may see the instance, and to the one who sent it.",
        "parameters": parameters,
        "responses": answers(good, problems(&[401, 403, 404, 422, 429, 500, 503])),
    }})
}

fn correlations() -> Value {
    let mut parameters = vec![in_path(
        "correlationId",
        "The correlation: that of the request or, where it named none, the id of its command.",
        of("Id"),
    )];
    parameters.extend(page(limits::PAGE_EVENTS_DEFAULT, limits::LIST_ROWS));
    let good = json!({"200": good("A page of its events and commands that the caller may see, in the order of time. `after` counts entries.", of("Correlation"))});
    json!({"get": {
        "operationId": "showCorrelation", "summary": "Lists every event and command of a correlation, over all aggregates.",
        "parameters": parameters,
        "responses": answers(good, problems(&[401, 403, 404, 422, 429, 500, 503])),
    }})
}

/// A request of an administrator without a body.
fn ask(id: &str, summary: &str, parameters: Value, shown: Value, refused: &[u16]) -> Value {
    let good = json!({"200": shown});
    let common = [401, 403, 422, 429, 500, 503];
    let statuses: Vec<u16> = common.into_iter().chain(refused.iter().copied()).collect();
    json!({
        "operationId": id, "summary": summary, "parameters": parameters,
        "responses": answers(good, problems(&statuses)),
    })
}

/// The same with the body of a discard.
fn ask_discard(id: &str, summary: &str, parameters: Value, shown: Value, refused: &[u16]) -> Value {
    let refused = [&[400, 413, 415], refused].concat();
    let mut post = ask(id, summary, parameters, shown, &refused);
    post["requestBody"] = json!({
        "required": true, "content": {"application/json": {"schema": of("Discard")}},
    });
    post
}

fn sequence() -> Value {
    let id = json!({"type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_u64});
    in_path("id", "The sequence.", id)
}

/// The query that finds sequences.
fn sequences() -> Value {
    let mut parameters =
        vec![query("status", "Only this standing.", json!({"enum": ["FAILING", "PARKED"]}))];
    for (name, what) in [
        ("code", "Code of the failure."),
        ("destinationType", "Type that they go to."),
        ("destinationId", "Instance that they go to."),
        ("sourceType", "Type that they come from."),
        ("sourceId", "Instance that they come from."),
    ] {
        parameters.push(query(name, what, json!({"type": "string"})));
    }
    parameters.extend(page(limits::LIST_ROWS_DEFAULT, limits::LIST_ROWS));
    json!(parameters)
}

fn dead_letters() -> Value {
    let shown = good(
        "A page of sequences, in the order in which they were first listed.",
        of("DeadLetters"),
    );
    let summary = "Lists sequences that a destination does not take, with totals.";
    json!({"get": ask("listDeadLetters", summary, sequences(), shown, &[])})
}

fn dead_letter() -> Value {
    let mut parameters = vec![sequence()];
    parameters.extend(page(limits::LIST_ROWS_DEFAULT, limits::LIST_ROWS));
    let shown = good("The sequence, with a page of what waits in it.", of("DeadLetter"));
    let summary = "Shows a sequence with the versions that wait in it.";
    json!({"get": ask("showDeadLetter", summary, json!(parameters), shown, &[404])})
}

fn retry() -> Value {
    let shown = good(
        "The number of versions that the destination took, and the sequence as it is now.",
        of("DeadLetterOutcome"),
    );
    let summary = "Tries a sequence now, in order, up to the first failure.";
    json!({"post": ask("retryDeadLetter", summary, json!([sequence()]), shown, &[404])})
}

fn discard() -> Value {
    let shown = good(
        "The version is let go, and the rest was tried. Name the version at which the sequence stands.",
        of("DeadLetterOutcome"),
    );
    let summary = "Lets the version go at which a sequence stands, with a reason.";
    let refused = [404, 409];
    json!({"post": ask_discard("discardDeadLetter", summary, json!([sequence()]), shown, &refused)})
}

fn retry_all() -> Value {
    let shown = good("What has become of a page of them.", of("DeadLetterOutcomes"));
    let summary = "Tries all sequences that a query finds, a page in each call.";
    json!({"post": ask("retryDeadLetters", summary, sequences(), shown, &[])})
}

fn discard_all() -> Value {
    let shown = good("What has become of a page of them.", of("DeadLetterOutcomes"));
    let summary = "Lets the version go at which each sequence stands that a query finds, a page in each call. Name no version.";
    json!({"post": ask_discard("discardDeadLetters", summary, sequences(), shown, &[])})
}

fn tickets() -> Value {
    let mut given = good("It is good for a minute and for one socket, to watch.", of("Ticket"));
    given["headers"] = json!({"Cache-Control": {"description": "`no-store`.", "required": true, "schema": {"const": "no-store"}}});
    json!({"post": {
        "operationId": "giveTicket", "summary": "Gives the caller a ticket, with which a page opens a socket without a token.",
        "responses": answers(json!({"201": given}), problems(&[401, 403, 429, 500, 503])),
    }})
}

fn graphql() -> Value {
    let schema = of("GraphqlResponse");
    let content = json!({GRAPHQL: {"schema": schema}, "application/json": {"schema": schema}});
    let mut executed = content.clone();
    executed["text/event-stream"] = json!({"schema": {"type": "string"}});
    let both = json!({GRAPHQL: {"schema": schema}, "application/json": {"schema": schema}, PROBLEM: {"schema": of("Problem")}});
    let good = json!({
        "200": {"description": "It was executed; for callers that take only `application/json`, also requests with errors. With `text/event-stream`, the result as an event, or those of a subscription: GraphQL over Server-Sent Events.", "content": executed},
        "294": {"description": "It was executed, and there are errors too.", "content": content},
    });
    let responses = |statuses: &[u16]| {
        let mut all = answers(good.clone(), refusals(statuses, &content));
        for (status, answer) in
            refusals(&[401], &content).into_iter().chain(refusals(&[403, 429, 500, 503], &both))
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
        query("operationName", "The operation to execute.", text()),
        object("variables", "Values of its variables."),
    ];
    let mut by_get = responses(&[400, 406]);
    by_get["405"] = refused_method(&content);
    by_get["101"] = json!({"description": "With an upgrade: a socket of `graphql-transport-ws`."});
    json!({
        "get": {
            "operationId": "query", "summary": "A query or a subscription, as GraphQL over HTTP. Over a websocket: `graphql-transport-ws`.",
            "security": security, "parameters": parameters,
            "responses": by_get,
        },
        "post": {
            "operationId": "execute", "summary": "A query, a mutation or a subscription, as GraphQL over HTTP.",
            "security": security,
            "requestBody": {"required": true, "content": {"application/json": {"schema": of("GraphqlRequest")}}},
            "responses": responses(&[400, 406, 413, 415]),
        },
    })
}

fn refused_method(content: &Value) -> Value {
    json!({
        "description": "Send mutations by POST.", "content": content,
        "headers": {"Allow": {"description": "The allowed methods.", "required": true, "schema": {"type": "string"}}},
    })
}

fn open(id: &str, summary: &str, shown: Value, refused: &[u16]) -> Value {
    json!({"get": {
        "operationId": id, "summary": summary, "security": [],
        "responses": answers(json!({"200": shown}), problems(refused)),
    }})
}

fn named() -> Value {
    let all = edgefold_flow::journal::generation::Processor::all(CATALOGUE);
    let names: Vec<_> = all.map(|processor| processor.name()).collect();
    in_path(
        "name",
        "The projection: an aggregate type for its state rows, or a projection of its own.",
        json!({"enum": names}),
    )
}

fn projections() -> Value {
    let shown = good("Each of them, with how far it is in each partition.", of("Projections"));
    let summary = "Lists the projections that the journals keep up to date.";
    json!({"get": ask("listProjections", summary, json!([]), shown, &[])})
}

fn projection() -> Value {
    let shown =
        good("How far it is in each partition, and what it cannot digest.", of("Projection"));
    json!({"get": ask("showProjection", "Shows a projection.", json!([named()]), shown, &[404])})
}

fn projection_order() -> Value {
    let order = "rebuild: makes its rows again, beside those that readers see; pause, resume, cancel: the rebuild; retry: what it cannot digest.";
    let orders = json!({"enum": ["rebuild", "pause", "resume", "cancel", "retry"]});
    let shown = good("The projection as it is now.", of("Projection"));
    let parameters = json!([named(), in_path("order", order, orders)]);
    json!({"post": ask("orderProjection", "Rebuilds, pauses, resumes or retries a projection.", parameters, shown, &[404, 409])})
}

fn readiness() -> Value {
    let ready = json!({"application/json": {"schema": of("Readiness")}});
    let mut shown = open(
        "isReady",
        "Whether the projections keep up.",
        good("They do.", of("Readiness")),
        &[403, 500],
    );
    shown["get"]["responses"]["503"] =
        json!({"description": "Some have fallen behind; their names are given.", "content": ready});
    shown
}

pub(crate) fn document() -> Value {
    let well = json!({"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]});
    let roles: Vec<_> = CATALOGUE.roles.iter().map(|kind| kind.role.as_str()).collect();
    let token = format!("`sub` is who it is, `role` one of {}.", roles.join(", "));
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
            "/aggregates/{type}/{id}/commands/{commandId}": outcomes(),
            "/correlations/{correlationId}": correlations(),
            "/tickets": tickets(),
            "/graphql": graphql(),
            "/admin/dead-letters": dead_letters(),
            "/admin/dead-letters/retry": retry_all(),
            "/admin/dead-letters/discard": discard_all(),
            "/admin/dead-letters/{id}": dead_letter(),
            "/admin/dead-letters/{id}/retry": retry(),
            "/admin/dead-letters/{id}/discard": discard(),
            "/admin/projections": projections(),
            "/admin/projections/{name}": projection(),
            "/admin/projections/{name}/{order}": projection_order(),
            "/openapi.json": open("describe", "This document.", good("OpenAPI 3.1.", json!({"type": "object"})), &[403, 429, 500]),
            "/healthz": open("isWell", "The health of the script.", good("It is.", well), &[403, 500]),
            "/readyz": readiness(),
        },
        "components": {
            "schemas": components(),
            "securitySchemes": {"token": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": token,
            }},
        },
    })
}
