//! The GraphQL door: documents are read, measured and refused before anything is executed.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::panic)]

use async_graphql::Request;
use edgefold_flow::{
    door::document::DocumentLimits,
    graphql::{
        admit::admit,
        http::{Head, Media, admitted, gotten, negotiate, posted, wants_page},
    },
};

fn code(query: &str) -> String {
    with(Request::new(query), &DocumentLimits::default())
}

fn with(request: Request, settings: &DocumentLimits) -> String {
    match admit(request, settings) {
        Ok(_) => "admitted".to_owned(),
        Err(error) => match error.extensions.unwrap().get("code") {
            Some(async_graphql::Value::String(code)) => code.clone(),
            other => panic!("{other:?}"),
        },
    }
}

fn media(accept: &str) -> Result<Media, u16> {
    let head = Head { method: "GET", accept: Some(accept), content_type: None };
    negotiate(&head).map_err(|refused| refused.status)
}

#[test]
fn the_best_media_type_that_is_asked_for_is_answered() {
    let graphql = "application/graphql-response+json";
    assert_eq!(media(graphql), Ok(Media::GraphqlResponse));
    assert_eq!(media(&format!("{graphql}, application/json;q=0.9")), Ok(Media::GraphqlResponse));
    assert_eq!(media(&format!("{graphql};q=0.5, application/json")), Ok(Media::Json));
    for any in ["", "*/*", "application/*", "application/json", "text/html, */*;q=0.8"] {
        assert_eq!(media(any), Ok(Media::Json), "{any}");
    }
    assert_eq!(media("application/json;q=0, */*"), Ok(Media::GraphqlResponse));
    for none in ["text/html", "application/xml", "application/json;q=0"] {
        assert_eq!(media(none), Err(406), "{none}");
    }
}

#[test]
fn an_event_stream_is_for_those_who_want_it_more_than_any_other_form() {
    let events = "text/event-stream";
    for stream in [
        events.to_owned(),
        format!("{events}, multipart/mixed"),
        format!("{events}, */*"),
        format!("application/json;q=0.5, {events}"),
    ] {
        assert_eq!(media(&stream), Ok(Media::EventStream), "{stream}");
    }
    for json in [
        format!("application/json, {events}"),
        format!("*/*, {events};q=0.5"),
        format!("{events};q=0, */*"),
    ] {
        assert_eq!(media(&json), Ok(Media::Json), "{json}");
    }
    let both = format!("application/graphql-response+json, application/json;q=0.9, {events}");
    assert_eq!(media(&both), Ok(Media::GraphqlResponse));
}

#[test]
fn a_subscription_is_admitted_for_an_event_stream_alone() {
    let settings = DocumentLimits::default();
    let request = || Request::new("subscription { a }");
    for media in [Media::Json, Media::GraphqlResponse] {
        assert_eq!(admitted(request(), "POST", media, &settings).unwrap_err().status, 400);
    }
    for method in ["GET", "POST"] {
        assert!(admitted(request(), method, Media::EventStream, &settings).is_ok());
    }
}

#[test]
fn an_event_stream_tells_what_is_wrong_with_a_document_and_a_status_what_is_wrong_with_the_request()
{
    let settings = DocumentLimits::default();
    let refused = admitted(Request::new("{"), "POST", Media::EventStream, &settings).unwrap_err();
    assert_eq!((refused.status, refused.media), (200, Media::EventStream));
    let text = refused.text();
    assert!(text.starts_with("event: next\ndata: {\"errors\":[{"), "{text}");
    assert!(text.ends_with("}\n\nevent: complete\ndata:\n\n"), "{text}");
    for (refused, status) in [
        (posted(b"{}", 1_000, Media::EventStream).unwrap_err(), 400),
        (
            admitted(Request::new("mutation { a }"), "GET", Media::EventStream, &settings)
                .unwrap_err(),
            405,
        ),
    ] {
        assert_eq!((refused.status, refused.media), (status, Media::Json));
        assert!(refused.text().starts_with("{\"errors\":[{"));
    }
}

#[test]
fn a_body_is_json_in_utf_8_or_refused() {
    let post = |content_type: Option<&str>| {
        let head = Head { method: "POST", accept: None, content_type };
        negotiate(&head).map_err(|refused| refused.status)
    };
    for good in ["application/json", "Application/JSON; charset=\"UTF-8\""] {
        assert_eq!(post(Some(good)), Ok(Media::Json), "{good}");
    }
    for bad in ["text/plain", "application/json; charset=utf-16", "multipart/form-data"] {
        assert_eq!(post(Some(bad)), Err(415), "{bad}");
    }
    assert_eq!(post(None), Err(415));
    let put = negotiate(&Head { method: "PUT", ..Head::default() }).unwrap_err();
    assert_eq!((put.status, put.allow), (405, Some("GET, HEAD, POST")));
}

