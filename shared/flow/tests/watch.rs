//! The watch of a schema: documents are measured with its types, and an answer ends when it has grown too large.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema, SimpleObject};
use edgefold_flow::{
    door::document::DocumentLimits,
    graphql::{
        Watch,
        admit::admit,
        http::{self, Media},
    },
};
use serde_json::Value;

#[derive(Clone, SimpleObject)]
struct Line {
    sku: String,
    tags: Vec<String>,
}

#[derive(SimpleObject)]
struct Order {
    id: String,
    lines: Vec<Line>,
    first: Line,
}

#[derive(SimpleObject)]
struct Orders {
    nodes: Vec<Order>,
}

struct Query;

#[Object]
impl Query {
    async fn orders(&self, first: Option<i32>) -> Orders {
        let line = || Line { sku: "x".repeat(100), tags: vec!["t".repeat(10); 10] };
        let order = |id: i32| Order { id: id.to_string(), lines: vec![line(); 10], first: line() };
        Orders { nodes: (0..first.unwrap_or(20)).map(order).collect() }
    }
}

/// Status, and the code of the only error if there is one.
async fn ask(query: &str, settings: DocumentLimits) -> Value {
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription)
        .extension(Watch)
        .disable_suggestions()
        .finish();
    let admitted = admit(Request::new(query), &settings).unwrap();
    http::answer(schema.execute(admitted.request).await, Media::Json).body.json()
}

async fn code(query: &str, settings: DocumentLimits) -> String {
    let body = ask(query, settings).await;
    match &body["errors"][0] {
        Value::Null => "answered".to_owned(),
        error => {
            assert_eq!(body.get("data"), None, "nothing of a refused answer is sent");
            error["extensions"]["code"].as_str().unwrap().to_owned()
        }
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(work).unwrap()
}

#[test]
fn what_stands_in_a_list_within_a_row_counts_more_than_once() {
    let limits = DocumentLimits::default();
    let many: String = (0..45).map(|n| format!("a{n}:sku ")).collect();
    // 384 bytes that gave 61 MB.
    let lines = format!("{{ orders(first: 100) {{ nodes {{ lines {{ {many} }} }} }} }}");
    assert_eq!(run(code(&lines, limits)), "QUERY_TOO_COMPLEX");
    let fragment = format!(
        "{{ orders(first: 100) {{ nodes {{ ...f }} }} }} fragment f on Order {{ ... on Order {{ lines {{ {many} }} }} }}"
    );
    assert_eq!(run(code(&fragment, limits)), "QUERY_TOO_COMPLEX");
    let one = format!("{{ orders(first: 100) {{ nodes {{ first {{ {many} }} }} }} }}");
    assert_eq!(run(code(&one, limits)), "answered", "an object is no list");
    assert_eq!(run(code("{ orders { nodes { id lines { sku tags } } } }", limits)), "answered");
}

#[test]
fn an_answer_ends_when_it_has_grown_too_large() {
    let query = "{ orders(first: 100) { nodes { id lines { sku } } } }";
    let whole = run(ask(query, DocumentLimits::default())).to_string().len();
    let most = |answer| DocumentLimits { answer, ..DocumentLimits::default() };
    assert_eq!(run(code(query, most(whole / 2))), "ANSWER_TOO_LARGE");
    assert_eq!(
        run(code(query, most(whole))),
        "answered",
        "what is counted is not more than what is sent"
    );
    let tags = "{ orders(first: 10) { nodes { lines { tags } } } }";
    assert_eq!(run(code(tags, most(5_000))), "ANSWER_TOO_LARGE", "the items of a list count");
    let names = format!("{{ orders(first: 10) {{ nodes {{ {}: id }} }} }}", "x".repeat(64));
    assert_eq!(run(code(&names, most(600))), "ANSWER_TOO_LARGE", "names count");
}

#[test]
fn an_error_does_not_give_the_schema_away() {
    for wrong in [
        "{ order { nodes { id } } }",
        "{ orders(firs: 1) { nodes { id } } }",
        "{ orders { node { id } } }",
    ] {
        let body = run(ask(wrong, DocumentLimits::default()));
        let said = body["errors"][0]["message"].as_str().unwrap();
        assert!(!said.contains("Did you mean"), "{said}");
    }
}
