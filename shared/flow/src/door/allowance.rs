//! The limits of what a caller may send at once, as the deployment has set them. The defaults stand in [`limits`].

use edgefold_kernel::limits;

use super::{document::DocumentLimits, environment::Variables};

/// The limits of what a caller may send at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of the body of a request, and of a message on a socket: `MAX_BODY_BYTES`.
    pub body: usize,
    /// Commands of a batch: `MAX_BATCH_COMMANDS`.
    pub batch: usize,
    /// Active operations of a GraphQL socket: `GRAPHQL_MAX_OPERATIONS`.
    pub operations: usize,
    /// Sockets of one principal that follow one source: `FOLLOWERS_PER_PRINCIPAL`.
    pub followers: usize,
    /// Requests of one principal within [`limits::RATE_PERIOD_S`], where the platform does not count them:
    /// `REQUESTS_PER_PRINCIPAL`.
    pub requests: usize,
    /// Ends of queued commands that are kept with their sender: `QUEUED_REFUSALS_PER_PRINCIPAL`.
    pub apart: usize,
    /// The limits of a GraphQL document.
    pub graphql: DocumentLimits,
}

impl Default for Allowance {
    fn default() -> Self {
        Self::read(&mut Variables::new(|_| None))
    }
}

impl Allowance {
    /// Reads the limits from variables. Invalid values are noted for the log and ignored.
    pub fn read(variables: &mut Variables<impl Fn(&str) -> Option<String>>) -> Self {
        Self {
            body: variables.number(
                "MAX_BODY_BYTES",
                limits::BODY_BYTES_LEAST..=limits::BODY_BYTES_MOST,
                limits::BODY_BYTES,
            ),
            batch: variables.number(
                "MAX_BATCH_COMMANDS",
                1..=limits::BATCH_COMMANDS_MOST,
                limits::BATCH_COMMANDS,
            ),
            operations: variables.number(
                "GRAPHQL_MAX_OPERATIONS",
                1..=limits::SESSION_OPERATIONS_MOST,
                limits::SESSION_OPERATIONS,
            ),
            followers: variables.number(
                "FOLLOWERS_PER_PRINCIPAL",
                1..=limits::FOLLOWERS,
                limits::FOLLOWERS_PER_PRINCIPAL,
            ),
            requests: variables.number("REQUESTS_PER_PRINCIPAL", 1..=usize::MAX, limits::REQUESTS),
            apart: variables.number(
                "QUEUED_REFUSALS_PER_PRINCIPAL",
                0..=usize::MAX,
                limits::QUEUED_APART,
            ),
            graphql: DocumentLimits::read(variables),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_sets_a_limit_and_nonsense_leaves_the_default_and_is_noted() {
        let set = |name: &str| match name {
            "MAX_BODY_BYTES" => Some("16384".to_owned()),
            "MAX_BATCH_COMMANDS" => Some("100000".to_owned()),
            "QUEUED_REFUSALS_PER_PRINCIPAL" => Some("7".to_owned()),
            "GRAPHQL_MAX_OPERATIONS" => Some("0".to_owned()),
            "GRAPHQL_MAX_DEPTH" => Some("deep".to_owned()),
            _ => None,
        };
        let mut variables = Variables::new(set);
        let allowance = Allowance::read(&mut variables);
        assert_eq!(allowance, Allowance { body: 16_384, apart: 7, ..Allowance::default() });
        let named = |name: &str| variables.misread.iter().any(|said| said.starts_with(name));
        assert_eq!(variables.misread.len(), 3);
        assert!(named("MAX_BATCH_COMMANDS") && named("GRAPHQL_MAX_OPERATIONS"));
        assert!(named("GRAPHQL_MAX_DEPTH"));
    }
}
