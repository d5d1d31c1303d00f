//! The rules of the house as a whole: which crate knows which, the printed formats, and no broken delivery rule.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use async_graphql::SDLExportOptions;
use cargo_metadata::{DependencyKind, MetadataCommand};
use edgefold_core::{CATALOGUE, schema::schema};
use edgefold_flow::graphql::AggregateType;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// The dependencies of each crate of the workspace, tests aside.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata =
        MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let normal = |package: &cargo_metadata::Package| {
        let normal = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development);
        normal.map(|dependency| dependency.name.clone()).collect()
    };
    metadata.packages.iter().map(|package| (package.name.to_string(), normal(package))).collect()
}

#[test]
fn only_runtime_and_core_know_workers() {
    const SHELL: [&str; 3] = ["edgefold-runtime", "edgefold-core", "edgefold-probe"];
    let crates = dependencies();
    for name in [
        "edgefold-kernel",
        "edgefold-flow",
        "edgefold-room",
        "edgefold-reservation",
        "edgefold-device",
        "edgefold-account",
        "edgefold-order",
        "edgefold-round",
    ] {
        assert!(crates.contains_key(name), "{name} is looked at");
    }
    // The stories are told of the catalogue that is deployed, so they know the crate that binds it; nothing knows them.
    let is_bound = |name: &str| !SHELL.contains(&name) && name != "edgefold-simulation";
    for (name, known) in crates.iter().filter(|(name, _)| is_bound(name)) {
        for forbidden in [
            "worker",
            "worker-sys",
            "wasm-bindgen",
            "wasm-bindgen-futures",
            "js-sys",
            "web-sys",
            SHELL[0],
            SHELL[1],
        ] {
            assert!(!known.contains(forbidden), "{name} must not know {forbidden}");
        }
    }
    assert!(crates["edgefold-runtime"].contains("worker"), "the check sees what it should");
}

#[test]
fn every_aggregate_of_the_catalogue_is_bound_and_created_as_a_sqlite_class() {
    let config = std::fs::read_to_string(root().join("wrangler.toml")).unwrap();
    for entry in CATALOGUE.entries {
        let class = config
            .split("[[durable_objects.bindings]]")
            .find(|part| part.contains(&format!("name = \"{}\"", entry.binding)))
            .and_then(|part| part.split("class_name = \"").nth(1))
            .and_then(|part| part.split('"').next())
            .unwrap_or_else(|| panic!("{} is not bound in wrangler.toml", entry.binding));
        let migrations = config.split("[[migrations]]").skip(1).collect::<String>();
        assert!(migrations.contains(&format!("\"{class}\"")), "no migration creates {class}");
    }
}

#[test]
fn every_type_of_aggregate_is_told_from_its_value_in_graphql() {
    for entry in CATALOGUE.entries {
        let stored = AggregateType(entry.aggregate_type.to_owned());
        assert_eq!(AggregateType::of(&stored.shown()), stored);
    }
}

#[test]
fn a_refused_caller_is_told_to_wait_as_long_as_requests_are_counted() {
    let config = std::fs::read_to_string(root().join("wrangler.toml")).unwrap();
    let period = format!("period = {}", edgefold_kernel::limits::RATE_PERIOD_S);
    assert!(config.split("[ratelimits.simple]").nth(1).unwrap().contains(&period), "{period}");
}

#[test]
fn no_delivery_rule_names_what_does_not_exist() {
    assert_eq!(CATALOGUE.broken_rules(), [""; 0]);
}

#[test]
fn every_command_that_may_come_from_outside_is_a_mutation_and_every_mutation_is_one() {
    let sdl = schema().sdl();
    let mutations = sdl.split("type Mutation {").nth(1).unwrap().split("\n}").next().unwrap();
    let mutations: BTreeSet<_> = mutations
        .lines()
        .filter_map(|line| line.strip_prefix('\t')?.split_once('('))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.chars().all(char::is_alphanumeric))
        .collect();
    let commands = CATALOGUE.entries.iter().flat_map(|entry| entry.commands);
    let commands: BTreeSet<_> = commands
        .filter(|command| !command.internal)
        .map(|command| command.name[..1].to_lowercase() + &command.name[1..])
        .collect();
    assert!(commands.contains("createReservation"), "{commands:?}");
    assert_eq!(mutations, commands);
}

#[test]
fn the_printed_graphql_schema_is_up_to_date() {
    let path = root().join("schema/graphql/schema.graphql");
    let printed = schema().sdl_with_options(SDLExportOptions::new().include_specified_by());
    if std::env::var_os("EDGEFOLD_PRINT_SCHEMA").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == printed,
        "schema/graphql/schema.graphql has drifted: run `npm run schema` and look at the difference"
    );
}
