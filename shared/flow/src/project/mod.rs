//! Step 7, **project**: the journal and the read models, in order per source stream, each event once.
//!
//! | file | what it is |
//! |---|---|
//! | [`pieces`] | what is written together, and how a bad event is found |
//! | [`correlation`] | the events and commands that a command caused, read from the journal |

pub mod pieces;
pub mod correlation;

use edgefold_kernel::{Envelope, StreamId};
use serde_json::{Value, json};

use crate::{append::storage::json_arrays, participant::Change};

/// Versions of the last journalled events of some streams. Parameter: a JSON array of `[type, id]`. Columns:
/// `aggregate_type`, `aggregate_id`, and `version`, which is null where nothing is journalled.
pub const JOURNAL_HEADS: &str = include_str!("../../../../schema/sql/d1/query/journal_heads.sql");

/// Appends events to the journal, in their order; fails when one of them is there already, which undoes the whole batch
/// around it. More than one statement where they do not fit into one value.
pub fn journal<'a>(events: impl IntoIterator<Item = &'a Envelope>) -> Vec<Change> {
    let rows = events.into_iter().map(|event| {
        let StreamId { aggregate_type, aggregate_id } = &event.stream;
        let text = serde_json::to_string(event).unwrap_or_default();
        let time = event.time.to_string();
        json!([aggregate_type, aggregate_id, event.version, event.event_type, time, text])
            .to_string()
    });
    let append = include_str!("../../../../schema/sql/d1/query/journal_append.sql");
    json_arrays(rows).into_iter().map(|rows| Change::new(append, vec![Value::from(rows)])).collect()
}
