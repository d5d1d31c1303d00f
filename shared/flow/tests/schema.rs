//! The schema of a small script: its types, and what is asked and answered by it.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod script;

use std::sync::Arc;

use async_graphql::{MergedObject, Object, Request, SDLExportOptions};
use edgefold_flow::{
    Accepted, Message,
    command::EventRef,
    door::document::DocumentLimits,
    graphql::{Api, Mutation, Query, Subscription, finished, gateway::Gateway, schema},
};
use edgefold_kernel::{Failure, Fault, Id, Kind, Rejection};
use futures_util::FutureExt;
use script::{Asked, CATALOGUE, Script, ask, ask_with, code};
use serde_json::{Value, json};

/// A text on one line.
fn flat(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").replace("( ", "(").replace(" )", ")")
}

/// The schema without its documentation.
fn sdl() -> String {
    let text = schema::<Script>().sdl_with_options(SDLExportOptions::new());
    let parts = text.split("\"\"\"").step_by(2);
    flat(&parts.collect::<String>())
}

#[test]
fn the_catalogue_says_what_the_schema_is() {
    assert_eq!(Api::of(CATALOGUE).clashes, [""; 0]);
    let sdl = sdl();
    for expected in [
        "type Note {\nid: ID!\nversion: Int!\nownerId: ID!\ntitle: String!\ndue: Date\nlines: [NoteMark!]\ncreatedAt: DateTime!\n}",
        "input NoteFilter {\ntitle: String\ndueFrom: Date\nreadBy: ID\n}",
        "enum NoteOrderBy {\nNEWEST\nTITLE\n}",
        "input WriteNoteInput {\nownerId: ID\ntitle: String!\npages: Int!\ndue: Date\nlines: [NoteLineInput!]\n}",
        "input NoteLineInput {\nby: ID!\nstyle: NoteStyle\n}",
        "enum NoteStyle {\nPLAIN\nBOLD\n}",
        "writeNote(id: ID, input: WriteNoteInput!, commandId: ID, expectedVersion: Int): CommandResult!",
        "rename(id: ID!, title: String!, commandId: ID, expectedVersion: Int): CommandResult!",
        "burn(id: ID!, commandId: ID, expectedVersion: Int): CommandResult!",
        "note(id: ID!, atVersion: Int, at: DateTime): Note\n",
        "notes(filter: NoteFilter, orderBy: NoteOrderBy! = NEWEST, first: Int, after: String, minVersion: [MinVersion!]): NoteConnection!",
        "readers(by: ID!, first: Int): [Reader!]!",
        "note(id: ID!, after: String, wait: Boolean = false): NoteUpdate!",
        "notes(filter: NoteFilter, after: String): NoteUpdate!",
        "union EventDetails = NoteWritten | NoteRenamed | NoteBurnt",
        "type NoteBurnt {\ntype: EventType!\n}",
        "details: EventDetails\n",
        "code: RejectionCode!",
    ] {
        assert!(sdl.contains(&flat(expected)), "{expected}\n\nis not in\n\n{sdl}");
    }
    for other in ["forget", "secret", "updatesCursor: String!"] {
        assert!(!sdl.contains(other), "{other}");
    }
    for code in ["FORBIDDEN", "NOTE_BURNT", "NOTE_EXISTS", "NOTE_UNKNOWN", "OTHER"] {
        assert!(sdl.contains(&format!(" {code} ")), "{code}");
    }
}

#[test]
fn bounds_stand_in_the_documentation_of_inputs() {
    let sdl = schema::<Script>().sdl();
    assert!(sdl.contains("Number of pages. 1 to 100."));
    assert!(sdl.contains("Of use until this day or a later one."));
}

