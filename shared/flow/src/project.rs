//! Step 7, **project**: the journal and the read models, in order per source stream, each event once.

use edgefold_kernel::Envelope;
use serde_json::Value;

/// One statement of a projection. `sql` comes from a `.sql` file and guards itself by the source version, so that a
/// repeat changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Statement with `?1`, `?2` …
    pub sql: &'static str,
    /// Its parameters: null, booleans, numbers and strings.
    pub params: Vec<Value>,
}

impl Change {
    /// A statement with its parameters.
    pub fn new(sql: &'static str, params: Vec<Value>) -> Self {
        Self { sql, params }
    }
}

/// Versions of the last journalled events of some streams. Parameter: a JSON array of `[type, id]`. Columns:
/// `aggregate_type`, `aggregate_id`, `version`.
pub const JOURNAL_HEADS: &str = include_str!("../../../schema/sql/d1/query/journal_heads.sql");

/// Appends one event to the journal; fails when it is there already, which undoes the whole batch around it.
pub fn journal(event: &Envelope) -> Change {
    let text = serde_json::to_string(event).unwrap_or_default();
    Change::new(
        include_str!("../../../schema/sql/d1/query/journal_append.sql"),
        vec![
            Value::from(event.stream.aggregate_type.as_str()),
            Value::from(event.stream.aggregate_id.as_str()),
            Value::from(event.version),
            Value::from(event.event_type.as_str()),
            Value::from(event.time.to_string()),
            Value::from(text),
        ],
    )
}
