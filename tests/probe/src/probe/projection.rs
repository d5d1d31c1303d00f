//! A projection that is written by hand, and fails on request.

use edgefold_flow::prelude::*;

use super::{Probe, commands::Place, events::Event};

/// A row for each trap that was set in the table. One that is there already stops its stream.
pub const TRAPS: Projection = Projection {
    name: "traps",
    version: 1,
    categories: &[Probe::TYPE],
    tables: &[Table {
        name: "traps",
        create: &[
            "CREATE TABLE {traps} (id TEXT, version INTEGER, PRIMARY KEY (id, version)) STRICT, WITHOUT ROWID",
        ],
    }],
    project,
    queries: &[],
};

#[allow(clippy::panic, reason = "this is what the probe is for")]
fn project(event: &Envelope) -> Result<Vec<Change>, Fault> {
    match event.read::<Event>()? {
        Event::Trapped(trapped) if trapped.place == Place::Project => {
            panic!("the probe panics while it is projected")
        }
        Event::Trapped(trapped) if trapped.place == Place::Table => Ok(vec![Change::new(
            "INSERT INTO {traps} (id, version) VALUES (?1, ?2)",
            vec![event.stream.aggregate_id.as_str().into(), event.version.into()],
        )]),
        _ => Ok(Vec::new()),
    }
}
