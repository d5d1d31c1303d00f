//! `schema/openapi.json` describes every HTTP door. It is printed: what goes in and out are the schemas in `schema/json`, which
//! are printed from the types themselves; which commands there are, the catalogue says.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod components;
mod doors;
#[path = "../printed/mod.rs"]
mod printed;

use std::collections::BTreeSet;

use doors::document;
use printed::{Files, compare};

const PATH: &str = "schema/openapi.json";

#[test]
fn the_printed_description_of_the_doors_is_up_to_date() {
    let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    compare(&BTreeSet::new(), &Files::from([(PATH.to_owned(), text)]));
}

#[test]
fn every_reference_leads_to_a_component_and_every_component_is_referred_to() {
    let document = document();
    let components: BTreeSet<_> =
        document["components"]["schemas"].as_object().unwrap().keys().cloned().collect();
    let text = document.to_string();
    let referred: BTreeSet<_> = text
        .split("\"#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(referred, components);
    assert!(!text.contains("$defs"));
}

#[test]
fn every_schema_in_it_is_one() {
    for (name, schema) in document()["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name}");
    }
}