fn accepted(message: Message) -> Result<Accepted, Failure> {
    let event = EventRef { id: "e-1".into(), event_type: "NoteWritten".into(), version: 1 };
    Ok(Accepted {
        command_id: message.command_id.unwrap(),
        aggregate_type: message.aggregate_type,
        aggregate_id: message.aggregate_id.unwrap_or_else(|| Id::parse("n-7").unwrap()),
        first_version: 1,
        version: 1,
        events: vec![event],
        confirm_within_ms: 5,
        duplicate: false,
    })
}

fn keeper(answer: fn(Message) -> Result<Accepted, Failure>) -> Asked {
    Asked { answer, ..Asked::new("keeper", []) }
}

/// What is answered to a field, and the command that was sent.
fn sent(query: &str, variables: Value) -> (Value, Value) {
    let (answer, log) = ask_with(keeper(accepted), query, variables);
    let message = log.first().map_or(Value::Null, |line| serde_json::from_str(line).unwrap());
    (answer.body.json(), message)
}

#[test]
fn a_command_is_sent_as_it_was_written_and_its_result_is_data() {
    let query = r#"mutation($by: ID!, $due: Date) {
        writeNote(input: {title: "a", pages: 7, due: $due, lines: {by: $by, style: BOLD}}) {
            __typename
            ... on Accepted { commandId aggregateType aggregateId events { version type } duplicate }
            ... on Rejected { code }
        }
    }"#;
    let (body, message) = sent(query, json!({"by": 12}));
    let expected = json!({"title": "a", "pages": 7, "lines": [{"by": "12", "style": "BOLD"}]});
    assert_eq!(
        message["payload"], expected,
        "ids are texts, one is a list of one, null is left out"
    );
    assert_eq!((&message["name"], message.get("aggregateId")), (&json!("WriteNote"), None));
    assert_eq!(
        body["data"]["writeNote"],
        json!({
            "__typename": "Accepted", "commandId": "fresh", "aggregateType": "NOTE", "aggregateId": "n-7",
            "events": [{"version": 1, "type": "NoteWritten"}], "duplicate": false,
        })
    );
    let query = r#"mutation { rename(id: "n-1", title: "b", commandId: "c-1", expectedVersion: 3) { __typename } }"#;
    let (_, message) = sent(query, Value::Null);
    let expected = json!({
        "aggregateType": "note", "aggregateId": "n-1", "name": "Rename", "payload": {"title": "b"},
        "commandId": "c-1", "expectedVersion": 3,
    });
    assert_eq!(message, expected);
}

#[test]
fn the_schema_refuses_other_types_and_leaves_values_to_the_domain() {
    let write = |fields: &str| {
        let query = format!("mutation {{ writeNote(input: {{{fields}}}) {{ __typename }} }}");
        let (body, message) = sent(&query, Value::Null);
        (body["errors"][0]["extensions"]["code"].clone(), message["payload"].clone())
    };
    for wrong in [
        r#"title: "a""#,
        r#"title: 7, pages: 1"#,
        r#"title: "a", pages: "1""#,
        r#"title: "a", pages: 1.5"#,
        r#"title: "a", pages: 1, more: 1"#,
        r#"title: "a", pages: 1, due: 5"#,
        r#"title: "a", pages: 1, lines: [{by: "b", style: LOUD}]"#,
        r#"title: "a", pages: 1, lines: [null]"#,
        r#"title: null, pages: 1"#,
    ] {
        assert_eq!(write(wrong), (json!("GRAPHQL_VALIDATION_FAILED"), Value::Null), "{wrong}");
    }
    let odd = r#"title: "", pages: 9000000000, due: "tomorrow""#;
    let expected = json!({"title": "", "pages": 9_000_000_000_u64, "due": "tomorrow"});
    assert_eq!(write(odd), (Value::Null, expected));
}

