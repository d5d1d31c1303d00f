//! Recently folded states, in memory: a reader that goes through a stream page by page continues from the end of its
//! last page, and nothing is folded again. They are derived, and forgotten with the instance.

use std::collections::VecDeque;

use edgefold_kernel::{Version, limits};

/// States by their version, as JSON text. The oldest goes first.
#[derive(Debug, Default)]
pub(super) struct Reached {
    states: VecDeque<(Version, String)>,
    bytes: usize,
}

impl Reached {
    /// The latest state at or before this version.
    pub(super) fn by(&self, version: Version) -> Option<(Version, &str)> {
        let by = self.states.iter().filter(|(at, _)| *at <= version);
        by.max_by_key(|(at, _)| *at).map(|(at, state)| (*at, state.as_str()))
    }

    /// Keeps a state, unless it is too large.
    pub(super) fn keep(&mut self, version: Version, state: String) {
        if state.len() > limits::REACHED_BYTES || self.states.iter().any(|(at, _)| *at == version) {
            return;
        }
        self.bytes += state.len();
        self.states.push_back((version, state));
        while self.states.len() > limits::REACHED_STATES || self.bytes > limits::REACHED_BYTES {
            let Some((_, oldest)) = self.states.pop_front() else { break };
            self.bytes -= oldest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_state_by_a_version_is_found() {
        let mut reached = Reached::default();
        for version in [300, 100, 200] {
            reached.keep(version, format!("{version}"));
        }
        let by = |version| reached.by(version).map(|(at, _)| at);
        assert_eq!([by(99), by(100), by(250), by(999)], [None, Some(100), Some(200), Some(300)]);
    }

    #[test]
    fn there_are_only_so_many_and_so_large_and_the_oldest_goes_first() {
        let mut reached = Reached::default();
        for version in 1..=limits::REACHED_STATES as Version + 1 {
            reached.keep(version, "x".into());
        }
        assert_eq!((reached.states.len(), reached.by(1)), (limits::REACHED_STATES, None));
        reached.keep(1_000, "x".repeat(limits::REACHED_BYTES));
        assert_eq!((reached.states.len(), reached.bytes), (1, limits::REACHED_BYTES));
        reached.keep(1_001, "x".repeat(limits::REACHED_BYTES + 1));
        assert_eq!(reached.by(2_000).map(|(at, _)| at), Some(1_000), "too large to be kept");
    }
}