#[test]
fn a_request_that_is_not_well_formed_is_refused() {
    for bad in [
        "",
        "{",
        "[]",
        "7",
        "{}",
        r#"{"query":7}"#,
        r#"{"query":"{a}","variables":[]}"#,
        r#"{"query":"{a}","operationName":1}"#,
        r#"{"query":"{a}","extensions":"x"}"#,
    ] {
        assert_eq!(posted(bad.as_bytes(), 1_000, Media::Json).unwrap_err().status, 400, "{bad}");
    }
    let empty = r#"{"query":"{a}","variables":null,"operationName":null,"extensions":null}"#;
    assert!(posted(empty.as_bytes(), empty.len(), Media::Json).is_ok());
    let large = posted(empty.as_bytes(), empty.len() - 1, Media::GraphqlResponse).unwrap_err();
    assert_eq!((large.status, large.media), (413, Media::GraphqlResponse));
    for bad in ["", "query=%7Ba%7D&variables=%7B", "query=%7Ba%7D&variables=%5B%5D"] {
        assert_eq!(gotten(bad, Media::Json).unwrap_err().status, 400, "{bad}");
    }
    let twice = gotten("query=%7Ba%7D&variables=&%71uery=b", Media::Json).unwrap_err();
    assert_eq!(twice.body.errors[0]["extensions"]["code"], "DUPLICATE_PARAMETER");
    let request = gotten("query=%7B+a+%7D&variables=&operationName=", Media::Json).unwrap();
    assert_eq!((request.query.as_str(), request.operation_name), ("{ a }", None));
}

