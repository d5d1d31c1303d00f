//! How the statements find their rows: by keys alone, whatever the tables have grown to.

use std::{fs, path::Path};

use rusqlite::Connection;

/// Statements that look at more, and why.
const MORE: [(&str, &str); 2] = [
    ("checkpoint_begin", "a temporary b-tree joins two lists of a few dozen partitions"),
    ("caused", "the keys of one correlation, up to a bound, are put in the order of positions"),
];

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let count = statement.parameter_count();
    let params = rusqlite::params_from_iter(vec!["[]"; count]);
    let rows = statement.query_map(params, |row| row.get::<_, String>(3)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Steps that read what a key does not lead to. An array that is a parameter is as long as the caller makes it.
fn wrong(plan: &[String]) -> Vec<&String> {
    let is_list = |step: &&String| {
        ["json_each", " n ", "VIRTUAL TABLE", "CONSTANT ROW"]
            .iter()
            .any(|it| format!("{step} ").contains(it))
    };
    let reads_all = |step: &&String| step.contains("SCAN") || step.contains("TEMP B-TREE");
    plan.iter().filter(reads_all).filter(|step| !is_list(step)).collect()
}

fn check(tables: &[&str], folder: &str, is_wanted: impl Fn(&str) -> bool) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/sql");
    let connection = Connection::open_in_memory().unwrap();
    for file in tables {
        connection.execute_batch(&fs::read_to_string(root.join(file)).unwrap()).unwrap();
    }
    let mut checked = 0;
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() || !is_wanted(name) || MORE.iter().any(|(more, _)| *more == name) {
            continue;
        }
        let plan = plan(&connection, &fs::read_to_string(&path).unwrap());
        assert_eq!(wrong(&plan), [""; 0], "{name}: {plan:?}");
        checked += 1;
    }
    checked
}

#[test]
fn the_statements_of_processors_go_by_their_keys() {
    let is_ours = |name: &str| {
        ["processor_", "checkpoint_", "parked_", "rehearsed"].iter().any(|it| name.starts_with(it))
    };
    assert_eq!(check(&["d1/0001_read_models.sql"], "d1/query", is_ours), 16);
}

#[test]
fn the_statements_of_a_journal_go_by_their_keys() {
    let is_query =
        |name: &str| ["entries", "entry_add", "head", "links_add", "place"].contains(&name);
    assert_eq!(check(&["journal/tables.sql"], "journal", is_query), 5);
}

#[test]
fn a_plan_that_reads_everything_is_found() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE t (a, b); CREATE INDEX t_a ON t (a)").unwrap();
    let is_found = |sql: &str| !wrong(&plan(&connection, sql)).is_empty();
    assert!(is_found("SELECT * FROM t WHERE b = ?1"));
    assert!(is_found("SELECT * FROM t WHERE a = ?1 ORDER BY b"));
    assert!(!is_found("SELECT * FROM t WHERE a = ?1"));
}
