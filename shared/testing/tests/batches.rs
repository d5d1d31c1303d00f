//! Several commands in one transaction: in order, each by itself, even if one of them fails.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod counter;

use edgefold_flow::{Message, append::storage::Storage};
use edgefold_kernel::{Failure, Id, Metadata};
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
    let each: Vec<_> = messages.chunks(1).collect();
    let results = case.with_stamp(|stamp| case.instance.handle_all(&each, stamp));
    let told: Vec<String> = results
        .into_iter()
        .flatten()
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
    let each: Vec<_> = messages.chunks(1).collect();
    let results = case.with_stamp(|stamp| case.instance.handle_all(&each, stamp));
    let told: Vec<_> = results.iter().flatten().map(Result::is_ok).collect();
    assert_eq!(told, [true, false, true]);
    assert_eq!(case.restarted().state(), (2, 3));
}

/// Commands that follow from an event of another stream.
fn errands(names: &[(&str, &str, serde_json::Value)]) -> Vec<Message> {
    let errand = |(id, name, payload): &(&str, &str, serde_json::Value)| {
        let causation_id = Some(Id::parse("e-1").unwrap());
        let metadata = Some(Metadata { causation_id, ..Metadata::default() });
        Message { metadata, ..Case::message(id, name, payload.clone()) }
    };
    names.iter().map(errand).collect()
}

#[test]
fn a_fault_ends_its_sequence_and_no_other() {
    let case = Case::new();
    let broken = errands(&[
        ("a", "Add", json!({"by": [1]})),
        ("b", "Fail", json!({"how": "panic"})),
        ("c", "Add", json!({"by": [2]})),
    ]);
    let sound = errands(&[("d", "Add", json!({"by": [4]})), ("e", "Add", json!({"by": [8]}))]);
    let run =
        || case.with_stamp(|stamp| case.instance.handle_all(&[broken.as_slice(), &sound], stamp));
    let told = |results: Vec<Vec<Result<_, Failure>>>| -> Vec<Vec<bool>> {
        results.iter().map(|results| results.iter().map(Result::is_ok).collect()).collect()
    };
    assert_eq!(told(run()), [vec![true, false], vec![true, true]]);
    assert_eq!(case.state(), (3, 13), "what stands behind the fault has not happened");
    assert_eq!(told(run()), [vec![true, false], vec![true, true]]);
    assert_eq!(case.restarted().state(), (3, 13), "what has happened does not happen again");
}

#[test]
fn a_refusal_among_many_is_remembered_and_told_again() {
    let case = Case::new();
    case.add("first", &[1]);
    let (no, yes) = (("a", "Fail", json!({"how": "rule"})), ("b", "Add", json!({"by": [2]})));
    let many = errands(&[no.clone(), yes, no.clone()]);
    let results = case.with_stamp(|stamp| case.instance.handle_all(&[&many], stamp));
    let told: Vec<_> = results
        .into_iter()
        .flatten()
        .map(|one| one.map_or_else(|failure| code(Err(failure)), |one| one.version.to_string()))
        .collect();
    assert_eq!(told, ["ASKED", "2", "ASKED"]);
    let stored = |id: &str| {
        let id = Id::parse(id).unwrap();
        case.storage.outcomes(0..=1, &[&id]).unwrap().pop()
    };
    let outcome = stored("a").unwrap();
    assert_eq!(outcome.refusal().map(|refusal| refusal.code.to_string()), Some("ASKED".into()));
    assert_eq!((outcome.after, outcome.through), (1, 1));
    // From outside it may be tried again: nothing is stored of it.
    let outside = [Case::message("c", "Fail", json!({"how": "rule"}))];
    case.with_stamp(|stamp| case.instance.handle_all(&[&outside], stamp));
    assert_eq!(stored("c"), None);
}
