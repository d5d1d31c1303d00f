//! Hooks before and after every decision of a script.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod counter;

use edgefold_flow::{
    Catalogue, Hooks, Instance,
    append::storage::{Slice, Storage},
    hook::Asked,
};
use edgefold_kernel::{Envelope, Id, Metadata, Rejection};
use serde_json::json;

use counter::{Case, Counter, code};

/// Refuses the command with this id, and lets the others carry a tenant.
fn before(asked: &Asked<'_>, metadata: &mut Metadata) -> Result<(), Rejection> {
    if asked.command_id.as_str() == "unwanted" {
        return Err(Rejection::rule("UNWANTED", "nobody wants it"));
    }
    metadata.carry("tenant", asked.name).map_err(|said| Rejection::rule("BAGGAGE", said))
}

/// Refuses decisions of two events that begin a stream.
fn after(asked: &Asked<'_>, events: &[Envelope]) -> Result<(), Rejection> {
    match (asked.version, events.len()) {
        (0, 2) => Err(Rejection::rule("TOO_MANY_AT_ONCE", "one, to begin with")),
        _ => Ok(()),
    }
}

fn hooked() -> Case {
    let hooks = Hooks { before: Some(before), after: Some(after) };
    let catalogue = Catalogue { entries: &[], projections: &[], hooks, roles: &[] };
    let case = Case::new();
    let id = Id::parse("it").unwrap();
    let instance = Instance::of::<Counter>(id, case.storage.clone()).routed(&catalogue);
    Case { instance, ..case }
}

#[test]
fn a_refusal_of_a_hook_is_the_answer_and_changes_nothing() {
    let case = hooked();
    assert_eq!(code(case.send("unwanted", "Add", json!({"by": [1]}))), "UNWANTED");
    assert_eq!(code(case.send("c-1", "Add", json!({"by": [1, 2]}))), "TOO_MANY_AT_ONCE");
    assert_eq!(case.instance.head().unwrap().version, 0);
    assert!(case.storage.events(&Slice::after(0)).unwrap().is_empty());
    case.add("c-1", &[1]);
    assert_eq!(case.state(), (1, 1));
    assert_eq!(case.add("c-2", &[1, 2]).version, 3, "it does not begin the stream");
}

#[test]
fn what_a_hook_adds_to_the_metadata_stays_with_the_events() {
    let case = hooked();
    case.add("c-1", &[1]);
    let events = case.storage.events(&Slice::after(0)).unwrap();
    assert_eq!(events[0].metadata.baggage.as_deref(), Some("tenant=Add"));
}

#[test]
fn a_repeat_does_not_ask_the_hooks_again() {
    let case = hooked();
    case.add("c-1", &[1]);
    case.add("c-1", &[1]);
    assert_eq!(case.state(), (1, 1));
}
