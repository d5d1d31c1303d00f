//! Lists: what is asked of whom, in which order, and what is answered while something is not there.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod script;

use edgefold_flow::graphql::gateway::Row;
use edgefold_kernel::{Fault, limits};
use script::{Asked, ask, ask_with, code, row};
use serde_json::{Value, json};

#[test]
fn a_page_shows_its_rows_and_goes_on_behind_the_last_one() {
    let rows = vec![row("n-1", 2, "a"), row("n-2", 2, "hidden"), row("n-3", 2, "c")];
    let query = "{ notes(orderBy: TITLE, first: 2) { nodes { id version title } pageInfo { hasNextPage endCursor } } }";
    let (answer, log) = ask(Asked::new("keeper", [Ok(rows)]), query);
    let body = answer.body.json();
    let notes = &body["data"]["notes"];
    assert_eq!(notes["nodes"], json!([{"id": "n-1", "version": 3, "title": "a"}]));
    assert_eq!(notes["pageInfo"]["hasNextPage"], true);
    assert_eq!(log, ["rows [3]"]);
    let cursor = notes["pageInfo"]["endCursor"].as_str().unwrap();
    let query = format!(
        "{{ notes(orderBy: TITLE, filter: {{title: \"c\"}}, after: {cursor:?}) {{ nodes {{ id }} }} }}"
    );
    let (_, log) = ask(Asked::new("keeper", []), &query);
    assert_eq!(log, [r#"rows ["c","a","n-1",21]"#]);
    let query = format!("{{ notes(after: {cursor:?}) {{ nodes {{ id }} }} }}");
    let (answer, log) = ask(Asked::new("keeper", []), &query);
    assert_eq!((code(&answer), log.len()), ("INVALID_CURSOR", 0));
}

#[test]
fn everybody_is_asked_for_what_they_may_list() {
    let query = "{ notes { nodes { id } updatesCursor } }";
    for (role, expected) in
        [("keeper", "rows [21]"), ("writer", r#"rows ["ana",21]"#), ("note", r#"rows ["ana",21]"#)]
    {
        let (_, log) = ask(Asked::new(role, []), query);
        assert_eq!(log, ["places of note in note", expected], "{role}");
    }
    let (answer, log) = ask(Asked::new("stranger", []), query);
    assert_eq!(answer.body.json()["data"]["notes"], json!({"nodes": [], "updatesCursor": null}));
    assert_eq!(log, [""; 0]);
}

#[test]
fn a_list_says_where_its_updates_begin_if_somebody_wants_to_know() {
    let query = "{ notes { ...F } } fragment F on NoteConnection { c: updatesCursor }";
    let (answer, log) = ask(Asked::new("keeper", []), query);
    assert_eq!(answer.body.json()["data"]["notes"]["c"], "here");
    assert_eq!(log, ["places of note in note", "rows [21]"], "before the rows are read");
    let (_, log) = ask(Asked::new("keeper", []), "{ notes { nodes { id } } }");
    assert_eq!(log, ["rows [21]"]);
}

#[test]
fn a_list_waits_for_the_versions_that_it_is_to_show() {
    let query = r#"{ notes(minVersion: [{type: NOTE, id: "n-1", version: 3}, {type: NOTE, id: "n-2", version: 1}]) { nodes { id } } }"#;
    let (_, log) = ask(Asked::new("keeper", []), query);
    assert_eq!(log, ["shown by note: n-1 3, n-2 1", "rows [21]"]);
    let (answer, log) = ask(Asked { is_behind: true, ..Asked::new("keeper", []) }, query);
    assert_eq!((answer.status, code(&answer), log.len()), (200, "READ_MODEL_BEHIND", 1));
    let said = &answer.body.errors[0]["message"];
    assert_eq!(said, "the list does not show version 3 of note n-1 yet");
}

#[test]
fn versions_that_a_list_cannot_show_are_refused() {
    let many = r#"{type: NOTE, id: "n", version: 1},"#.repeat(limits::LIST_MIN_VERSIONS + 1);
    let wrong = [
        many.as_str(),
        r#"{type: NOTE, id: "", version: 1}"#,
        r#"{type: NOTE, id: "n", version: -1}"#,
    ];
    for wrong in wrong {
        let query = format!("{{ notes(minVersion: [{wrong}]) {{ nodes {{ id }} }} }}");
        let (answer, log) = ask(Asked::new("keeper", []), &query);
        assert_eq!((code(&answer), log.len()), ("INVALID_FIELD", 0), "{wrong}");
    }
}

#[test]
fn a_filter_that_is_none_does_not_count_as_left_out() {
    let filter = |filter: &str| {
        let query =
            format!("query($no: String) {{ notes(filter: {filter}) {{ nodes {{ id }} }} }}");
        let (answer, log) = ask(Asked::new("keeper", []), &query);
        assert_eq!(log, [""; 0], "{filter}");
        answer.body.errors[0]["extensions"]["field"].as_str().unwrap_or_default().to_owned()
    };
    // A variable without a value switches the checks of its argument off.
    assert_eq!(filter("{title: $no, more: 1}"), "filter.more");
    let query = "query($it: NoteFilter) { notes(filter: $it) { nodes { id } } }";
    for wrong in [json!("a"), json!([]), json!([{"title": "a"}])] {
        let (answer, log) = ask_with(Asked::new("keeper", []), query, json!({"it": wrong}));
        assert_eq!((code(&answer), log.len()), ("INVALID_FIELD", 0), "{wrong}");
    }
}

fn missing() -> Result<Vec<Row>, Fault> {
    Err(Fault::Defect("D1_ERROR: no such table: note: SQLITE_ERROR, in: SELECT".into()))
}

#[test]
fn a_table_that_is_not_made_yet_is_waited_for() {
    let rows = [missing(), missing(), Ok(vec![row("n-1", 2, "a")])];
    let (answer, log) = ask(Asked::new("keeper", rows), "{ notes { nodes { id } } }");
    assert_eq!(answer.body.json()["data"]["notes"]["nodes"][0]["id"], "n-1");
    assert_eq!(log, ["rows [21]", "wake note", "sleep 50", "rows [21]", "sleep 100", "rows [21]"]);
}

#[test]
fn a_table_that_does_not_come_in_time_is_unavailable_for_now() {
    let (answer, log) = ask(Asked::new("keeper", [missing()]), "{ notes { nodes { id } } }");
    assert_eq!((answer.status, code(&answer)), (503, "UNAVAILABLE"));
    let slept: u64 =
        log.iter().filter_map(|line| line.strip_prefix("sleep ")?.parse::<u64>().ok()).sum();
    assert_eq!(slept, limits::READ_YOUR_WRITES_MS);
    assert_eq!(log.iter().filter(|line| *line == "wake note").count(), 1);
}

#[test]
fn a_database_that_is_away_is_told_at_once_and_when_to_come_again() {
    let gone = || Err(Fault::Unavailable("the database".into(), "gone".into()));
    let (answer, log) = ask(Asked::new("keeper", [gone()]), "{ notes { nodes { id } } }");
    assert_eq!((answer.status, answer.retry_after), (503, Some(limits::RETRY_AFTER_S)));
    assert_eq!((code(&answer), &answer.body.json()["data"]), ("UNAVAILABLE", &Value::Null));
    assert_eq!(log, ["rows [21]"]);
    // What else was asked for is answered: the fault stands beside it.
    let query = r#"{ commandResult(id: "c-9", aggregateType: NOTE, aggregateId: "n-1") { __typename }
        events(aggregateType: NOTE, aggregateId: "n-1") { nodes { id } } }"#;
    let (answer, _) = ask(Asked::new("keeper", [gone()]), query);
    assert_eq!((answer.status, answer.retry_after), (200, Some(limits::RETRY_AFTER_S)));
    assert_eq!(answer.body.json()["data"]["events"], Value::Null);
}

#[test]
fn rows_of_an_earlier_release_are_asked_of_their_instances() {
    let rows = vec![row("n-1", 1, "old"), row("n-2", 2, "b")];
    let query = "{ notes { nodes { id version title } } }";
    let (answer, log) = ask(Asked::new("keeper", [Ok(rows)]), query);
    let nodes = json!([
        {"id": "n-1", "version": 9, "title": "of the object"}, {"id": "n-2", "version": 3, "title": "b"},
    ]);
    assert_eq!(answer.body.json()["data"]["notes"]["nodes"], nodes);
    assert_eq!(log, ["rows [21]", "row n-1"]);
    let (answer, _) = ask(Asked::new("keeper", [Ok(vec![row("n-1", 3, "new")])]), query);
    assert_eq!((answer.status, code(&answer)), (503, "NEWER_CODE_NEEDED"));
}

#[test]
fn a_command_is_found_by_its_id_alone_where_the_journals_know_its_events() {
    let query = r#"{ commandResult(id: "c-1") { __typename } }"#;
    let (answer, log) = ask(Asked::new("keeper", []), query);
    assert_eq!(answer.body.json()["data"]["commandResult"], Value::Null);
    assert_eq!(log, ["caused by c-1", "outcome of c-1 in n-1"]);
}

#[test]
fn a_command_is_looked_for_where_its_caller_has_sent_it_before_it_is_elsewhere() {
    let mut asked = Asked::new("keeper", []);
    let others = (0..12).map(|n| (format!("a-{n:02}"), "c-1", "eve"));
    asked.caused = others.chain([("n-1".to_owned(), "c-1", "ana")]).collect();
    let (_, log) = ask(asked, r#"{ commandResult(id: "c-1") { __typename } }"#);
    assert_eq!(log[1], "outcome of c-1 in n-1");
    assert_eq!(log.len(), 1 + limits::SAME_COMMAND_IDS);
}
