//! The rules of the house as a whole: which crate knows which, the printed formats, and no broken delivery rule.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use async_graphql::SDLExportOptions;
use cargo_metadata::{DependencyKind, MetadataCommand};
use edgefold_core::{CATALOGUE, schema};

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

/// The crates that may know Workers: those that are no library of the engine or of an aggregate.
const SHELL: [&str; 3] = ["edgefold-runtime", "edgefold-core", "edgefold-probe"];

#[test]
fn only_runtime_and_core_know_workers() {
    let crates = dependencies();
    for name in ["edgefold-kernel", "edgefold-flow"] {
        assert!(crates.contains_key(name), "{name} is looked at");
    }
    let aggregates = crates["edgefold-core"].iter().filter(|name| name.starts_with("edgefold-"));
    assert!(aggregates.count() > CATALOGUE.entries.len(), "those of the catalogue are looked at");
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

/// `SlidingDoorObject` of the binding `SLIDING_DOOR`.
fn class_of(binding: &str) -> String {
    let word = |word: &str| word[..1].to_owned() + &word[1..].to_lowercase();
    binding.split('_').map(word).collect::<String>() + "Object"
}

/// What `wrangler.toml` lacks to bind and create the class of an aggregate.
fn missing(config: &str, binding: &str) -> String {
    let class_in =
        |part: &str| Some(part.split("class_name = \"").nth(1)?.split('"').next()?.to_owned());
    let bindings = || config.split("[[durable_objects.bindings]]").skip(1);
    let bound = bindings().find(|part| part.contains(&format!("name = \"{binding}\"")));
    let mut missing = String::new();
    let class = bound.and_then(class_in).unwrap_or_else(|| {
        let class = class_of(binding);
        missing += &format!(
            "[[durable_objects.bindings]]\nname = \"{binding}\"\nclass_name = \"{class}\"\n\n"
        );
        class
    });
    let migrations = config.split("[[migrations]]").skip(1);
    if !migrations.clone().any(|part| part.contains(&format!("\"{class}\""))) {
        let tag = migrations.count() + 1;
        missing +=
            &format!("[[migrations]]\ntag = \"v{tag}\"\nnew_sqlite_classes = [\"{class}\"]\n\n");
    }
    missing
}

#[test]
fn every_aggregate_of_the_catalogue_is_bound_and_created_as_a_sqlite_class() {
    let config = std::fs::read_to_string(root().join("wrangler.toml")).unwrap();
    let missing: String =
        CATALOGUE.entries.iter().map(|entry| missing(&config, entry.binding)).collect();
    assert!(missing.is_empty(), "wrangler.toml lacks:\n\n{missing}");
}

#[test]
fn the_lines_of_a_new_aggregate_are_those_that_wrangler_takes() {
    let config = "[[durable_objects.bindings]]\nname = \"DOOR\"\nclass_name = \"Gate\"\n\n[[migrations]]\ntag = \"v1\"\n\
        new_sqlite_classes = [\"Gate\"]\n\n";
    assert_eq!(missing(config, "DOOR"), "");
    let lines = missing(config, "SLIDING_DOOR");
    let expected = "[[durable_objects.bindings]]\nname = \"SLIDING_DOOR\"\nclass_name = \"SlidingDoorObject\"\n\n\
        [[migrations]]\ntag = \"v2\"\nnew_sqlite_classes = [\"SlidingDoorObject\"]\n\n";
    assert_eq!(lines, expected);
    assert_eq!(missing(&(config.to_owned() + &lines), "SLIDING_DOOR"), "");
}

#[test]
fn every_type_of_aggregate_is_told_from_its_value_in_graphql() {
    for entry in CATALOGUE.entries {
        let shown = entry.aggregate_type.to_ascii_uppercase();
        assert_eq!(shown.to_ascii_lowercase(), entry.aggregate_type);
    }
}

#[test]
fn a_refused_caller_is_told_to_wait_as_long_as_requests_are_counted() {
    let config = std::fs::read_to_string(root().join("wrangler.toml")).unwrap();
    let period = format!("period = {}", edgefold_kernel::limits::RATE_PERIOD_S);
    assert!(config.split("[ratelimits.simple]").nth(1).unwrap().contains(&period), "{period}");
}

#[test]
fn what_is_deployed_runs_as_what_the_engine_is_tested_on() {
    let [deployed, tested] = ["wrangler.toml", "tests/probe/wrangler.toml"].map(|path| {
        let config = std::fs::read_to_string(root().join(path)).unwrap();
        let lines = config.lines().filter(|line| line.starts_with("compatibility_"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    });
    assert_eq!((deployed.len(), &deployed), (2, &tested));
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
    assert!(!commands.is_empty());
    assert_eq!(mutations, commands);
}

#[test]
fn no_two_types_of_the_graphql_schema_have_one_name() {
    assert_eq!(edgefold_flow::graphql::Api::of(CATALOGUE).clashes, [""; 0]);
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
