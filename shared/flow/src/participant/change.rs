//! The changes of a projection.

use std::borrow::Cow;

use serde_json::Value;

/// One statement of a projection, or of the runner around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Statement with `?1`, `?2` …
    pub sql: Cow<'static, str>,
    /// Its parameters: null, booleans, numbers and strings.
    pub params: Vec<Value>,
}

impl Change {
    /// A statement with its parameters.
    pub fn new(sql: impl Into<Cow<'static, str>>, params: Vec<Value>) -> Self {
        Self { sql: sql.into(), params }
    }
}
