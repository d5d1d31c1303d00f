//! The changes of a projection.

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