#[test]
fn what_the_schema_does_not_look_at_stays_as_it_was_written() {
    // A variable without a value switches the checks of its argument off.
    let query = r#"mutation($due: Date) { writeNote(input: {title: 7, due: $due, more: 1, lines: {by: "b", bold: true}}) { __typename } }"#;
    let (_, message) = sent(query, Value::Null);
    let expected = json!({"title": 7, "more": 1, "lines": [{"by": "b", "bold": true}]});
    assert_eq!(message["payload"], expected, "the domain refuses it");
    let query = "mutation($it: WriteNoteInput!) { writeNote(input: $it) { ... on Rejected { code field } } }";
    for wrong in [json!("it"), json!([]), json!([{"title": "a", "pages": 1}]), json!(7)] {
        let (body, message) = sent(query, json!({"it": wrong}));
        let refused = json!({"code": "INVALID_FIELD", "field": "input"});
        assert_eq!((&body["data"]["writeNote"], message), (&refused, Value::Null), "{wrong}");
    }
}

#[test]
fn a_refusal_is_data_with_a_code_of_the_schema() {
    let rejected = "{ __typename ... on Rejected { code detail field currentVersion commandId } }";
    let query = format!(r#"mutation {{ burn(id: "n-1") {rejected} }}"#);
    let (answer, _) =
        ask(keeper(|_| Err(Rejection::rule("NOTE_BURNT", "ashes").at(4).into())), &query);
    let expected = json!({
        "__typename": "Rejected", "code": "NOTE_BURNT", "detail": "ashes", "field": null, "currentVersion": 4,
        "commandId": "fresh",
    });
    assert_eq!(answer.body.json()["data"]["burn"], expected);
    let (answer, _) =
        ask(keeper(|_| Err(Rejection::rule("NOTE_LOST", "newer code says so").into())), &query);
    assert_eq!(answer.body.json()["data"]["burn"]["code"], "OTHER");
    let query = format!(r#"mutation {{ burn(id: "", commandId: "c-1") {rejected} }}"#);
    let (answer, log) = ask(keeper(accepted), &query);
    let burn = &answer.body.json()["data"]["burn"];
    assert_eq!(
        (&burn["code"], &burn["field"], &burn["commandId"]),
        (&json!("INVALID_FIELD"), &json!("id"), &json!("c-1"))
    );
    let query = format!(r#"mutation {{ burn(id: "n-1", commandId: "") {rejected} }}"#);
    let (answer, _) = ask(keeper(accepted), &query);
    let burn = &answer.body.json()["data"]["burn"];
    assert_eq!((&burn["field"], &burn["commandId"]), (&json!("commandId"), &Value::Null));
    assert_eq!(log, [""; 0]);
    let query = format!(r#"mutation {{ burn(id: "n-1", expectedVersion: -1) {rejected} }}"#);
    assert_eq!(
        ask(keeper(accepted), &query).0.body.json()["data"]["burn"]["field"],
        "expectedVersion"
    );
}

#[test]
fn fields_of_one_name_are_one_field_and_send_one_command() {
    let query = r#"mutation { burn(id: "n-1") { __typename } ...F rename(id: "n-1", title: "b") { __typename } }
        fragment F on Mutation { burn(id: "n-1") { ... on Accepted { version } } }"#;
    let (answer, log) = ask(keeper(accepted), query);
    assert_eq!(log.len(), 2);
    let expected = r#"{"data":{"burn":{"__typename":"Accepted","version":1},"rename":{"__typename":"Accepted"}}}"#;
    assert_eq!(answer.body.to_string(), expected);
    let query = r#"mutation { burn(id: "n-1") { __typename } burn(id: "n-2") { __typename } }"#;
    let (answer, log) = ask(keeper(accepted), query);
    assert_eq!((code(&answer), log.len()), ("GRAPHQL_VALIDATION_FAILED", 0));
}

#[test]
fn fields_of_one_name_that_differ_are_refused_at_any_depth() {
    let answered = |query: &str| ask(Asked::new("keeper", []), query).0;
    let details = |fields: &str| {
        format!(
            r#"{{ events(aggregateType: NOTE, aggregateId: "n-1") {{ nodes {{ details {{ {fields} }} }} }} }}"#
        )
    };
    for twice in [
        r#"{ note(id: "n-1") { title title: id } }"#.to_owned(),
        r#"{ note(id: "n-1") { ... on Note { x: title } ...F } } fragment F on Note { x: due }"#
            .to_owned(),
        r#"{ n: note(id: "n-1") { id } ... { n: note(id: "n-2") { id } } }"#.to_owned(),
        "{ notes { nodes { title } nodes { title: version } } }".to_owned(),
        details("... on NoteWritten { x: title } ... on NoteRenamed { x: type }"),
    ] {
        assert_eq!(code(&answered(&twice)), "GRAPHQL_VALIDATION_FAILED", "{twice}");
    }
    for alike in [
        r#"{ note(id: "n-1") { title ... on Note { title x: title x: title } } note(id: "n-1") { id } }"#.to_owned(),
        details("... on NoteWritten { x: title } ... on NoteRenamed { x: title } __typename"),
    ] {
        assert_eq!(answered(&alike).status, 200, "{alike}");
    }
}

#[test]
fn a_fault_is_an_error_that_names_the_command() {
    let away = |_| Err(Fault::Unavailable("the object".into(), "secret".into()).into());
    let (answer, _) =
        ask(keeper(away), r#"mutation { burn(id: "n-1", commandId: "c-1") { __typename } }"#);
    let error = &answer.body.errors[0];
    assert_eq!(error["extensions"], json!({"code": "UNAVAILABLE", "commandId": "c-1"}));
    assert_eq!((&error["path"], answer.status), (&json!(["burn"]), 503));
    assert!(!answer.body.to_string().contains("secret"));
}

#[test]
fn fields_come_in_the_order_of_the_document() {
    let query = r#"query($no: Boolean = false, $yes: Boolean = true) {
        z: me { role } a: me @skip(if: $yes) { role } __typename
        ...F
        note(id: "n-1") { version title ... @include(if: $yes) { id } i: id }
        a: me { via @include(if: $no) subject }
    }
    fragment F on Query { note(id: "n-1") { createdAt ...N ...N } notes { edges { cursor } } }
    fragment N on Note { title version }"#;
    let text = ask(Asked::new("keeper", []), query).0.body.to_string();
    let expected = r#"{"data":{"z":{"role":"KEEPER"},"__typename":"Query","note":{"createdAt":"1970-01-01T00:00:00.000Z","title":"of the object","version":9,"id":"n-1","i":"n-1"},"notes":{"edges":[]},"a":{"subject":"ana"}}}"#;
    assert_eq!(text, expected);
}

#[test]
fn what_may_be_null_is_null_beside_its_error() {
    let query = r#"{ note(id: "n-1") { id title lines { title } } me { subject } }"#;
    let broken = json!({"ownerId": "ana", "title": "a", "lines": [{"title": "b"}, {}]});
    let (answer, _) = ask(Asked { state: broken, ..Asked::new("keeper", []) }, query);
    let body = answer.body.json();
    assert_eq!(body["data"]["note"], json!({"id": "n-1", "title": "a", "lines": null}));
    assert_eq!(body["data"]["me"]["subject"], "ana");
    assert_eq!(body["errors"][0]["path"], json!(["note", "lines", 1, "title"]));
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNREADABLE");
    let (answer, _) = ask(Asked { state: json!({}), ..Asked::new("keeper", []) }, query);
    assert_eq!(answer.body.json()["data"]["note"], Value::Null);
    let (answer, log) = ask(Asked { state: Value::Null, ..Asked::new("keeper", []) }, query);
    assert_eq!((&answer.body.json()["data"]["note"], answer.body.errors.len()), (&Value::Null, 0));
    assert_eq!(log, ["row n-1"]);
}

#[test]
fn one_error_has_one_shape_at_every_field() {
    for (query, code, field) in [
        (r#"{ note(id: "n", atVersion: -1) { id } }"#, "INVALID_CURSOR", "atVersion"),
        (r#"{ note(id: "n", at: "soon") { id } }"#, "INVALID_INSTANT", "at"),
        (r#"{ note(id: "n", atVersion: 1, at: "soon") { id } }"#, "INVALID_QUERY", "atVersion"),
        (r#"{ notes(first: 101) { nodes { id } } }"#, "INVALID_PAGE", "first"),
        (
            r#"{ notes(filter: {dueFrom: "soon"}) { nodes { id } } }"#,
            "INVALID_FIELD",
            "filter.dueFrom",
        ),
        (r#"{ notes(filter: {readBy: ""}) { nodes { id } } }"#, "INVALID_FIELD", "filter.readBy"),
        (r#"{ notes(after: "x") { nodes { id } } }"#, "INVALID_CURSOR", "after"),
        (
            r#"{ events(aggregateType: NOTE, aggregateId: "n", after: "x") { nodes { id } } }"#,
            "INVALID_CURSOR",
            "after",
        ),
        (r#"{ readers(by: "ana", first: 4) { by } }"#, "INVALID_FIELD", "first"),
    ] {
        let (answer, log) = ask(Asked::new("keeper", []), query);
        let error = &answer.body.errors[0];
        assert_eq!(error["extensions"], json!({"code": code, "field": field}), "{query}");
        assert_eq!(log, [""; 0], "{query}");
    }
}

#[test]
fn a_projection_answers_lists_and_queries_of_its_own() {
    let query = r#"{ notes(filter: {readBy: "ben", title: "a"}, minVersion: {type: NOTE, id: "n-1", version: 1}) { nodes { id } } }"#;
    let (_, log) = ask(Asked::new("keeper", []), query);
    let rows = r#"rows ["a","read","ben",21]"#;
    assert_eq!(log, ["shown by readers: n-1 1", "shown by note: n-1 1", rows]);
    let row = json!({"by": "ben", "notes": 3});
    let rows = [Ok(vec![row.as_object().unwrap().clone()])];
    let (answer, log) = ask(Asked::new("nobody", rows), r#"{ readers(by: "ben") { notes by } }"#);
    assert_eq!(answer.body.to_string(), r#"{"data":{"readers":[{"notes":3,"by":"ben"}]}}"#);
    assert_eq!(log, [r#"rows ["ben",null]"#]);
}

#[test]
fn without_a_token_nothing_is_answered() {
    let queries = [
        r#"{ note(id: "n") { id } }"#,
        "{ notes { nodes { id } } }",
        r#"{ events(aggregateType: NOTE, aggregateId: "n") { nodes { id } } }"#,
        r#"{ commandResult(id: "c") { __typename } }"#,
        "{ me { subject } }",
        r#"{ readers(by: "ana") { by } }"#,
    ];
    for query in queries {
        let (answer, log) = ask(Asked { is_known: false, ..Asked::new("keeper", []) }, query);
        assert_eq!((code(&answer), log.len()), ("UNAUTHENTICATED", 0), "{query}");
    }
}

#[test]
fn an_answer_has_a_size() {
    let query = "{ notes { nodes { id title ownerId } edges { node { title } } } }";
    let rows = || [Ok(vec![script::row("n-1", 2, &"x".repeat(500)); 20])];
    let limits = |answer| DocumentLimits { answer, ..DocumentLimits::default() };
    let asked = |answer| {
        script::ask_within(Asked::new("keeper", rows()), query, Value::Null, limits(answer)).0
    };
    let whole = asked(1_000_000).body.to_string().len();
    assert_eq!(
        asked(whole).body.errors,
        [Value::Null; 0],
        "what is counted is not more than what is sent"
    );
    let refused = asked(whole / 2);
    assert_eq!((code(&refused), refused.body.data.as_ref()), ("ANSWER_TOO_LARGE", None));
    // Several fields share it, also when each may be null.
    let query = r#"{ a: note(id: "n-1") { title } b: note(id: "n-1") { title } c: note(id: "n-1") { title } }"#;
    let refused = script::ask_within(Asked::new("keeper", []), query, Value::Null, limits(60)).0;
    assert_eq!((code(&refused), refused.body.data.as_ref()), ("ANSWER_TOO_LARGE", None));
}

#[test]
fn a_refused_request_names_the_kind_of_its_refusal() {
    let refusal =
        Rejection { field: Some("id".into()), ..Rejection::new(Kind::Conflict, "X", "y").at(3) };
    let entry = edgefold_flow::graphql::refusal::entry(refusal);
    assert_eq!(
        entry,
        json!({"message": "y", "extensions": {"code": "X", "field": "id", "currentVersion": 3}})
    );
}

#[test]
fn the_data_of_an_event_have_their_type_where_this_release_knows_it() {
    let event = |version: u64, name: &str, data: Value| {
        let event = json!({
            "specversion": "1.0", "id": "e-1", "source": "/aggregates/note", "subject": "n-1", "type": name,
            "time": "2026-01-31T12:00:00.000Z", "datacontenttype": "application/json",
            "dataschema": format!("urn:edgefold:note:{name}:1"), "sequence": format!("{version:010}"),
            "commandid": "c-1", "actor": "ana", "actorrole": "keeper", "data": data,
        });
        serde_json::from_value(event).unwrap()
    };
    let history = vec![
        event(1, "Renamed", json!({"title": "b"})),
        event(2, "Burnt", json!({})),
        event(3, "Torn", json!({"half": true})),
        event(4, "NoteWritten", json!({"title": "of version 1"})),
    ];
    let query = r#"{ events(aggregateType: NOTE, aggregateId: "n-1") { updatesCursor nodes {
        version details { __typename ... on NoteRenamed { title } ... on NoteBurnt { type } } data
    } } }"#;
    let (answer, _) = ask(Asked { history, ..Asked::new("keeper", []) }, query);
    let node = |version: u64, details: Value, data: Value| json!({"version": version, "details": details, "data": data});
    let nodes = [
        node(1, json!({"__typename": "NoteRenamed", "title": "b"}), json!({"title": "b"})),
        node(2, json!({"__typename": "NoteBurnt", "type": "Burnt"}), json!({})),
        node(3, Value::Null, json!({"half": true})),
        node(4, Value::Null, json!({"title": "of version 1"})),
    ];
    let expected = json!({"updatesCursor": "4", "nodes": nodes});
    assert_eq!(answer.body.json(), json!({"data": {"events": expected}}));
}

#[derive(Default)]
struct Own;

#[Object]
impl Own {
    /// Written by hand.
    async fn fine(&self) -> bool {
        true
    }
}

#[derive(Default, MergedObject)]
struct Merged(Query<Script>, Own);

#[test]
fn a_deployment_merges_fields_of_its_own() {
    let schema = finished(
        Merged::default(),
        Mutation::<Script>::default(),
        Subscription::<Script>::default(),
    );
    let sdl = schema.sdl();
    assert!(
        sdl.contains("type Merged {")
            && sdl.contains("fine: Boolean!")
            && sdl.contains("type Note {")
    );
    assert!(!sdl.contains("type Query"), "one root is shown");
    let gateway: Arc<dyn Gateway> = Arc::new(Asked::new("keeper", []));
    let request = Request::new("{ fine me { role } __typename }").data(gateway);
    let data = schema.execute(request).now_or_never().unwrap().data;
    let expected = r#"{"fine":true,"me":{"role":"KEEPER"},"__typename":"Merged"}"#;
    assert_eq!(serde_json::to_string(&data).unwrap(), expected);
}

#[test]
fn an_answer_without_fields_is_an_answer() {
    let query = r#"{ note(id: "n-1") @skip(if: true) { id } }"#;
    let (answer, _) = ask(Asked::new("keeper", []), query);
    assert_eq!(answer.body.to_string(), r#"{"data":{}}"#);
}
