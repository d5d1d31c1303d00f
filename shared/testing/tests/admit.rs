//! A door lets no caller choose an id that a command of the system has.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod counter;

use edgefold_flow::{Catalogue, door::token::Caller, route::Entry};
use edgefold_kernel::{Id, Metadata, Principal, Role, Timestamp};
use serde_json::json;

use counter::{Case, Counter};

const CATALOGUE: Catalogue = Catalogue {
    entries: const { &[Entry::of::<Counter>("COUNTER")] },
    projections: &[],
    hooks: edgefold_flow::Hooks::NONE,
    roles: &[],
};

fn ana() -> Caller {
    let ana = Principal::new(Id::parse("ana").unwrap(), Role::new("guest"));
    Caller::new(ana, Timestamp::MAX)
}

#[test]
fn who_only_watches_sends_nothing() {
    let watches = Caller { watches: true, ..ana() };
    let message = Case::message("x", "Add", json!({"by": [1]}));
    let refused = message.admit(&CATALOGUE, &watches, Id::nobody).unwrap_err();
    assert_eq!((refused.status(), refused.code.as_ref()), (403, "FORBIDDEN"));
}

#[test]
fn nobody_names_the_service_that_acts_for_him() {
    let mut message = Case::message("x", "Add", json!({"by": [1]}));
    let via = Id::parse("shop").ok().map(Into::into);
    message.metadata = Some(Metadata { via, ..Metadata::default() });
    let refused = message.admit(&CATALOGUE, &ana(), Id::nobody).unwrap_err();
    let told = (refused.status(), refused.code.as_ref(), refused.field.as_deref());
    assert_eq!(told, (422, "UNKNOWN_FIELD", Some("metadata.via")));
}

#[test]
fn a_command_id_of_the_systems_own_is_refused_and_one_is_made_up_where_none_is_named() {
    let event = "0190a7a0-0000-7000-8000-000000000001";
    let by = ana();
    let fresh = || Id::parse(event).unwrap();
    for (id, admitted) in [
        (format!("{event}.0"), false),
        (format!("refused.{event}.0"), false),
        (format!("deadline.{event}"), false),
        (event.to_owned(), true),
        ("order-7.1".to_owned(), true),
    ] {
        let message = Case::message(&id, "Add", json!({"by": [1]}));
        match message.admit(&CATALOGUE, &by, fresh) {
            Ok(message) => assert!(admitted && message.command_id == Id::parse(id).ok()),
            Err(refusal) => {
                assert!(!admitted, "{id}");
                let told = (refusal.status(), refusal.code.as_ref(), refusal.field.as_deref());
                assert_eq!(told, (422, "RESERVED_ID", Some("commandId")));
            }
        }
    }
    let mut message = Case::message("x", "Add", json!({"by": [1]}));
    message.command_id = None;
    let made_up = message.admit(&CATALOGUE, &by, fresh).unwrap().command_id;
    assert_eq!(made_up.unwrap().as_str(), event);
}