#[test]
fn a_hash_instead_of_a_document_is_told_to_send_the_document() {
    let hash = r#"{"persistedQuery":{"version":1,"sha256Hash":"ab"}}"#;
    let url: String = form_urlencoded::byte_serialize(hash.as_bytes()).collect();
    for refused in [
        posted(format!(r#"{{"extensions":{hash}}}"#).as_bytes(), 1_000, Media::Json),
        posted(format!(r#"{{"query":null,"extensions":{hash}}}"#).as_bytes(), 1_000, Media::Json),
        gotten(&format!("extensions={url}"), Media::Json),
    ] {
        let refused = refused.unwrap_err();
        let error = &refused.body.errors[0];
        assert_eq!((refused.status, &refused.body.errors.len()), (200, &1));
        assert_eq!(error["message"], "PersistedQueryNotSupported");
        assert_eq!(error["extensions"]["code"], "PERSISTED_QUERY_NOT_SUPPORTED");
    }
    let both = format!(r#"{{"query":"{{a}}","extensions":{hash}}}"#);
    assert!(posted(both.as_bytes(), 1_000, Media::Json).is_ok());
}

#[test]
fn a_variable_that_comes_twice_is_refused() {
    let body = r#"{"query":"{a}","variables":{"id":"a","id":"b"}}"#;
    let refused = posted(body.as_bytes(), 1_000, Media::Json).unwrap_err();
    assert_eq!(refused.body.errors[0]["extensions"]["code"], "DUPLICATE_MEMBER");
    let url = "query=%7Ba%7D&variables=%7B%22id%22%3A1%2C%22id%22%3A2%7D";
    let refused = gotten(url, Media::Json).unwrap_err();
    assert_eq!(refused.body.errors[0]["extensions"]["code"], "DUPLICATE_MEMBER");
}

#[test]
fn an_id_that_would_lose_digits_is_one_clear_error() {
    let asked = |of: &str, id: &str| {
        let body = format!(
            r#"{{"query":"query($id:{of}){{room(id:$id){{id}}}}","variables":{{"id":{id}}}}}"#
        );
        let request = posted(body.as_bytes(), 1_000, Media::Json).unwrap();
        with(request, &DocumentLimits::default())
    };
    assert_eq!(asked("ID!", "12345678901234567890"), "INVALID_VARIABLE");
    assert_eq!(asked("[ID!]", "[1, 12345678901234567890123]"), "INVALID_VARIABLE");
    for good in ["7", "7.0", "9223372036854775807", "\"12345678901234567890\"", "null"] {
        assert_eq!(asked("ID", good), "admitted", "{good}");
    }
}

#[test]
fn a_name_has_a_length() {
    let named = |length: usize| code(&format!("{{ {}: a }}", "x".repeat(length)));
    assert_eq!([named(64), named(65)], ["admitted", "NAME_TOO_LONG"]);
    assert_eq!(
        code(&format!("{{ a {{ ...f }} }} fragment f on A {{ {} }}", "x".repeat(400_000))),
        "NAME_TOO_LONG"
    );
}

#[test]
fn a_large_variable_stands_in_few_places() {
    let code = |uses: usize, bytes: usize| {
        let fields = (0..uses).map(|n| format!("a{n}: a(b: [{{c: $v}}]) ")).collect::<String>();
        let spread = "{ ...f } fragment f on Query";
        let request = Request::new(format!("query($v: S) {spread} {{ {fields} }}"));
        let variables = serde_json::json!({"v": "x".repeat(bytes)});
        let request = request.variables(async_graphql::Variables::from_json(variables));
        let refused = admit(request, &DocumentLimits::default()).err();
        refused.map(|error| format!("{:?}", error.extensions.unwrap().get("code").unwrap()))
    };
    let too_complex = Some("String(\"QUERY_TOO_COMPLEX\")".to_owned());
    assert_eq!(code(1, 10 << 20), None, "once it may be as large as the body");
    assert_eq!(code(2, (1 << 20) - 2), None);
    assert_eq!(code(2, (1 << 20) - 1), too_complex);
    assert_eq!(code(40, 20_000), None);
    assert_eq!(code(40, 30_000), too_complex);
}

#[test]
fn an_operation_counts_as_the_fields_at_its_root() {
    let cost = |query: &str| {
        admit(Request::new(query), &DocumentLimits::default()).map(|it| it.cost).unwrap()
    };
    assert_eq!(cost("{ a { b c } }"), 1);
    assert_eq!(cost("mutation { x: a { b } y: a { b } ... { z: a { b } } }"), 3);
    assert_eq!(cost("{ ...f ...f } fragment f on Query { a b }"), 4);
    assert_eq!(cost("{ ...none }"), 1, "what asks for nothing is a request, too");
    let many = (0..50).map(|n| format!("a{n}: a ")).collect::<String>();
    assert_eq!(cost(&format!("mutation {{ {many} }}")), 50);
    assert_eq!(cost("{ a(first: 100) { nodes { b } } }"), 2, "or as its fields: 102");
    let full = "{ x: a(first: 100) { nodes { b c d e f g h i j } } }";
    assert_eq!(cost(full), 10);
}

#[test]
fn a_mutation_does_not_come_by_get() {
    let request = || Request::new("mutation { a }");
    let settings = DocumentLimits::default();
    let refused = admitted(request(), "GET", Media::GraphqlResponse, &settings).unwrap_err();
    assert_eq!((refused.status, refused.allow), (405, Some("POST")));
    assert!(admitted(request(), "POST", Media::Json, &settings).is_ok());
}

#[test]
fn the_operation_and_its_variables_are_found_before_anything_is_executed() {
    assert_eq!(code("{"), "GRAPHQL_PARSE_FAILED");
    assert_eq!(code("query A { a } query B { b }"), "UNKNOWN_OPERATION");
    let named = Request::new("query A { a } query B { b }").operation_name("B");
    assert_eq!(with(named, &DocumentLimits::default()), "admitted");
    assert_eq!(code("query ($a: ID!) { a(a: $a) }"), "INVALID_VARIABLE");
    assert_eq!(code("query ($a: ID! = 7) { a(a: $a) }"), "admitted");
}

#[test]
fn every_limit_refuses_with_its_code_and_takes_what_lies_at_it() {
    let repeat = |what: &str, times: usize| what.repeat(times);
    let nested = |depth: usize| format!("{}a{}", repeat("{a", depth - 1) + "{", repeat("}", depth));
    assert_eq!(code(&nested(16)), "admitted");
    assert_eq!(code(&nested(17)), "QUERY_TOO_DEEP");
    assert_eq!(code(&nested(1_000_000)), "QUERY_TOO_DEEP");
    assert_eq!(
        code(&format!("{{a(b: {}1{})}}", repeat("[", 500), repeat("]", 500))),
        "QUERY_TOO_DEEP"
    );
    assert_eq!(code(&format!("{{ {} }}", repeat("x: a ", 50))), "admitted");
    assert_eq!(code(&format!("{{ {} }}", repeat("x: a ", 51))), "TOO_MANY_ALIASES");
    assert_eq!(code(&format!("{{ {} }}", repeat("a @x ", 51))), "TOO_MANY_DIRECTIVES");
    assert_eq!(code(&format!("{{ {} }}", repeat("a ", 2_000))), "QUERY_TOO_LONG");
    let list =
        |first: usize| format!("{{ a(first: {first}) {{ nodes {{ {} }} }} }}", repeat("b ", 60));
    assert_eq!(code(&list(80)), "admitted");
    assert_eq!(code(&list(100)), "QUERY_TOO_COMPLEX");
    let settings = DocumentLimits { depth: 2, ..DocumentLimits::default() };
    assert_eq!(with(Request::new(nested(3)), &settings), "QUERY_TOO_DEEP");
}

#[test]
fn fragments_that_double_are_cut_off_and_rings_end() {
    let doubling = |n: usize| format!("fragment F{n} on Q {{ ...F{0} ...F{0} }} ", n + 1);
    let document: String = (0..14).map(doubling).collect();
    let document = format!("{{ ...F0 }} {document} fragment F14 on Q {{ a }}");
    assert_eq!(code(&document), "QUERY_TOO_COMPLEX");
    assert_eq!(code("{ ...A } fragment A on Q { ...A ...A }"), "QUERY_TOO_DEEP");
}

#[test]
fn brackets_in_strings_and_comments_do_not_count() {
    let brackets = "{".repeat(100);
    assert_eq!(code(&format!("{{ a(b: \"{brackets}\\\"\") # {brackets}\n }}")), "admitted");
    assert_eq!(code(&format!("{{ a(b: \"\"\"{brackets}\\\"\"\"\"\"\") }}")), "admitted");
}

#[test]
fn introspection_can_be_switched_on_and_is_bounded() {
    let off = DocumentLimits::default();
    let on = DocumentLimits { introspection: true, ..off };
    let code = |query: &str| with(Request::new(query), &on);
    for query in [
        "{ __schema { types { name } } }",
        "{ ...F } fragment F on Query { __type(name: \"A\") { name } }",
    ] {
        assert_eq!(code(query), "admitted");
        assert_eq!(with(Request::new(query), &off), "INTROSPECTION_OFF");
    }
    assert_eq!(with(Request::new("{ __typename }"), &off), "admitted");
    let deep = |n: usize| {
        format!(
            "{{ __type(name: \"A\") {} name {} }}",
            "{ fields { type ".repeat(n) + "{",
            "}".repeat(2 * n + 1)
        )
    };
    assert_eq!(code(&deep(3)), "admitted");
    assert_eq!(code(&deep(4)), "QUERY_TOO_DEEP");
}

#[test]
fn a_browser_that_opens_the_door_wants_a_page_and_a_client_does_not() {
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let asks = |method, accept, query| {
        wants_page(&Head { method, accept: Some(accept), content_type: None }, query)
    };
    assert!(asks("GET", browser, None) && asks("GET", browser, Some("operationName=a")));
    assert!(!asks("GET", browser, Some("query=%7Ba%7D")) && !asks("POST", browser, None));
    assert!(!asks("GET", "*/*", None) && !asks("GET", "application/json, text/html;q=0", None));
}

#[test]
fn a_member_of_an_object_that_comes_twice_is_refused() {
    for twice in [
        r#"mutation { write(input: {title: "a", title: "b"}) { id } }"#,
        r#"mutation { write(input: {lines: [{by: 1}, {by: 2, by: 3}]}) { id } }"#,
        r#"query($i: Input = {a: 1 a: 2}) { notes(i: $i) { id } }"#,
        r#"{ notes(filter: {a: {b: 1}, c: ":", a: 2}) { id } }"#,
    ] {
        assert_eq!(code(twice), "DUPLICATE_MEMBER", "{twice}");
    }
    for once in [
        r#"{ a: notes(filter: {a: {a: 1}, b: [{a: 1}, {a: 1}]}) { x: id y: id x: id } b: notes { id } }"#,
        r#"query($a: [I!] = [{a: A}], $b: I = {a: A}) { notes(a: "{a: 1, a: 2}", b: {c: $b, d: $a}) { id } }"#,
    ] {
        assert_eq!(code(once), "admitted", "{once}");
    }
}

#[test]
fn a_command_is_sent_once_or_refused() {
    for twice in [
        "mutation { burn(id: 1) { id } ... @include(if: true) { burn(id: 1) { id } } }",
        "mutation($y: Boolean = true) { burn(id: 1) @include(if: $y) { id } ...F } fragment F on Mutation { burn(id: 1) { id } }",
        "mutation { ...F @skip(if: false) ...F } fragment F on Mutation { burn(id: 1) { id } }",
    ] {
        assert_eq!(code(twice), "GRAPHQL_VALIDATION_FAILED", "{twice}");
    }
    for once in [
        "mutation { burn(id: 1) { id } ... @include(if: false) { burn(id: 1) { id } } }",
        "mutation { burn(id: 1) { id } ... { burn(id: 1) { title } } }",
        "mutation { burn(id: 1) { id } b: burn(id: 1) @include(if: true) { title } }",
        "{ note(id: 1) { id } ... @include(if: true) { note(id: 1) { id } } }",
    ] {
        assert_eq!(code(once), "admitted", "{once}");
    }
}
