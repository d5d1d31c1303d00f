//! A door lets no caller choose an id that a command of the system has.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod counter;

use edgefold_flow::{Catalogue, route::Entry};
use edgefold_kernel::{Id, Principal, Role};
use serde_json::json;

use counter::{Case, Counter};

const CATALOGUE: Catalogue =
    Catalogue { entries: const { &[Entry::of::<Counter>("COUNTER")] }, roles: &[] };

#[test]
fn a_command_id_of_the_systems_own_is_refused_and_one_is_made_up_where_none_is_named() {
    let event = "0190a7a0-0000-7000-8000-000000000001";
    let by = Principal::new(Id::parse("ana").unwrap(), Role::new("guest"));
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
