//! `schema/routes.md` tells the delivery rules to people. It is printed from the catalogue.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod printed;

use edgefold_core::CATALOGUE;
use edgefold_flow::participant::To;
use printed::{below, compare};

const PATH: &str = "schema/routes.md";

/// The field of the event that names the instance.
fn instance(to: To) -> String {
    match to {
        To::Field(name) => format!("`{name}`"),
        To::Each(name) => format!("each of `{name}`"),
    }
}

fn routes() -> String {
    let (mut delivered, mut arrows) = (Vec::new(), Vec::new());
    for entry in CATALOGUE.entries {
        let to = entry.aggregate_type;
        for route in entry.routes {
            let instance = instance(route.to);
            delivered.push(format!("| {} | {} | {to} | {instance} |", route.event, route.source));
            arrows.push(format!("  {} -->|{}| {to}", route.source, route.event));
        }
    }
    let nodes: Vec<_> =
        CATALOGUE.entries.iter().map(|entry| format!("  {}", entry.aggregate_type)).collect();
    format!(
        "# Delivery rules

Printed from the catalogue by `npm run schema`.

## Who gets which event

| event | of | goes to | the instance named in |
|---|---|---|---|
{}

## As a diagram

A line is an event that is delivered.

```mermaid
flowchart LR
{}
{}
```
",
        delivered.join("\n"),
        nodes.join("\n"),
        arrows.join("\n"),
    )
}

#[test]
fn the_printed_delivery_rules_are_up_to_date() {
    let kept = below("schema").into_iter().filter(|path| path == PATH).collect();
    compare(&kept, &[(PATH.to_owned(), routes())].into());
}

#[test]
fn every_rule_names_a_field_that_its_event_has() {
    for route in CATALOGUE.entries.iter().flat_map(|entry| entry.routes) {
        let source = CATALOGUE.entry(route.source).unwrap();
        let kind = source.events.iter().find(|kind| kind.name == route.event);
        let kind = kind.unwrap_or_else(|| panic!("{} has no {}", route.source, route.event));
        let (data, field) = (kind.shape.object().unwrap(), route.to.field());
        assert!(data.field(field).is_some(), "{} has no {field}", route.event);
    }
}
