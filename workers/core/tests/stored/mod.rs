//! The golden files: `schema/golden/<aggregate>/<EventType>.v<N>.json` holds the stored data of one event, for every schema
//! version ever released.

// Each test uses a part of it.
#![allow(dead_code)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::LazyLock,
};

use edgefold_core::CATALOGUE;
use edgefold_kernel::shape::Shape;
use edgefold_testing::samples::example;
use serde_json::Value;

use crate::printed::{below, root};

const FOLDER: &str = "schema/golden";

/// Aggregate type, event type and schema version.
pub(crate) type Name = (String, String, u32);

/// Every golden file: what its name says, and what it holds. With `EDGEFOLD_PRINT_SCHEMA` those that are missing are written
/// first. One that is there is never changed.
pub(crate) fn golden() -> &'static BTreeMap<Name, String> {
    static GOLDEN: LazyLock<BTreeMap<Name, String>> = LazyLock::new(|| {
        let mut golden = kept();
        if std::env::var_os("EDGEFOLD_PRINT_SCHEMA").is_some() {
            for name in released() {
                if !golden.contains_key(&name) {
                    let data = first(&name, &golden);
                    write(&name, &data);
                    golden.insert(name, data);
                }
            }
        }
        golden
    });
    &GOLDEN
}

/// The stored data of an event in its golden file.
pub(crate) fn data(aggregate: &str, event: &str, version: u32) -> Value {
    let found = golden().get(&(aggregate.to_owned(), event.to_owned(), version));
    let text = found
        .unwrap_or_else(|| panic!("no golden file of {event} v{version}: run `npm run schema`"));
    serde_json::from_str(text).unwrap()
}

/// Every event type with every schema version from the first to the current one.
pub(crate) fn released() -> BTreeSet<Name> {
    let mut released = BTreeSet::new();
    for entry in CATALOGUE.entries {
        for kind in entry.events {
            let name = |version| (entry.aggregate_type.into(), kind.name.into(), version);
            released.extend((1..=kind.version).map(name));
        }
    }
    released
}

fn kept() -> BTreeMap<Name, String> {
    let read = |path: &String| {
        let parts: Vec<&str> = path.split('/').collect();
        let [_, _, aggregate, file] = parts[..] else { panic!("{path}: what is it?") };
        let name = file.strip_suffix(".json").and_then(|name| name.rsplit_once(".v"));
        let (event, version) = name.unwrap_or_else(|| panic!("{path}: <EventType>.v<N>.json"));
        let name = (aggregate.to_owned(), event.to_owned(), version.parse().unwrap());
        (name, fs::read_to_string(root().join(path)).unwrap())
    };
    below(FOLDER).iter().map(read).collect()
}

/// What a new golden file holds: an example; of a new version of an event, what the file of the version before it tells.
fn first(name @ (aggregate, event, version): &Name, golden: &BTreeMap<Name, String>) -> String {
    let entry = CATALOGUE.entry(aggregate).unwrap();
    let kind = entry.events.iter().find(|kind| kind.name == *event).unwrap();
    let shapes: Vec<&Shape> = kind.before.iter().chain([&kind.shape]).collect();
    let before = (aggregate.clone(), event.clone(), version - 1);
    let data = match golden.get(&before).filter(|_| *version == kind.version) {
        Some(data) => {
            let text = entry.run.canonical(event, version - 1, data);
            let text = text.unwrap_or_else(|fault| panic!("{name:?}: {fault}"));
            serde_json::from_str(text.get()).unwrap()
        }
        None => example(shapes[*version as usize - 1]),
    };
    data.to_string() + "\n"
}

fn write((aggregate, event, version): &Name, data: &str) {
    let folder = root().join(FOLDER).join(aggregate);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{event}.v{version}.json")), data).unwrap();
}
