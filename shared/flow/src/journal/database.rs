//! The port to the database of the read models, and what it takes.

use edgefold_kernel::Fault;
use serde_json::{Map, Value};

use crate::participant::Change;

/// A row: column to value.
pub type Found = Map<String, Value>;

/// The database of the read models.
pub trait Database {
    /// Runs statements as one transaction. Returns the rows of each.
    ///
    /// # Errors
    /// The faults of [`failure::fault`](super::failure::fault). After one that heals by itself they may have been run.
    fn batch(&self, statements: &[Change]) -> impl Future<Output = Result<Vec<Vec<Found>>, Fault>>;
}

/// Parameters of one statement (platform: 100).
pub const PARAMETERS: usize = 100;

/// Bytes of one statement (platform: 100 KB).
pub const STATEMENT_BYTES: usize = 100_000;

/// Bytes of one parameter (platform: 2 MB, the row's other columns included).
pub const PARAMETER_BYTES: usize = 1_900_000;

/// Statements in one batch. The platform allows 1,000 in one invocation; a round of a runner has one batch or two.
pub const STATEMENTS: usize = 300;

/// Checks that the database takes a statement.
///
/// # Errors
/// A defect that says what is too large.
pub fn check(change: &Change) -> Result<(), Fault> {
    let bytes = change.params.iter().map(|param| param.as_str().map_or(0, str::len)).max();
    let nested = change.params.iter().any(|param| param.is_object() || param.is_array());
    let limits = [
        ("a statement's bytes", change.sql.len(), STATEMENT_BYTES),
        ("a statement's parameters", change.params.len(), PARAMETERS),
        ("a parameter's bytes", bytes.unwrap_or_default(), PARAMETER_BYTES),
    ];
    if nested {
        return Err(Fault::Defect("a parameter is neither a text nor a number".into()));
    }
    match limits.iter().find(|(_, is, most)| is > most) {
        Some((what, is, most)) => Err(Fault::Defect(format!("{what}: {is} of at most {most}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_statement_that_the_database_would_not_take_is_found_before() {
        let params = |count: usize| vec![json!(1); count];
        let text = |bytes: usize| vec![Value::from("x".repeat(bytes))];
        for (sql, params, is_good) in [
            ("x".repeat(STATEMENT_BYTES), params(PARAMETERS), true),
            ("x".repeat(STATEMENT_BYTES + 1), params(0), false),
            ("x".to_owned(), params(PARAMETERS + 1), false),
            ("x".to_owned(), text(PARAMETER_BYTES), true),
            ("x".to_owned(), text(PARAMETER_BYTES + 1), false),
            ("x".to_owned(), vec![json!([1])], false),
        ] {
            assert_eq!(check(&Change::new(sql, params)).is_ok(), is_good);
        }
    }
}
