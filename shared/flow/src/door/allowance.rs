//! The limits of what a caller may send at once, as the deployment has set them. The defaults stand in [`limits`].

use edgefold_kernel::limits;

use super::{document::DocumentLimits, environment::Variables};

/// The limits of what a caller may send at once, and of what is kept and done for it. Each has a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of the body of a request, and of a message on a socket.
    pub body: usize,
    /// Commands of a batch.
    pub batch: usize,
    /// Requests of one principal within [`limits::RATE_PERIOD_S`], where the platform does not count them.
    pub requests: usize,
    /// GraphQL sockets of one principal.
    pub sessions: usize,
    /// Native sockets of one principal at one instance.
    pub sockets: usize,
    /// Bytes that are sent to a socket before its reader is asked whether it has them.
    pub socket_window: usize,
    /// Bytes that are sent to all native sockets of an object together and not known to be read.
    pub object_window: usize,
    /// Unused tickets of one principal.
    pub tickets: usize,
    /// Subscriptions of one principal that wait for an instance.
    pub awaited: usize,
    /// Sockets of one principal that follow one source.
    pub followers: usize,
    /// Events of a partition that one principal may look at in a second.
    pub feed: usize,
    /// Ends of queued commands that are kept with their sender.
    pub apart: usize,
    /// GraphQL operations of one principal that are answered at once, as requests are counted.
    pub under_way: usize,
    /// Active operations of a GraphQL socket …
    pub operations: usize,
    /// … and what they follow.
    pub sources: usize,
    /// Bytes of one document on such a socket …
    pub query: usize,
    /// … and of the variables of one subscription.
    pub variables: usize,
    /// Messages of such a socket that do nothing and are too many.
    pub idle: usize,
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
        let any = || 0..=usize::MAX;
        let kept = || 1..=limits::KEPT_BYTES_MOST;
        let mut number = |name: &str, within, default| variables.number(name, within, default);
        Self {
            body: number(
                "MAX_BODY_BYTES",
                limits::BODY_BYTES_LEAST..=limits::BODY_BYTES_MOST,
                limits::BODY_BYTES,
            ),
            batch: number(
                "MAX_BATCH_COMMANDS",
                1..=limits::BATCH_COMMANDS_MOST,
                limits::BATCH_COMMANDS,
            ),
            requests: number("REQUESTS_PER_PRINCIPAL", 1..=usize::MAX, limits::REQUESTS),
            sessions: number("SESSIONS_PER_PRINCIPAL", any(), limits::SESSIONS_PER_PRINCIPAL),
            sockets: number("SOCKETS_PER_PRINCIPAL", any(), limits::SOCKETS_PER_PRINCIPAL),
            socket_window: number(
                "SOCKET_WINDOW_BYTES",
                limits::SOCKET_WINDOW_BYTES_LEAST..=limits::SOCKET_WINDOW_BYTES_MOST,
                limits::SOCKET_WINDOW_BYTES,
            ),
            object_window: number(
                "OBJECT_WINDOW_BYTES",
                limits::OBJECT_WINDOW_BYTES_LEAST..=limits::OBJECT_WINDOW_BYTES_MOST,
                limits::OBJECT_WINDOW_BYTES,
            ),
            tickets: number("TICKETS_PER_PRINCIPAL", any(), limits::TICKETS_PER_PRINCIPAL),
            awaited: number("AWAITED_PER_PRINCIPAL", any(), limits::AWAITED_PER_PRINCIPAL),
            followers: number(
                "FOLLOWERS_PER_PRINCIPAL",
                1..=limits::FOLLOWERS,
                limits::FOLLOWERS_PER_PRINCIPAL,
            ),
            feed: number(
                "FEED_EVENTS_PER_SECOND",
                limits::FEED_EVENTS_PER_SECOND_LEAST..=limits::FEED_EVENTS_PER_SECOND_MOST,
                limits::FEED_EVENTS_PER_SECOND,
            ),
            apart: number("QUEUED_REFUSALS_PER_PRINCIPAL", any(), limits::QUEUED_APART),
            under_way: number("GRAPHQL_MAX_UNDER_WAY", 1..=usize::MAX, limits::GRAPHQL_UNDER_WAY),
            operations: number(
                "GRAPHQL_MAX_OPERATIONS",
                1..=limits::SESSION_OPERATIONS_MOST,
                limits::SESSION_OPERATIONS,
            ),
            sources: number(
                "GRAPHQL_MAX_SOURCES",
                1..=limits::SESSION_SOURCES,
                limits::SESSION_SOURCES,
            ),
            query: number("GRAPHQL_MAX_QUERY_BYTES", kept(), limits::QUERY_BYTES),
            variables: number("GRAPHQL_MAX_VARIABLES_BYTES", kept(), limits::VARIABLES_BYTES),
            idle: number("GRAPHQL_MAX_IDLE_MESSAGES", any(), limits::IDLE_MESSAGES),
            graphql: DocumentLimits::read(variables),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the manual writes it.
    fn grouped(number: usize) -> String {
        let digits = number.to_string();
        let places = digits.chars().rev().enumerate();
        let spaced = places
            .flat_map(|(n, digit)| (n > 0 && n % 3 == 0).then_some(',').into_iter().chain([digit]));
        spaced.collect::<Vec<_>>().into_iter().rev().collect()
    }

    #[test]
    fn the_manual_says_of_each_limit_within_which_bounds_a_variable_sets_it_and_its_default() {
        let mut variables = Variables::new(|_| None);
        Allowance::read(&mut variables);
        let manual = include_str!("../../../manual/settings.md");
        assert!(variables.numbers.len() > 25);
        for (name, within, default) in &variables.numbers {
            let start = grouped(*within.start());
            let values = match *within.end() {
                usize::MAX => format!("from {start}"),
                end => format!("{start} to {}", grouped(end)),
            };
            let line = manual.lines().find(|line| line.starts_with(&format!("| `{name}` * |")));
            let line = line.unwrap_or_else(|| unreachable!("{name} is not in the manual"));
            assert!(
                line.contains(&values) && line.ends_with(&format!("| {} |", grouped(*default))),
                "{line}"
            );
        }
    }

    #[test]
    fn each_variable_sets_a_limit_of_its_own() {
        let mut names = Variables::new(|_| None);
        let default = Allowance::read(&mut names);
        for (name, within, _) in names.numbers {
            let set = |wanted: &str| (wanted == name).then(|| within.start().to_string());
            let mut variables = Variables::new(set);
            assert_ne!(Allowance::read(&mut variables), default, "{name}");
            assert_eq!(variables.misread, [""; 0]);
        }
    }

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
