//! The limits of a GraphQL document, as the deployment has set them.

use edgefold_kernel::limits;
use serde_json::{Map, Value};

use super::environment::{Variables, is_development};

/// The limits of a document and of its answer, and whether introspection is on. The defaults stand in [`limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentLimits {
    /// `GRAPHQL_MAX_TOKENS`
    pub tokens: usize,
    /// `GRAPHQL_MAX_DEPTH`
    pub depth: usize,
    /// `GRAPHQL_MAX_COMPLEXITY`
    pub complexity: usize,
    /// `GRAPHQL_MAX_ALIASES`
    pub aliases: usize,
    /// `GRAPHQL_MAX_DIRECTIVES`
    pub directives: usize,
    /// Bytes of a name or an alias: `GRAPHQL_MAX_NAME_BYTES`
    pub name: usize,
    /// Items that a list within a row counts as: `GRAPHQL_LIST_ITEMS`
    pub items: usize,
    /// Instances whose version a list names: `GRAPHQL_MAX_MIN_VERSIONS`
    pub min_versions: usize,
    /// `GRAPHQL_MAX_ANSWER_BYTES`
    pub answer: usize,
    /// `GRAPHQL_INTROSPECTION`: `on` or `off`; when it is neither, on in development and off in production.
    pub introspection: bool,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self::read(&mut Variables::new(|_| None))
    }
}

impl DocumentLimits {
    /// Reads the limits from variables. A value that is not a number counts as not set.
    pub fn read(variables: &mut Variables<impl Fn(&str) -> Option<String>>) -> Self {
        let introspection = match variables.text("GRAPHQL_INTROSPECTION").as_deref() {
            Some("on") => true,
            Some("off") => false,
            _ => is_development(|name| variables.text(name)),
        };
        let answer = variables.number(
            "GRAPHQL_MAX_ANSWER_BYTES",
            1..=limits::GRAPHQL_ANSWER_BYTES_MOST,
            limits::GRAPHQL_ANSWER_BYTES,
        );
        let min_versions = variables.number(
            "GRAPHQL_MAX_MIN_VERSIONS",
            0..=limits::LIST_MIN_VERSIONS_MOST,
            limits::LIST_MIN_VERSIONS,
        );
        let items =
            variables.number("GRAPHQL_LIST_ITEMS", 1..=usize::MAX, limits::GRAPHQL_LIST_ITEMS);
        let mut number =
            |name: &str, default: usize| variables.number(name, 0..=usize::MAX, default);
        Self {
            tokens: number("GRAPHQL_MAX_TOKENS", limits::GRAPHQL_TOKENS),
            depth: number("GRAPHQL_MAX_DEPTH", limits::GRAPHQL_DEPTH),
            complexity: number("GRAPHQL_MAX_COMPLEXITY", limits::GRAPHQL_COMPLEXITY),
            aliases: number("GRAPHQL_MAX_ALIASES", limits::GRAPHQL_ALIASES),
            directives: number("GRAPHQL_MAX_DIRECTIVES", limits::GRAPHQL_DIRECTIVES),
            name: number("GRAPHQL_MAX_NAME_BYTES", limits::GRAPHQL_NAME_BYTES),
            items,
            min_versions,
            answer,
            introspection,
        }
    }
}

/// Code and message of the refusal of a hash. Clients go by either of them, and then send the document itself.
pub const NO_HASHES: (&str, &str) = ("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported");

/// True for a request that has the hash of a document, and no document.
pub fn is_hash_alone(members: &Map<String, Value>) -> bool {
    let hash = members.get("extensions").and_then(|it| it.get("persistedQuery"));
    members.get("query").is_none_or(Value::is_null) && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_sets_a_limit_and_nonsense_does_not() {
        let set = |name: &str| match name {
            "GRAPHQL_MAX_DEPTH" => Some("4".to_owned()),
            "GRAPHQL_MAX_ALIASES" => Some("many".to_owned()),
            _ => None,
        };
        let settings = DocumentLimits::read(&mut Variables::new(set));
        assert_eq!((settings.depth, settings.aliases), (4, limits::GRAPHQL_ALIASES));
    }

    #[test]
    fn introspection_is_on_in_development_and_wherever_it_is_switched_on() {
        let with = |environment: &'static str, switch: Option<&'static str>| {
            let variable = move |name: &str| match name {
                "ENVIRONMENT" => Some(environment.to_owned()),
                "GRAPHQL_INTROSPECTION" => switch.map(str::to_owned),
                _ => None,
            };
            DocumentLimits::read(&mut Variables::new(variable)).introspection
        };
        assert!(with("development", None) && with("production", Some("on")));
        assert!(!with("production", None) && !with("development", Some("off")));
        assert!(!DocumentLimits::default().introspection);
    }
}
