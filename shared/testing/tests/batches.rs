//! Several commands in one transaction: in order, each by itself, even if one of them fails.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod counter;

use serde_json::json;

use counter::{Case, code};

#[test]
fn a_batch_is_decided_in_order_each_by_itself() {
    let case = Case::new();
    let mut conflict = Case::message("c", "Add", json!({"by": [100]}));
    conflict.expected_version = Some(0);
    let mut agreed = Case::message("d", "Add", json!({"by": [3]}));
    agreed.expected_version = Some(2);
    let messages = [
        Case::message("a", "Add", json!({"by": [1]})),
        Case::message("b", "Add", json!({"by": [2]})),
        conflict,
        agreed,
        Case::message("a", "Add", json!({"by": [1]})),
        Case::message("e", "Fail", json!({"how": "rule"})),
    ];
    let results = case.with_stamp(|stamp| case.instance.handle_all(&case.wanted(&messages), stamp));
    let told: Vec<String> = results
        .into_iter()
        .map(|result| match result {
            Ok(accepted) => {
                format!("{}{}", accepted.version, if accepted.duplicate { " again" } else { "" })
            }
            failure => code(failure),
        })
        .collect();
    assert_eq!(told, ["1", "2", "VERSION_CONFLICT", "3", "1 again", "ASKED"]);
    assert_eq!(case.restarted().state(), (3, 6));
}

#[test]
fn a_panic_in_a_batch_fails_only_its_own_command() {
    let case = Case::new();
    let messages = [
        Case::message("a", "Add", json!({"by": [1]})),
        Case::message("b", "Fail", json!({"how": "panic in evolve"})),
        Case::message("c", "Add", json!({"by": [2]})),
    ];
    let results = case.with_stamp(|stamp| case.instance.handle_all(&case.wanted(&messages), stamp));
    let told: Vec<_> = results.iter().map(Result::is_ok).collect();
    assert_eq!(told, [true, false, true]);
    assert_eq!(case.restarted().state(), (2, 3));
}
