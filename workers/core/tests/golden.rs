//! Stored events stay readable for ever: `schema/golden/<aggregate>/<EventType>.v<N>.json` holds the stored data of one
//! event for every schema version ever released. A file that is there is never changed and never deleted; a new version
//! brings a new one, which tells of the same event as the files before it.

// A test fails by panicking, its helpers too: clippy exempts the test functions alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[allow(dead_code)]
mod printed;
mod stored;

use std::collections::BTreeSet;

use edgefold_core::CATALOGUE;
use serde_json::Value;
use stored::{Name, golden, released};

fn canonical((aggregate, event, version): &Name, data: &str) -> Value {
    let entry = CATALOGUE.entry(aggregate).unwrap();
    let text = entry
        .run
        .canonical(event, *version, data)
        .unwrap_or_else(|fault| panic!("{aggregate}/{event}.v{version}.json: {fault}"));
    serde_json::from_str(text.get()).unwrap()
}

#[test]
fn every_schema_version_ever_released_has_a_golden_file() {
    let kept: BTreeSet<_> = golden().keys().cloned().collect();
    assert_eq!(kept, released(), "`npm run schema` writes those that are missing");
}

#[test]
fn every_golden_file_is_read() {
    for (name, data) in golden() {
        canonical(name, data);
    }
}

#[test]
fn what_is_read_of_a_current_golden_file_is_stored_the_same_again() {
    for (name, data) in golden() {
        let current = !released().contains(&(name.0.clone(), name.1.clone(), name.2 + 1));
        let stored: Value = serde_json::from_str(data).unwrap();
        if current {
            assert_eq!(canonical(name, data), stored, "{name:?}");
        }
    }
}

#[test]
fn an_old_golden_file_tells_of_the_same_event_as_the_current_one() {
    for (name, data) in golden() {
        let same_event = |other: &Name| (&other.0, &other.1) == (&name.0, &name.1);
        for (other, other_data) in golden().iter().filter(|(other, _)| same_event(other)) {
            assert_eq!(canonical(name, data), canonical(other, other_data), "{name:?}, {other:?}");
        }
    }
}
