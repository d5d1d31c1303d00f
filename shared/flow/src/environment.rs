//! Where the script runs: on a developer's machine, or deployed.

/// Name of the variable that says so.
pub const ENVIRONMENT: &str = "ENVIRONMENT";

/// Whether `ENVIRONMENT` is `development`. Whatever else it is, and nothing at all, is production: what makes life easier at
/// home must be asked for.
pub fn is_development(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable(ENVIRONMENT).as_deref() == Some("development")
}
